"""A cell that measures nothing: it takes time, takes memory or fails as it is told.

Executors are measured and tested with it; no profile asks for one.
"""

import json
import os
import signal
import time

from bench.executors import Work


def probe(work: Work) -> None:
    """The sum of its `number` and its inputs'; `seconds`, `cpu_seconds` and `megabytes` on the way.

    With `dies_once`, a file outside the store, the process kills itself unless that file is there,
    as a kernel short of memory would.
    """
    held = bytearray(int(1e6 * work.params.get("megabytes", 0)))
    held[::4096] = b"\x01" * len(held[::4096])
    time.sleep(work.params.get("seconds", 0))
    _spin(work.params.get("cpu_seconds", 0))
    if "dies_once" in work.where:
        _die_once(work.where["dies_once"])
    total = work.params["number"] + sum(one.json("sum.json") for one in work.inputs)
    (work.folder / "sum.json").write_text(json.dumps(total))


def _spin(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def _die_once(path: str) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)

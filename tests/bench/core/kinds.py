"""Cells that the tests compute: one adds, one cannot exist, one is killed."""

import errno
import json
import os
import time
from pathlib import Path

from bench.errors import InputError
from bench.executors import Empty, Work


def add(work: Work) -> None:
    """The sum of its number and its inputs' sums; leaves a line in a shared log."""
    total = work.params["number"] + sum(one.json("sum.json") for one in work.inputs)
    with open(work.params["log"], "a") as log:  # noqa: PTH123 - one write, seen by all processes
        log.write(f"{work.params['number']}\n")
    time.sleep(work.params.get("seconds", 0))
    (work.folder / "sum.json").write_text(json.dumps(total))


def impossible(work: Work) -> None:
    """No such result."""
    raise Empty("the text supports no vocabulary of this size")


class Odd(BaseException):
    """As a library's panic: no Exception; made of two values, so that no process can send it."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


class OutOfMemoryError(RuntimeError):
    """As PyTorch's, of a device."""


def breaks(work: Work) -> None:
    """By a fault of ours, of the kind that is asked for."""
    fault = work.params["fault"]
    if fault == "missing key":
        print({}["nobody foresaw"])
    elif fault == "panic":
        raise Odd("a panic", "in two\nlines")
    elif fault == "refusal":
        raise InputError("the text is too short: give more")
    elif fault == "memory":
        raise MemoryError
    elif fault == "device memory":
        raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
    raise OSError(errno.ENOENT, "No such file or directory", "text.txt")


def dies_once(work: Work) -> None:
    """Two of them that run at once: the first is killed, as for memory. Alone they are well."""
    marks, number = Path(work.params["marks"]), work.params["number"]
    if not (marks / "killed").exists():
        (marks / str(number)).touch()
        while len(list(marks.iterdir())) < 2:
            time.sleep(0.01)
        if number == 1:
            (marks / "killed").touch()
            os._exit(9)
        time.sleep(60)
    (work.folder / "sum.json").write_text("1")


def dies(work: Work) -> None:
    """As if the kernel had killed it."""
    (work.folder / "half.json").write_text("{")
    os._exit(9)

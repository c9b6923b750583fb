"""Disks that are full and reads that fail: an error in one line, then the same result."""

import io
import os
import random
import resource
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

from run import Run, differing

SIZES = (0, 300, 2_000, 20_000, 60_000)  # bytes that a file may have


def full_disks(folder: Path, expected: dict[str, bytes]) -> str:
    """Files may not grow beyond a size (RLIMIT_FSIZE): what a quota does."""
    run = Run(folder, "full")
    stopped = sum(_clean_stop(_under_limit(run, size), run) for size in SIZES)
    different = differing(run.whole(), expected)
    assert not different, different
    return f"{len(SIZES)} file size limits: {stopped} stopped in one line, then the same result"


def _under_limit(run: Run, size: int) -> subprocess.Popen[str]:
    return run.start(str(Path(__file__)), "limit", str(size))


def failing_reads(folder: Path, expected: dict[str, bytes], count: int, seed: int = 0) -> str:
    """EIO at the nth time that a file of the cache is opened to be read."""
    run, rng, stopped = Run(folder, "failing"), random.Random(seed), 0
    for _ in range(count):
        if rng.random() < 0.3:
            run.forget()
        place = rng.choice((rng.randint(1, 10), rng.randint(1, 60), rng.randint(1, 200)))
        stopped += _clean_stop(run.start(str(Path(__file__)), "eio", str(place), workers=1), run)
    different = differing(run.whole(), expected)
    assert not different, different
    return (f"{count} failing reads: {stopped} stopped in one line, {count - stopped} went on; "
            "then the same result")  # fmt: skip


def _clean_stop(process: subprocess.Popen[str], run: Run) -> bool:
    """Whether it stopped; if so, with exit code 2, one line, and nothing half-written."""
    _, said = process.communicate()
    assert process.returncode in (0, 2), said[-3000:]
    assert "Traceback" not in said, said[-3000:]
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    assert len(errors) == (process.returncode == 2), said[-3000:]
    run.cells()
    scratch = run.cache / "store" / "scratch"
    assert not scratch.is_dir() or not list(scratch.iterdir()), list(scratch.iterdir())
    return process.returncode == 2


def _fail(place: int) -> None:
    """Have the place-th opening of a file of the cache fail."""
    cache, real, seen = os.environ["BABELTOLL_CACHE"], io.open, 0

    def opened(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
        nonlocal seen
        if not set("wax+") & set(mode) and str(file).startswith(cache):
            seen += 1
            if seen == place:
                raise OSError(5, "Input/output error", str(file))
        return real(file, mode, *more, **named)

    io.open = opened


if __name__ == "__main__":
    kind, number = sys.argv[1], int(sys.argv[2])
    if kind == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
    else:
        _fail(number)
    sys.argv[1:] = sys.argv[3:]
    runpy.run_module("bench", run_name="__main__")

"""The work of one cell: its function called in a private folder, its result put in the store."""

import contextlib
import errno
import importlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.cell import KINDS, Cell
from bench.costs import energy
from bench.errors import DiskError
from bench.store import Finished, Store

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FAILING = (errno.EIO, errno.ESTALE, errno.EROFS)


@dataclass
class Work:
    """What the function of a cell is given, and where it writes."""

    params: dict[str, Any]
    inputs: tuple[Finished, ...]
    folder: Path
    checkpoints: Path
    where: dict[str, str] = field(default_factory=dict)
    timings: list[dict[str, Any]] = field(default_factory=list)


class Terminated(KeyboardInterrupt):
    """SIGTERM: stop now; a training run leaves a checkpoint."""


class Empty(Exception):
    """Raised by a cell's function: there is no such result, for this reason."""


class Watch(Protocol):
    """Is told how far the work is."""

    def started(self, cell: Cell) -> None:
        """The cell is being computed."""

    def finished(self, cell: Cell, result: Finished) -> None:
        """The cell is in the store."""


def compute(store: Store, cell: Cell) -> Finished:
    """The cell's result: from the store, or computed now from its inputs' results.

    Raises DiskError in one line for a disk that is full or fails.
    """
    try:
        with store.lock(cell):
            return store.get(cell) or _compute(store, cell)
    except OSError as error:
        raise _disk_error(error) from error


def _compute(store: Store, cell: Cell) -> Finished:
    store.set_aside(cell.key)
    inputs = tuple(_require(store, needed) for needed in cell.inputs)
    with store.scratch(cell) as folder:
        checkpoints = store.checkpoints(cell)
        work = Work(dict(cell.params), inputs, folder, checkpoints, dict(cell.where))
        return store.finish(cell, folder, _measure(cell, work))


def _measure(cell: Cell, work: Work) -> dict[str, Any]:
    for needed, result in zip(cell.inputs, work.inputs, strict=True):
        if result.empty:
            return {"empty": result.empty, "because_of": needed.label}
    module, function = KINDS[cell.kind].function.split(":")
    start = time.perf_counter()
    try:
        with _same_sigterm_after(), energy.measured() as used:
            getattr(importlib.import_module(module), function)(work)
    except Empty as reason:
        return {"empty": str(reason)}
    whole = {"phase": "cell", "seconds": time.perf_counter() - start,
             "energy_joules": used.joules}  # fmt: skip
    return {"timings": [whole, *work.timings]}


@contextlib.contextmanager
def _same_sigterm_after() -> Iterator[None]:
    """A training run listens for SIGTERM; the next cell in this process must not."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is not before:
            signal.signal(signal.SIGTERM, before)


def _require(store: Store, cell: Cell) -> Finished:
    done = store.get(cell)
    return done if done else compute(store, cell)


def _disk_error(error: OSError) -> Exception:
    if error.errno in FULL:
        return DiskError("the disk is full: free some space (bench cache prune) and run again; "
                         "what was finished is kept")  # fmt: skip
    if error.errno in FAILING:
        place = error.filename or "a file of the cache"
        return DiskError(f"{place} could not be read or written ({error.strerror}): check the "
                         "disk and run again; what was finished is kept")  # fmt: skip
    return error

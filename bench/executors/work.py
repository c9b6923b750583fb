"""The work of one cell: its function called in a private folder, its result put in the store."""

import errno
import importlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.cell import KINDS, Cell
from bench.errors import InputError
from bench.store import Finished, Store


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
    """The cell's result: from the store, or computed now from its inputs' results."""
    with store.lock(cell):
        done = store.get(cell)
        if done:
            return done
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
        getattr(importlib.import_module(module), function)(work)
    except Empty as reason:
        return {"empty": str(reason)}
    except OSError as error:
        raise _disk_error(error) from error
    whole = {"phase": "cell", "seconds": time.perf_counter() - start}
    return {"timings": [whole, *work.timings]}


def _require(store: Store, cell: Cell) -> Finished:
    done = store.get(cell)
    return done if done else compute(store, cell)


def _disk_error(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return InputError("the disk is full: free some space (bench cache --prune) and run again; "
                          "what was finished is kept")  # fmt: skip
    return error

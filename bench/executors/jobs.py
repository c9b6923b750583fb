"""What runs inside a Slurm job: some cells, one after another, by way of the shared store."""

import signal
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.errors import InputError
from bench.executors.failures import explained
from bench.executors.work import compute
from bench.store import Store

TIME = "out of time"
SLACK = 20  # seconds by which a signal may come early


class CellsJob:
    """Computes cells; returns why each one failed that did, by key.

    Some time before its limit, or when it has to make room, Slurm sends the job SIGUSR2, which
    submitit turns into a requeue. A training run is first asked to stop, and leaves a checkpoint.
    Any other cell begins again, unless `seconds`, the time it has before that signal, are over: it
    would never end.
    """

    def __init__(self, root: Path, cells: Sequence[Cell], seconds: float) -> None:
        self.root, self.cells, self.seconds = root, tuple(cells), seconds
        self.keys = tuple(cell.key for cell in cells)

    def __call__(self) -> dict[str, str]:
        """Compute every cell; one that fails does not stop the others."""
        requeue: Any = signal.getsignal(signal.SIGUSR2)
        if callable(requeue):
            signal.signal(signal.SIGUSR2, _stop_first(requeue, self.seconds))
        failed: dict[str, str] = {}
        for key, cell in zip(self.keys, self.cells, strict=True):
            try:
                self._compute(key, cell)
            except KeyboardInterrupt:  # a training run that left its checkpoint
                if not callable(requeue):
                    raise
                requeue(signal.SIGUSR2, None)
            except OutOfTimeError:
                return dict.fromkeys(self.keys, TIME) | failed  # what is finished does not mind
            except Exception as error:  # told to the user as the cell's state
                failed[key] = explained(Store(self.root), cell, error).said
        return failed

    def checkpoint(self) -> Any:
        """What submitit queues again: the same job, for finished cells are in the store."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(CellsJob(self.root, self.cells, self.seconds))

    def _compute(self, key: str, cell: Cell) -> None:
        if cell.key != key:
            raise InputError(f"{socket.gethostname()} runs another version of babeltoll than the "
                             "machine that submitted: install one version on all")  # fmt: skip
        compute(Store(self.root), cell)


class OutOfTimeError(Exception):
    """The job is about to reach its limit in a cell that keeps no checkpoint."""


def _stop_first(requeue: Callable[[int, Any], None], seconds: float) -> Callable[[int, Any], None]:
    """On SIGUSR2: a cell that answers SIGTERM stops by itself; any other is left where it is."""
    ignored, begun = signal.getsignal(signal.SIGTERM), time.monotonic()

    def asked(number: int, frame: Any) -> None:
        if signal.getsignal(signal.SIGTERM) is not ignored:
            signal.raise_signal(signal.SIGTERM)
        elif time.monotonic() - begun >= seconds - SLACK:
            raise OutOfTimeError
        else:
            requeue(number, frame)

    return asked

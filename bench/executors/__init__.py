"""Executors: they take cells and a store and return when every cell is finished.

Cells are pure, so neither the number of processes, nor their place, nor the order can change a
result. `work` computes one cell; `local` shares cells among the processes of this machine, `slurm`
among the jobs of a cluster.
"""

from collections.abc import Callable, Sequence
from functools import partial

from bench.cell import Cell
from bench.executors.local import run_here, run_local
from bench.executors.work import Empty, Terminated, Watch, Work, compute
from bench.slurm import Slurm
from bench.store import Store

__all__ = [
    "Empty", "Executor", "Terminated", "Watch", "Work", "compute", "executor", "run_here",
    "run_local",
]  # fmt: skip

Executor = Callable[[Sequence[Cell], Store, Watch], None]


def executor(name: str, workers: int, settings: Slurm) -> Executor:
    """The executor of that name: `local` with so many processes, or `slurm` with its settings."""
    if name == "slurm":
        from bench.executors.slurm import run_slurm

        return partial(run_slurm, settings=settings)
    return partial(run_local, workers=workers)

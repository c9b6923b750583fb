"""Executors: they take cells and a store and return when every cell is finished.

Cells are pure, so neither the number of processes, nor their place, nor the order can change a
result. `work` computes one cell; `local` shares cells among the processes of this machine.
"""

from bench.executors.local import run_here, run_local
from bench.executors.work import Empty, Terminated, Watch, Work, compute

__all__ = ["Empty", "Terminated", "Watch", "Work", "compute", "run_here", "run_local"]

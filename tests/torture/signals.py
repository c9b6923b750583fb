"""A run of probe cells that tests send signals to: `signals.py STORE SECONDS`."""

import signal
import sys
from pathlib import Path

import run  # noqa: F401 - finds the suite

from bench.cell import Cell
from bench.executors import run_local
from bench.store import Finished, Store


class Watch:
    """Says when a cell begins and when it is in the store."""

    def started(self, cell: Cell) -> None:
        print(f"started {cell.label}", flush=True)

    def finished(self, cell: Cell, result: Finished) -> None:
        print(f"finished {cell.label}", flush=True)


def cells(seconds: float) -> list[Cell]:
    """Six cells that take their time."""
    return [Cell("probe", {"number": n, "seconds": seconds}, (), f"{n}") for n in range(6)]


if __name__ == "__main__":
    # A shell's background jobs ignore it, and what they start inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run_local(cells(float(sys.argv[2])), Store(Path(sys.argv[1])), Watch(), workers=2)
    except KeyboardInterrupt:
        sys.exit(130)

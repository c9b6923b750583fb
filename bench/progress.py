"""How far a run is: live lines with an ETA on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from bench.cell import Cell
from bench.store import Finished

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Lines:
    """One line a finished cell, for logs and pipes."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.total = len(cells)
        self.begun: dict[str, float] = {}
        self.done = self.reused = 0

    def __enter__(self) -> "Lines":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.reused:
            self.say(f"{self.reused} of {self.total} cells were already in the store")

    def say(self, line: str) -> None:
        """Print one line that is not about a cell."""
        print(line, file=sys.stderr, flush=True)

    def started(self, cell: Cell) -> None:
        """Remember when the cell began."""
        self.begun[cell.key] = time.perf_counter()

    def finished(self, cell: Cell, result: Finished) -> None:
        """Count the cell, and print it unless it came from the store."""
        self.done += 1
        if cell.key not in self.begun:
            self.reused += 1
            return
        seconds = time.perf_counter() - self.begun[cell.key]
        self.say(f"[{self.done}/{self.total}] {seconds:5.1f} s  {describe(cell, result)}")

    def failed(self, cell: Cell, why: str) -> None:
        """Say at once what failed: the run goes on with the others."""
        self.say(f"failed: {cell.label}: {why}")


class Live(Lines):
    """A bar with an ETA weighted by predicted work, and the cells in flight below it."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        super().__init__(cells)
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.bar: RichProgress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self.task: TaskID = self.bar.add_task("cells", total=sum(cell.price for cell in cells))
        self.flying: dict[str, Cell] = {}

    def __enter__(self) -> "Live":
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()
        super().__exit__(kind, error, trace)

    def say(self, line: str) -> None:
        """Print above the bar."""
        self.bar.console.print(line, markup=False, highlight=False)

    def started(self, cell: Cell) -> None:
        """Show the cell as in flight."""
        super().started(cell)
        self.flying[cell.key] = cell
        self._describe()

    def finished(self, cell: Cell, result: Finished) -> None:
        """Move the bar on by the cell's predicted work."""
        super().finished(cell, result)
        self.flying.pop(cell.key, None)
        self.bar.advance(self.task, cell.price)
        self._describe()

    def failed(self, cell: Cell, why: str) -> None:
        """Take the cell out of those in flight."""
        super().failed(cell, why)
        self.flying.pop(cell.key, None)
        self._describe()

    def _describe(self) -> None:
        names = " | ".join(cell.label[:24] for cell in self.flying.values())
        self.bar.update(self.task, description=f"{self.done}/{self.total} {names}"[:44])


def watching(cells: Sequence[Cell]) -> Lines:
    """Live progress where standard error is a terminal, plain lines elsewhere."""
    return Live(cells) if sys.stderr.isatty() else Lines(cells)


def describe(cell: Cell, result: Finished) -> str:
    """The cell's label with what it found, or why it is empty if that is its own doing."""
    if not result.empty:
        return f"{cell.label}{_reached(cell, result)}"
    return f"{cell.label} (empty)" if result.inherited else f"{cell.label} (empty: {result.empty})"


def _reached(cell: Cell, result: Finished) -> str:
    """The bits per unit of a training run's last stage on test, so that they are seen early."""
    if cell.kind != "training":
        return ""
    from bench.cells import ROWS

    rows = result.json(ROWS)["training"]
    last = [row for row in rows if row["stage"] == rows[-1]["stage"]]
    if any(row["status"] == "diverged" for row in last):
        return ": diverged"
    return ": " + ", ".join(f"{row['bits_per_unit']:.2f}" for row in last) + " bits/unit"

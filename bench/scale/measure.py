"""Measures of executors and of the store, on cells that do nothing or only compute."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.cell import Cell
from bench.executors import run_local
from bench.record import FORMAT, RECORD
from bench.store import Finished, Store


class Silent:
    """Hears and says nothing."""

    def started(self, cell: Cell) -> None:
        """Nothing."""

    def finished(self, cell: Cell, result: Finished) -> None:
        """Nothing."""


def probes(number: int, **params: float) -> list[Cell]:
    """Cells of bench.scale.probe that wait for nothing."""
    return [Cell("probe", {"number": one, **params}, (), f"probe {one}") for one in range(number)]


def overhead(cells: int, workers: int) -> str:
    """Wall time of a run of empty cells over their number, the start of processes set apart."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        begin = seconds(probes(workers, warm=1.0), store, workers)
        whole = seconds(probes(cells), store, workers)
    each = 1e3 * max(0.0, whole - begin) / cells
    return (f"{cells:,} cells in {whole:.1f} s with {workers} processes (their start: "
            f"{begin:.1f} s): {each:.1f} ms a cell")  # fmt: skip


def large_store(cells: int) -> Iterator[str]:
    """A store of records as `finish` writes them, listed, then resumed by a run of all of them.

    Says so before it removes the store, which takes longer than all the rest.
    """
    with tempfile.TemporaryDirectory() as folder:
        store, wanted = Store(Path(folder)), probes(cells)
        for cell in wanted:
            put(store, cell)
        listed = both_clocks(lambda: all_there(wanted, store))
        resumed = both_clocks(lambda: seconds(wanted, store, 1))
        yield f"{cells:,} cells: listed in {listed}, resumed in {resumed}"


def all_there(cells: Sequence[Cell], store: Store) -> None:
    """Look for every cell. Raises ValueError if one is not there: less would have been done."""
    if not all(store.has(cell) for cell in cells):
        raise ValueError("a cell of the store is not found again")


def both_clocks(work: Callable[[], object]) -> str:
    """Seconds by the clock and of this process, which do not count what others take meanwhile."""
    wall, own = time.perf_counter(), time.process_time()
    work()
    wall, own = time.perf_counter() - wall, time.process_time() - own
    return f"{wall:.2f} s ({own:.2f} s of processor time)"


def two_workers(rounds: int, cells: int, each: float) -> str:
    """Seconds with one process over seconds with two, the two in turn; the median of rounds."""
    ratios = []
    for number in range(rounds):
        took = []
        for workers in (1, 2):
            with tempfile.TemporaryDirectory() as folder:
                wanted = probes(cells, cpu_seconds=each, turn=number)
                took.append(seconds(wanted, Store(Path(folder)), workers))
        ratios.append(took[0] / took[1])
    shown = ", ".join(f"{one:.2f}" for one in ratios)
    return f"two processes are {statistics.median(ratios):.2f} x one (rounds: {shown})"


def seconds(cells: Sequence[Cell], store: Store, workers: int) -> float:
    """Wall time of a run of the cells, with the start of its processes."""
    start = time.perf_counter()
    run_local(cells, store, Silent(), workers)
    return time.perf_counter() - start


def put(store: Store, cell: Cell) -> None:
    """What `Store.finish` leaves of a cell without files, but not synced one by one."""
    folder = store.folder(cell.key)
    folder.mkdir(parents=True)
    record = {**cell.identity, "format": FORMAT, "label": cell.label, "timings": [], "files": {}}
    (folder / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")

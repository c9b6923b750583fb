"""Processes that want the same cells at once: each cell is computed once."""

import multiprocessing
import random
from collections import Counter
from pathlib import Path

import run  # noqa: F401 - finds the suite

from bench import cell
from bench.cell import Cell, Kind
from bench.executors import Work, compute, work
from bench.scale import probe
from bench.store import Store


def counted(one: Work) -> None:
    """A probe that leaves a line in a shared file."""
    with open(one.where["log"], "a") as log:  # noqa: PTH123 - one write, seen by all processes
        log.write(f"{one.params['number']}\n")
    probe.probe(one)


def _cells(count: int, log: Path) -> list[Cell]:
    base = Cell("counted", {"number": 0}, (), "base", where={"log": str(log)})
    return [
        Cell("counted", {"number": n, "seconds": 0.002}, (base,), f"cell {n}", where=base.where)
        for n in range(1, count + 1)
    ]


def _race(root: Path, log: Path, count: int, seed: int) -> None:
    kinds = {**cell.KINDS, "counted": Kind("races:counted", 1)}
    cell.KINDS = work.KINDS = kinds
    cells = _cells(count, log)
    random.Random(seed % 2).shuffle(cells)  # half of them want the same one at every moment
    for one in cells:
        compute(Store(root), one)


def races(folder: Path, racers: int, count: int) -> str:
    """Have them race; says what was seen."""
    root, log = folder / "race", folder / "race.log"
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_race, args=(root, log, count, seed)) for seed in range(racers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0, process.exitcode
    found = Counter(map(int, log.read_text().split()))
    assert found == Counter(range(count + 1)), found
    return f"{racers} processes raced for {count} cells: each computed once"

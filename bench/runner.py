"""One run from end to end: profile, sources, plan, cells, result files, report."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from bench import machine, manifest, profile, sources
from bench.assemble import assemble
from bench.cache import open_store, remember
from bench.cell import Cell, in_order
from bench.errors import InputError
from bench.executors import executor
from bench.plan import Plan, plan
from bench.progress import watching
from bench.rate import matrix_rate
from bench.results import refuse_unwritable
from bench.running import noted


def make_plan(name: str) -> Plan:
    """The plan of a profile on this machine; fetches what the profile needs."""
    wanted = profile.load(name)
    precision = machine.precision()
    asked = wanted.training.precision if wanted.training else "auto"
    rate = matrix_rate(precision if asked == "auto" else asked) if wanted.training else None
    return plan(wanted, sources.resolve(wanted, _say), precision, rate)


def run(
    name: str, results: Path | None, workers: int | None, shard: str | None, where: str = "local",
    so_far: bool = False,
) -> Path | None:  # fmt: skip
    """Run a profile; returns the results folder, or None for one shard of several.

    With `so_far` nothing is trained: training runs that are not finished are left out.
    """
    made = make_plan(name)
    if so_far:
        wanted = len(made.cells)
        made = without_unfinished_training(made)
        _say(f"{len(made.unfinished)} of {wanted} cells are left out: their training runs are not "
             "finished")  # fmt: skip
    mine = _shard(made.cells, shard)
    folder = results or Path("results") / made.profile.name
    refuse_unwritable(folder)
    for source in made.sources.skipped:
        _say(f"skipped: {source.name}: {source.skipped}")
    store = open_store()
    with noted(store, in_order(made.cells)):
        with watching(tuple(in_order(mine))) as watch:
            compute = executor(where, workers or machine.cores(), made.profile.slurm)
            compute(mine, store, watch)
        if shard:
            return None
        assemble(made, store, folder)
        remember(folder)
    report(folder)
    return folder


def in_store(made: Plan) -> list[Cell]:
    """The cells of a plan that are finished already."""
    store = open_store()
    return [cell for cell in in_order(made.cells) if store.has(cell)]


def without_unfinished_training(made: Plan) -> Plan:
    """The plan without the cells that wait for a training run; a damaged one is not finished."""
    store = open_store()

    @cache  # each run is read whole, once
    def waits(cell: Cell) -> bool:
        if cell.kind == "training" and not store.get(cell):
            return True
        return any(waits(needed) for needed in cell.inputs)

    kept: list[Cell] = []
    left: list[str] = []
    for cell in made.cells:
        if waits(cell):
            left.append(cell.label)
        else:
            kept.append(cell)
    return replace(made, cells=tuple(kept), unfinished=tuple(left))


def taken(finished: Sequence[Cell]) -> dict[Cell, float]:
    """Seconds that finished cells took, where their records say so."""
    store, found = open_store(), {}
    for cell in finished:
        done = store.get(cell)
        for timing in done.record.get("timings", ()) if done else ():
            if timing["phase"] == "cell":
                found[cell] = float(timing["seconds"])
    return found


def report(folder: Path) -> None:
    """Build tables, charts and report from the results, and hash the folder again."""
    from bench.report import build

    build(folder)
    if (folder / manifest.NAME).is_file():  # a folder of `bench tokenize` has none
        manifest.refresh(folder)


def closing_summary(folder: Path) -> str:
    """Five lines: the headline numbers, and where the report is."""
    from bench.report.summary import closing_lines

    return closing_lines(folder)


def _shard(cells: Sequence[Cell], shard: str | None) -> tuple[Cell, ...]:
    """Part I of N of the cells: every N-th key, so that any machine cuts the same way."""
    if shard is None:
        return tuple(cells)
    try:
        part, parts = (int(number) for number in shard.split("/"))
        if not 1 <= part <= parts:
            raise ValueError
    except ValueError:
        raise InputError(f"--shard {shard}: give I/N with 1 <= I <= N, for example 2/8") from None
    return tuple(cell for cell in cells if int(cell.key[:8], 16) % parts == part - 1)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

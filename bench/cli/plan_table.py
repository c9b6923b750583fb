"""The plan of a profile as a table in the terminal: cells by kind, then its training runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench.cell import Cell, in_order
from bench.cli.gpu_table import Memory, gpu_lines
from bench.cli.run_names import by_kind, heading_lines, row
from bench.plan import Plan

WIDTH = 30  # of the column of names


def table(plan: Plan, finished: Iterable[Cell], took: Mapping[Cell, float], workers: int) -> str:
    """All `lines` as one text."""
    return "\n".join(lines(plan, finished, took, workers))


def lines(
    plan: Plan, finished: Iterable[Cell], took: Mapping[Cell, float], workers: int
) -> Iterator[str]:
    """The table, as plain text of 80 columns; what is `finished` costs nothing more.

    `took` are the seconds of finished cells; beside them stands what the plan foresees for those.
    The steps of large models take seconds each to simulate, so lines come as they are known.
    """
    cells, done = list(in_order(plan.cells)), set(finished)
    head = f"{'cells':<14}{'number':>8}{'core seconds':>14}{'in store':>10}"
    yield f"{head}{'foreseen':>12}{'took':>12}"
    for kind in dict.fromkeys(cell.kind for cell in cells):
        yield _line(kind, [cell for cell in cells if cell.kind == kind], done, took)
    seconds = sum(cell.price for cell in cells if cell not in done) / workers
    yield f"about {seconds / 60:.1f} minutes with {workers} processes"
    if plan.profile.training and plan.profile.training.device != "cpu":
        yield "training is priced at this processor's rate here; [gpus] prices it for devices"
    memory = Memory(plan)
    yield from _runs(memory, cells, took)
    yield from gpu_lines(plan.profile, memory, [cell for cell in cells if cell.predicted])
    yield from _skipped(plan)


def _line(kind: str, own: list[Cell], done: set[Cell], took: Mapping[Cell, float]) -> str:
    to_do = sum(cell.price for cell in own if cell not in done)
    timed = [cell for cell in own if cell in took]
    stored = sum(cell in done for cell in own)
    line = f"{kind:<14}{len(own):>8}{to_do:>14,.0f}{stored:>10}"
    if not timed:
        return line
    foreseen, real = sum(cell.price for cell in timed), sum(took[cell] for cell in timed)
    return f"{line}{foreseen:>12,.0f}{real:>12,.0f}"


def _runs(memory: Memory, cells: list[Cell], took: Mapping[Cell, float]) -> Iterator[str]:
    """What one run of each kind sees and takes; runs that differ by seed or rate are one line."""
    runs = [cell for cell in cells if cell.predicted]
    if not runs:
        return
    yield ""
    yield (f"{'training run':<{WIDTH}}{'runs':>5}{'tokens':>9}{'FLOPs':>9}{'step MiB':>9}"
           f"{'seconds':>9}{'took':>8}")  # fmt: skip
    for heading, languages in by_kind(runs).items():
        yield from heading_lines(heading)
        for name, own in languages.items():
            yield from row(name, _numbers(memory, own, took), WIDTH)


def _numbers(memory: Memory, own: Sequence[Cell], took: Mapping[Cell, float]) -> str:
    known = [took[cell] for cell in own if cell in took]
    real = f"{sum(known) / len(known):,.0f}" if known else ""
    first = own[0]
    return (f"{len(own):>5}{first.predicted['tokens']:>9.2e}{first.predicted['flops']:>9.2e}"
            f"{memory.mebibytes(first):>9}{first.price:>9,.0f}{real:>8}")  # fmt: skip


def _skipped(plan: Plan) -> list[str]:
    return [f"skipped: {one.name}: {one.skipped}" for one in plan.sources.skipped]

"""The plan of a profile as a table in the terminal: cells by kind, then its training runs."""

from collections.abc import Iterable
from pathlib import Path

from bench.cell import Cell, in_order
from bench.forecast import Forecaster
from bench.plan import Plan


def table(plan: Plan, finished: Iterable[Cell], workers: int) -> str:
    """The table, as plain text of 80 columns; what is `finished` costs nothing more."""
    cells, done = list(in_order(plan.cells)), set(finished)
    lines = [f"{'cells':<14}{'number':>8}{'in store':>10}{'core seconds':>14}"]
    for kind in dict.fromkeys(cell.kind for cell in cells):
        own = [cell for cell in cells if cell.kind == kind]
        open_seconds = sum(cell.price for cell in own if cell not in done)
        stored = sum(cell in done for cell in own)
        lines.append(f"{kind:<14}{len(own):>8}{stored:>10}{open_seconds:>14,.0f}")
    seconds = sum(cell.price for cell in cells if cell not in done) / workers
    lines.append(f"about {seconds / 60:.1f} minutes with {workers} processes")
    return "\n".join([*lines, *_runs(plan), *_skipped(plan)])


def _runs(plan: Plan) -> list[str]:
    training = plan.profile.training
    if not training or training.corpus not in _present(plan):
        return []
    forecaster = Forecaster(plan.profile)
    lines = ["", f"{'training run':<34}{'runs':>5}{'tokens':>12}{'FLOPs':>10}{'seconds':>9}"]
    for model in training.models:
        for language in plan.profile.languages:
            runs = len(training.seeds) * len(training.vocabularies)
            label = f"{Path(model).stem} {language}"
            tokens = forecaster.tokens(training, language)
            flops = forecaster.flops(training, language, model)
            seconds = forecaster.run(training, language, model)
            lines.append(f"{label:<34}{runs:>5}{tokens:>12,.0f}{flops:>10.2e}{seconds:>9,.0f}")
    return lines


def _present(plan: Plan) -> set[str]:
    return {one.name for one in plan.sources.corpora if not one.skipped}


def _skipped(plan: Plan) -> list[str]:
    return [f"skipped: {one.name}: {one.skipped}" for one in plan.sources.skipped]

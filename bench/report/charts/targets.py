"""Compute to a target: what a language needs to get equally far, relative to the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.arm_names import PRIMARY
from bench.report.charts import premium, style
from bench.report.data import Results, Row
from bench.report.document import Chart
from bench.report.scope import Scope, language_name
from bench.report.text import say
from bench.signature import parse

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "compute_to_target"
MEASURE, TARGET = "cost_to_target_ratio", "r=0.8"


def chart(results: Results, scope: Scope) -> Chart | None:
    """The primary arm's ratios with the own vocabulary; None where the target was not reached."""
    family = scope.own.family if scope.own else ""
    rows = [
        row
        for row in results.rows("convergence", measure=MEASURE, target=TARGET,
                                reference=scope.reference, language=scope.others,
                                vocabulary_family=family)
        if row["value"] and row["arm"].startswith(f"{PRIMARY}/")
    ]  # fmt: skip
    if not rows:
        return None
    caption = say(
        "Cost, relative to {reference}, of closing 80% of the way from a model that knows only "
        "how often characters occur to the best model here. Hollow: undertrained. Targets that "
        "were not reached are in the table, not here.",
        reference=language_name(scope.reference),
    )
    title = say("What it takes to get equally far")
    return Chart(NAME, title, caption, lambda: draw(rows, scope), "convergence", tuple(rows))


def draw(rows: Sequence[Row], scope: Scope) -> Figure:
    """A row a model and axis."""
    names = list(dict.fromkeys(map(_name, rows)))
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, 1.1 + 0.36 * len(names))
        axes = grid[0][0]
        for row in rows:
            place = names.index(_name(row)) + premium.shift(row["language"], scope.others)
            style.interval_mark(axes, row["value"], row["ci_low"], row["ci_high"], place,
                                row["language"], scope.languages, hollow=is_weak(row))  # fmt: skip
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        premium.ratio_axis(axes, style.reach(rows), scope, of=" to the same r")
        premium.key(axes, scope)
    return figure


def is_weak(row: Row) -> bool:
    """Whether a run behind the comparison was undertrained or never judged."""
    return parse(row["signature"] or "").get("status", "ok") != "ok"


def _name(row: Row) -> str:
    return f"{row['arm'].split('/')[1]}, {row['axis']}"

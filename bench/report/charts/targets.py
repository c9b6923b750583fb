"""Compute to a target: what a language needs to get equally far, relative to the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.report.charts import premium, style
from bench.report.data import Results, Row
from bench.report.document import Chart
from bench.report.scope import Scope, language_name
from bench.report.text import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "compute_to_target"


def chart(results: Results, scope: Scope) -> Chart | None:
    """Ratios of convergence.csv by arm, axis and target; None where none was reached."""
    rows = [
        row
        for row in results.rows("convergence", reference=scope.reference, language=scope.others)
        if row["value"] and row["value"] > 0 and not row["censored"]
    ]
    if not rows:
        return None
    caption = say("Relative to {reference}, from annealed points. Targets that were not reached "
                  "are in the table, not here. Bars: 95% intervals over seeds and documents.",
                  reference=language_name(scope.reference))  # fmt: skip
    title = say("What it takes to get equally far")
    return Chart(NAME, title, caption, lambda: draw(rows, scope), "convergence", tuple(rows))


def draw(rows: Sequence[Row], scope: Scope) -> Figure:
    """A row a comparison."""
    names = list(dict.fromkeys(map(_name, rows)))
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, 1.1 + 0.4 * len(names))
        axes = grid[0][0]
        for row in rows:
            place = names.index(_name(row)) + premium.shift(row["language"], scope.others)
            style.interval_mark(axes, row["value"], row["ci_low"], row["ci_high"], place,
                                row["language"], scope.languages)  # fmt: skip
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        premium.ratio_axis(axes, [row["value"] for row in rows], scope)
        premium.key(axes, scope)
    return figure


def _name(row: Row) -> str:
    return f"{row['arm']}\n{row['axis']}, {row['measure']} {row['target']}"

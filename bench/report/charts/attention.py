"""Attention per unit of meaning in each context, beside the premium and its square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.report.charts import premium, style
from bench.report.data import Results, Row
from bench.report.document import Chart
from bench.report.scope import Scenario, Scope
from bench.report.text import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "attention_by_context"
CONTEXTS = {
    "unit": "unit alone",
    "document": "whole document",
    "window_equal_content": "window, equal content",
    "window": "window, equal tokens",
}


def chart(results: Results, scope: Scope) -> Chart | None:
    """Attention ratios of the scenarios; None where none was computed."""
    panels = [(one, _rows(results, scope, one)) for one in scope.scenarios]
    panels = [(one, rows) for one, rows in panels if rows]
    if not panels:
        return None
    premiums = {one.family: _premiums(results, scope, one) for one, _ in panels}
    caption = say(
        "Attention FLOPs per unit, by what is one sequence. Dashed: the token premium squared; "
        "dotted: the premium itself."
    )
    shown = tuple(row for _, rows in panels for row in rows)
    return Chart(NAME, say("Where a premium is squared, and where it is not"), caption,
                 lambda: draw(panels, premiums, scope), "costs", shown)  # fmt: skip


def _rows(results: Results, scope: Scope, scenario: Scenario) -> list[Row]:
    return [
        row
        for row in results.rows("costs", cost="attention_flops_ratio", convention="exact",
                                model=scenario.model, language=scope.others,
                                context=tuple(CONTEXTS), **scenario.where)
        if row["value"]
    ]  # fmt: skip


def _premiums(results: Results, scope: Scope, scenario: Scenario) -> dict[str, float]:
    rows = results.rows("tokenization", metric="token_premium", mode=results.mode, **scenario.where)
    return {row["language"]: row["value"] for row in rows
            if row["value"] and row["language"] in scope.others}  # fmt: skip


def draw(
    panels: Sequence[tuple[Scenario, list[Row]]], premiums: dict[str, dict[str, float]],
    scope: Scope,
) -> Figure:  # fmt: skip
    """One panel a scenario."""
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, 0.4 + 2.15 * len(panels), nrows=len(panels))
        for axes, (scenario, rows) in zip(grid[:, 0], panels, strict=True):
            _panel(axes, rows, premiums[scenario.family], scope)
            axes.set_title(f"{scenario.family}, {scenario.model}", fontsize=9, pad=20)
            premium.key(axes, scope)
    return figure


def _panel(axes: Axes, rows: Sequence[Row], premiums: dict[str, float], scope: Scope) -> None:
    contexts = [one for one in CONTEXTS if any(row["context"] == one for row in rows)]
    for row in rows:
        place = contexts.index(row["context"]) + premium.shift(row["language"], scope.others)
        style.interval_mark(axes, row["value"], row["ci_low"], row["ci_high"], place,
                            row["language"], scope.languages)  # fmt: skip
    for language, value in premiums.items():
        tone = style.colour(language, scope.languages)
        axes.axvline(value**2, color=tone, linewidth=1, linestyle=(0, (5, 2)), zorder=0.9)
        axes.axvline(value, color=tone, linewidth=1, linestyle=(0, (1, 2)), zorder=0.9)
    axes.set_yticks(range(len(contexts)), [CONTEXTS[one] for one in contexts])
    axes.set_ylim(len(contexts) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    premium.ratio_axis(axes, style.reach(rows), scope)

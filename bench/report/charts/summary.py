"""The one picture: premiums by vocabulary, and what they turn into for a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.report.charts import premium, style
from bench.report.data import Results, Row
from bench.report.document import Beside, Chart
from bench.report.number import Number
from bench.report.scope import Scenario, Scope, language_name
from bench.report.sections import opening
from bench.report.text import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "language_token_efficiency_chart"


@dataclass(frozen=True)
class Price:
    """One thing that a unit of meaning costs, relative to the reference language."""

    what: str
    language: str
    ratio: Number


def chart(results: Results, scope: Scope) -> Chart | None:
    """The summary; None where no premium was measured."""
    corpus = scope.corpus
    rows = premium.premiums(results, scope, corpus) if corpus else []
    if not rows:
        return None
    panels = [(one, prices(results, scope, one)) for one in scope.scenarios]
    panels = [(one, found) for one, found in panels if found]
    caption = say(
        "Tokens by vocabulary, and what they turn into for a model that reads each unit alone. "
        "Bars: 95% intervals over documents. Hollow marks: not comparable, or from undertrained "
        "models."
    )
    return Chart(
        NAME,
        say("What the same content costs, relative to {reference}",
            reference=language_name(scope.reference)),
        caption,
        lambda: _draw(rows, panels, scope, corpus or "", narrow=False),
        "tokenization",
        tuple(rows),
        lambda: _draw(rows, panels, scope, corpus or "", narrow=True),
    )  # fmt: skip


def prices(results: Results, scope: Scope, scenario: Scenario) -> list[Price]:
    """Ratios to the reference of a scenario: tokens, attention, training, memory, bits."""
    found = []
    for what, line in (
        ("tokens", opening.tokens_line),
        ("attention FLOPs", opening.attention_line),
        ("training FLOPs", opening.training_line),
        ("peak memory", opening.memory_line),
        ("bits per unit", opening.quality_line),
    ):
        for language in scope.others:
            cell = line(results, scope, scenario, language)
            if isinstance(cell, Beside) and cell.ratio is not None and cell.ratio.value > 0:
                found.append(Price(what, language, cell.ratio))
    return found


def _draw(
    rows: Sequence[Row], panels: Sequence[tuple[Scenario, list[Price]]], scope: Scope,
    corpus: str, narrow: bool,
) -> Figure:  # fmt: skip
    from matplotlib.figure import Figure

    families = len({row["vocabulary_family"] for row in rows})
    heights = [families + 1.2, *(len({price.what for price in found}) + 1.2 for _, found in panels)]
    with style.styled():
        if narrow or not panels:
            size = (style.COLUMN, 0.34 * sum(heights) + 0.75 * len(heights))
        else:
            size = (style.WIDE, 0.34 * max(heights[0], sum(heights[1:])) + 1.6)
        figure = Figure(figsize=size, layout="constrained")
        axes = _grid(figure, heights, narrow)
        axes[0].set_title(f"Tokens, by vocabulary ({corpus})", pad=20)
        premium.forest(axes[0], rows, scope)
        for place, (scenario, found) in enumerate(panels, start=1):
            _panel(axes[place], scenario, found, scope)
    return figure


def _grid(figure: Figure, heights: list[float], narrow: bool) -> list[Axes]:
    if narrow or len(heights) == 1:
        grid: Any = figure.add_gridspec(len(heights), 1, height_ratios=heights)
        return [figure.add_subplot(grid[place, 0]) for place in range(len(heights))]
    grid = figure.add_gridspec(len(heights) - 1, 2, height_ratios=heights[1:])
    right = [figure.add_subplot(grid[place, 1]) for place in range(len(heights) - 1)]
    return [figure.add_subplot(grid[:, 0]), *right]


def _panel(axes: Axes, scenario: Scenario, found: Sequence[Price], scope: Scope) -> None:
    things = list(dict.fromkeys(price.what for price in found))
    for price in found:
        ratio, place = price.ratio, things.index(price.what)
        style.interval_mark(
            axes, ratio.value, ratio.low, ratio.high,
            place + premium.shift(price.language, scope.others),
            price.language, scope.languages, hollow=ratio.gated,
        )  # fmt: skip
    axes.set_yticks(range(len(things)), things)
    axes.set_ylim(len(things) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    model = f"\n{scenario.model}" if scenario.model else ""  # one below the other: names are long
    axes.set_title(f"{scenario.family}{model}", fontsize=9)
    ratios = [price.ratio for price in found]
    ends = [end for ratio in ratios for end in (ratio.value, ratio.low, ratio.high) if end]
    premium.ratio_axis(axes, ends, scope)

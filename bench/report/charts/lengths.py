"""How long units are in tokens: quantiles by language, for the vocabularies that are led with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.report.charts import style
from bench.report.data import Results, Row
from bench.report.document import Chart
from bench.report.scope import Scope, label
from bench.report.text import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "length_distributions"
QUANTILES = ("p05", "p25", "p50", "p75", "p95")


def chart(results: Results, scope: Scope) -> Chart | None:
    """A box a language and scenario; None where no quantiles were measured."""
    rows = [
        row
        for scenario in scope.scenarios
        for row in results.rows(
            "tokenization", metric="tokens_per_unit", variant=QUANTILES, mode=results.mode,
            **scenario.where,
        )
        if row["value"] is not None
    ]  # fmt: skip
    if not rows:
        return None
    caption = say(
        "Box: the middle half of all units, with the median, whose digits stand at the end. Line: "
        "from the shortest 5% to the longest 5%. Averages hide that attention follows the long "
        "ones."
    )
    title = say("Length of a unit of meaning in tokens")
    return Chart(NAME, title, caption, lambda: draw(rows, scope), "tokenization", tuple(rows))


def draw(rows: Sequence[Row], scope: Scope) -> Figure:
    """One panel a vocabulary family, one below the other."""
    families = list(dict.fromkeys(row["vocabulary_family"] for row in rows))
    high = 0.75 + len(families) * (0.55 + 0.3 * len(scope.languages))
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, high, nrows=len(families), sharex=True)
        for axes, family in zip(grid[:, 0], families, strict=True):
            own = [row for row in rows if row["vocabulary_family"] == family]
            _panel(axes, own, scope)
            axes.set_title(family, fontsize=9)
        grid[-1, 0].set_xlim(0, max(row["value"] for row in rows) * 1.12)
        grid[-1, 0].set_xlabel("tokens per unit")
    return figure


def _panel(axes: Axes, rows: Sequence[Row], scope: Scope) -> None:
    for place, language in enumerate(scope.languages):
        held = {row["variant"]: row["value"] for row in rows if row["language"] == language}
        if not set(QUANTILES) <= held.keys():
            continue
        tone = style.colour(language, scope.languages)
        axes.plot([held["p05"], held["p95"]], [place, place], color=tone, linewidth=1.4)
        axes.barh(place, held["p75"] - held["p25"], left=held["p25"], height=0.55, color=tone)
        axes.plot([held["p50"]] * 2, [place - 0.27, place + 0.27], color=style.PAPER, linewidth=2)
        axes.annotate(f"{held['p50']:g}", (held["p95"], place), (5, 0), va="center",
                      textcoords="offset points", color=tone, fontsize=8)  # fmt: skip
    axes.set_yticks(range(len(scope.languages)), [label(one) for one in scope.languages])
    axes.set_ylim(len(scope.languages) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)

"""Token premiums by vocabulary: a forest plot, the reference language being the line at 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.report.charts import style
from bench.report.data import Results, Row
from bench.report.document import Chart
from bench.report.scope import CONTROLS, Scope, label, language_name
from bench.report.text import code, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def chart(results: Results, scope: Scope, corpus: str) -> Chart | None:
    """The forest plot of one corpus; None where nothing was measured."""
    rows = premiums(results, scope, corpus)
    if not rows:
        return None
    name = "token_premium" if corpus == scope.corpus else f"token_premium_{_plain(corpus)}"
    caption = say(
        "Tokens of a language over tokens of {reference} for the same units, each unit encoded "
        "alone. Bars: 95% intervals over documents. Hollow marks are not comparable: unknown "
        "tokens, or text that does not come back.",
        reference=language_name(scope.reference),
    )
    title = say("Token premium by vocabulary, {corpus}", corpus=code(corpus))
    return Chart(name, title, caption, lambda: draw(rows, scope), "tokenization", tuple(rows))


def premiums(results: Results, scope: Scope, corpus: str) -> list[Row]:
    """The premium rows of a corpus, families in the report's order."""
    rows = [
        row
        for row in results.rows(
            "tokenization", corpus=corpus, metric="token_premium", mode=results.mode,
            variant="default", language=scope.others,
        )
        if row["value"]
    ]  # fmt: skip
    return sorted(rows, key=lambda row: scope.families.index(row["vocabulary_family"]))


def draw(rows: Sequence[Row], scope: Scope) -> Figure:
    """The plot in a column of its own."""
    families = list(dict.fromkeys(row["vocabulary_family"] for row in rows))
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, 1.1 + 0.34 * len(families))
        forest(grid[0][0], rows, scope)
    return figure


def forest(axes: Axes, rows: Sequence[Row], scope: Scope) -> None:
    """Families down the side, a mark a language, on a log axis around 1."""
    families = list(dict.fromkeys(row["vocabulary_family"] for row in rows))
    for row in rows:
        aside = shift(row["language"], scope.others)
        style.interval_mark(
            axes, row["value"], row["ci_low"], row["ci_high"],
            families.index(row["vocabulary_family"]) + aside,
            row["language"], scope.languages, hollow=row["comparable"] is False,
        )  # fmt: skip
    _frame(axes, families, scope)
    ratio_axis(axes, style.reach(rows), scope)


def ratio_axis(
    axes: Axes, values: Sequence[float], scope: Scope, of: str = ", same content"
) -> None:
    """A logarithmic axis of ratios, with a line at 1 for the reference."""
    from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

    axes.set_xscale("log")
    low, high = min([*values, 0.95]) * 0.95, max([*values, 1.05])
    high *= (high / low) ** 0.09 * 1.02  # room for the digits beside the last mark
    axes.set_xlim(low, high)
    kept = _ticks(low, high)
    axes.xaxis.set_major_locator(FixedLocator(kept))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xticklabels([f"{tick:g}" for tick in kept])
    axes.axvline(1, color=style.colour(scope.reference, scope.languages), linewidth=1.4)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"× {label(scope.reference)}{of} (log scale)")


TICKS = (
    (0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3),
    (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6),
    (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8),
    (0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32),
)


def _ticks(low: float, high: float) -> list[float]:
    """The finest ticks that leave room for their digits, and that span the axis."""
    for candidates in TICKS:
        held = [tick for tick in candidates if low <= tick <= high]
        if (
            len(held) <= (7 if candidates is TICKS[0] else 9)
            and candidates[0] / 1.2 <= low
            and high <= candidates[-1] * 1.2
        ):
            return held
    return held if len(held) > 1 else [1.0]


def _frame(axes: Axes, families: Sequence[str], scope: Scope) -> None:
    axes.set_yticks(range(len(families)), families)
    axes.set_ylim(len(families) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    for place, family in enumerate(families):
        if place and family in CONTROLS and families[place - 1] not in CONTROLS:
            axes.axhline(place - 0.5, color=style.MUTED, linewidth=0.6)
    key(axes, scope)


def key(axes: Axes, scope: Scope, line: bool = True) -> None:
    """The languages' names in their colours above the axes; the reference a line, or a mark."""
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=style.colour(one, scope.languages), label=label(one), linewidth=0,
               marker=style.marker(one), markersize=5.5)
        for one in (scope.others if line else scope.languages)
    ]  # fmt: skip
    reference = scope.reference
    if line:
        marks.append(Line2D([], [], color=style.colour(reference, scope.languages),
                        label=f"{label(reference)} = 1", linewidth=1.4))  # fmt: skip
    axes.legend(handles=marks, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(marks),
                borderaxespad=0.2, handlelength=1.1, columnspacing=1.2, labelcolor="linecolor",
                handletextpad=0.4, fontsize=9)  # fmt: skip


def shift(language: str, others: Sequence[str]) -> float:
    """Where in its row a language's mark stands, so that intervals never cover each other."""
    if len(others) < 2:
        return 0.0
    return (others.index(language) / (len(others) - 1) - 0.5) * 0.36


def _plain(name: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in name)

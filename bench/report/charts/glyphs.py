"""Tokens and bits per unit against the size of a glyph table, a line a language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bench.report import glyphs
from bench.report.charts import style
from bench.report.data import Results
from bench.report.document import Chart
from bench.report.scope import Scope, label
from bench.report.text import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "glyph_tables"
Value = Callable[[glyphs.Point], "float | None"]


def chart(results: Results, scope: Scope) -> Chart | None:
    """Two panels; None where no glyph vocabulary was measured."""
    points = glyphs.points(results, scope)
    rows = tuple(point.tokens for point in points if point.tokens)
    if not rows:
        return None
    title = say("Glyphs at {total} entries", total=points[0].family.total)
    caption = say(
        "Glyphs and pieces together are as many entries as plain BPE (0 glyphs) and superword BPE "
        "have. Bits: a 5-gram over the same tokens, an upper bound for the text; dashed without "
        "the price of the vocabulary, in full with it."
    )
    return Chart(NAME, title, caption, lambda: draw(points, scope), "tokenization", rows)


def draw(points: Sequence[glyphs.Point], scope: Scope) -> Figure:
    """Tokens above; below bits with the vocabulary's price, and dashed without."""
    families = list(dict.fromkeys(point.family for point in points))
    bits = any(point.bits is not None for point in points)
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, 5.2 if bits else 2.9, nrows=1 + bits, sharex=True)
        panels = [axes for (axes,) in grid]
        _panel(panels[0], points, families, scope, _tokens)
        panels[0].set_ylabel("tokens per unit")
        if bits:
            _panel(panels[1], points, families, scope, _bare, faint=True)
            _panel(panels[1], points, families, scope, lambda point: point.bits)
            panels[1].set_ylabel("bits per unit, 5-gram")
        panels[-1].set_xticks(range(len(families)), [_name(one) for one in families])
        panels[-1].set_xlabel(f"glyphs among {families[0].total:,} entries")
        panels[-1].set_xlim(-0.3, len(families) - 0.2)
    return figure


def _panel(
    axes: Axes, points: Sequence[glyphs.Point], families: Sequence[glyphs.Family], scope: Scope,
    value: Value, faint: bool = False,
) -> None:  # fmt: skip
    look: dict[str, Any] = {"alpha": 0.6, "linestyle": "--"} if faint else {}
    for language in scope.languages:
        found = [(families.index(one.family), y) for one in points
                 if one.language == language and (y := value(one)) is not None]  # fmt: skip
        superwords = [pair for pair in found if families[pair[0]].superwords]
        line = [pair for pair in found if not families[pair[0]].superwords]
        tone = style.colour(language, scope.languages)
        for x, y in superwords:
            axes.plot([x], [y], marker=style.marker(language), color=tone, linestyle="none",
                      markerfacecolor=style.PAPER, alpha=look.get("alpha"))  # fmt: skip
        if line:
            xs, ys = zip(*line, strict=True)
            name = "" if faint else label(language)
            style.line(axes, xs, ys, language, scope.languages, name, **look)


def _tokens(point: glyphs.Point) -> float | None:
    return float(point.tokens["value"]) if point.tokens else None


def _bare(point: glyphs.Point) -> float | None:
    return float(point.floor["bits_per_unit"]) if point.floor else None


def _name(family: glyphs.Family) -> str:
    return "superwords" if family.superwords else f"{family.glyphs:,}"

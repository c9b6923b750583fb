"""Tokens against vocabulary size: families that differ in size alone, a line a language."""

from __future__ import annotations

import re
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

NAME = "tokens_by_vocabulary_size"
SIZED = re.compile(r"^(?P<kind>[a-z]+)-(?P<size>\d+)-(?P<scope>.+)$")


def chart(results: Results, scope: Scope) -> Chart | None:
    """Tokens per unit by size; None where fewer than two sizes of one kind were measured."""
    series = _series(results, scope)
    if not series:
        return None
    rows = [row for sizes in series.values() for _, row in sizes]
    title = say("Tokens per unit against vocabulary size")
    caption = say("Vocabularies of one kind, trained on the same text. Bars: 95% intervals.")
    return Chart(NAME, title, caption, lambda: draw(series, scope), "tokenization", tuple(rows))


def _series(results: Results, scope: Scope) -> dict[tuple[str, str], list[tuple[int, Row]]]:
    """By kind of family and language: (size, row), by size."""
    found: dict[tuple[str, str], list[tuple[int, Row]]] = {}
    for row in results.rows("tokenization", corpus=scope.corpus, metric="tokens_per_unit",
                            variant="default", mode=results.mode):  # fmt: skip
        sized = SIZED.match(row["vocabulary_family"])
        if sized and row["value"] is not None and row["language"] in scope.languages:
            kind = f"{sized['kind']} {sized['scope']}"
            found.setdefault((kind, row["language"]), []).append((int(sized["size"]), row))
    return {
        key: sorted(points, key=lambda point: point[0])
        for key, points in found.items()
        if len({size for size, _ in points}) > 1
    }


def draw(series: dict[tuple[str, str], list[tuple[int, Row]]], scope: Scope) -> Figure:
    """One panel a kind."""
    kinds = list(dict.fromkeys(kind for kind, _ in series))
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, 0.5 + 2.3 * len(kinds), nrows=len(kinds))
        for axes, kind in zip(grid[:, 0], kinds, strict=True):
            for language in scope.languages:
                points = series.get((kind, language), [])
                if points:
                    _line(axes, points, language, scope)
            axes.set_title(kind, fontsize=9)
            axes.set_xscale("log", base=2)
            axes.set_ylabel("tokens per unit")
            sizes = sorted({size for (k, _), ps in series.items() if k == kind for size, _ in ps})
            axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
            axes.margins(x=0.18)
        grid[-1, 0].set_xlabel("vocabulary size")
    return figure


def _line(axes: Axes, points: Sequence[tuple[int, Row]], language: str, scope: Scope) -> None:
    tone = style.colour(language, scope.languages)
    xs, ys = [size for size, _ in points], [row["value"] for _, row in points]
    style.line(axes, xs, ys, language, scope.languages, label(language))
    for size, row in points:
        if row["ci_low"] is not None and row["ci_high"] is not None:
            axes.plot([size, size], [row["ci_low"], row["ci_high"]], color=tone)

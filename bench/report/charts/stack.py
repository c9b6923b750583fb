"""Stacks: what the price of a unit, and the peak of a training step, are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report.charts import style
from bench.report.data import Results, Row
from bench.report.document import Chart
from bench.report.number import Number
from bench.report.peaks import Peaks, Setting
from bench.report.scope import Scope, label
from bench.report.text import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLOPS = {"linear_flops": "linear layers", "attention_flops": "attention", "logits_flops": "logits"}
MEMORY = ("parameters", "gradients", "optimizer", "activations", "temporaries")


@dataclass(frozen=True)
class Bar:
    """One bar: a language's parts, in order, in one unit."""

    panel: str
    language: str
    parts: tuple[tuple[str, float], ...]
    unit: str
    low: float | None = None
    high: float | None = None

    @property
    def total(self) -> float:
        """The sum of the parts."""
        return sum(size for _, size in self.parts)


def price_chart(results: Results, scope: Scope) -> Chart | None:
    """Forward FLOPs of a unit by linear, attention and logits, for each scenario."""
    rows = [
        row
        for one in scope.scenarios
        for row in results.rows("costs", context="unit", convention="exact", model=one.model,
                                cost=tuple(FLOPS), language=scope.languages, **one.where)
        if row["value"] is not None
    ]  # fmt: skip
    bars = [
        Bar(
            f"{one.family}, {one.model}", language,
            tuple((name, row["value"]) for key, name in FLOPS.items() for row in rows
                  if row["cost"] == key and row["language"] == language
                  and row["vocabulary_family"] == one.family and row["model"] == one.model),
            "FLOP",
        )
        for one in scope.scenarios for language in scope.languages
    ]  # fmt: skip
    bars = [bar for bar in bars if bar.total > 0]
    if not bars:
        return None
    caption = say("Forward pass of one unit of meaning, read alone.")
    title = say("What the price of a unit is made of")
    return Chart("price_stack", title, caption, lambda: draw(bars, scope), "costs", tuple(rows))


def memory_chart(found: Peaks, scope: Scope) -> Chart | None:
    """Predicted peak of a training step by part, a panel a setting."""
    bars = [
        _memory_bar(_panel_name(setting), language, rows)
        for setting, rows in found.items() if setting.corpus == scope.corpus
        for language in scope.languages
    ]  # fmt: skip
    bars = [bar for bar in bars if bar.total > 0]
    if not bars:
        return None
    caption = say("{models}, the same units in every language. Parts as they stand at the moment "
                  "of the peak. Black bars: 95% intervals of the mean over batches.",
                  models=", ".join(dict.fromkeys(one.model for one in found)))  # fmt: skip
    title = say("Predicted peak memory of one training step")
    rows = tuple(row for rows in found.values() for row in rows if row["corpus"] == scope.corpus)
    return Chart("memory_stack", title, caption, lambda: draw(bars, scope), "memory", rows)


def _panel_name(one: Setting) -> str:
    return f"{one.family}, {one.batch_units} units, {one.layout}, {one.precision}"


def _memory_bar(panel: str, language: str, rows: Sequence[Row]) -> Bar:
    held = {row["part"]: row for row in rows if row["language"] == language}
    parts = tuple((part, held[part]["bytes_mean"]) for part in MEMORY if part in held)
    total = held.get("total", {})
    return Bar(panel, language, parts, "byte", total.get("ci_low"), total.get("ci_high"))


def draw(bars: Sequence[Bar], scope: Scope) -> Figure:
    """One panel a setting, one bar a language."""
    panels = list(dict.fromkeys(bar.panel for bar in bars))
    names = list(dict.fromkeys(name for bar in bars for name, _ in bar.parts))
    high = 0.75 + len(panels) * (0.42 + 0.3 * len(scope.languages))
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, high, nrows=len(panels))
        for axes, panel in zip(grid[:, 0], panels, strict=True):
            _panel(axes, [bar for bar in bars if bar.panel == panel], names)
            axes.set_title(panel, fontsize=9)
        _key(figure, names)
    return figure


def _panel(axes: Axes, bars: Sequence[Bar], names: Sequence[str]) -> None:
    for place, bar in enumerate(bars):
        left = 0.0
        for name, size in bar.parts:
            axes.barh(place, size, left=left, height=0.62, color=style.PARTS[names.index(name)])
            left += size
        if bar.low is not None and bar.high is not None:
            axes.plot([bar.low, bar.high], [place, place], color=style.INK, linewidth=1.4)
        axes.annotate(Number(bar.total, bar.unit).shown, (max(left, bar.high or 0), place), (5, 0),
                      textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    axes.set_yticks(range(len(bars)), [label(bar.language) for bar in bars])
    axes.set_ylim(len(bars) - 0.45, -0.55)
    axes.set_xlim(0, max(max(bar.total, bar.high or 0) for bar in bars) * 1.2)
    axes.tick_params(axis="x", labelbottom=False, length=0)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)


def _key(figure: Figure, names: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=style.PARTS[place], label=name) for place, name in enumerate(names)]
    figure.legend(handles=patches, loc="outside lower left", ncols=min(3, len(names)),
                  handlelength=1, columnspacing=1.4, fontsize=8.5)  # fmt: skip

"""Claims on one picture: what was measured beside what is claimed, a line a claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.report.charts import style
from bench.report.data import Row
from bench.report.document import Chart
from bench.report.text import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "claims"
BAND = "#dbe7f3"
MARKS = {"supported": ("o", style.INK), "refuted": ("X", style.INK), "inconclusive": ("o", "none")}


def chart(leading: Sequence[Row]) -> Chart | None:
    """One row for each claim that has a number and a bound; None where none has."""
    rows = [row for row in leading if row["value"] is not None and row["threshold"] is not None]
    if not rows:
        return None
    caption = say(
        "The shaded band is what is claimed, the mark what was measured, with the interval at the "
        "level of its test. Filled: supported; cross: refuted; hollow: inconclusive. Ratios to "
        "English unless the statistic has none."
    )
    title = say("Claimed and measured")
    return Chart(NAME, title, caption, lambda: draw(rows), "claims", tuple(rows))


def draw(rows: Sequence[Row]) -> Figure:
    """A line a claim, on one logarithmic axis."""
    with style.styled():
        figure, grid = style.canvas(style.WIDE, 1.0 + 0.34 * len(rows))
        axes = grid[0][0]
        low, high = _reach(rows)
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        for place, row in enumerate(rows):
            _line(axes, row, place, (low, high))
        axes.axvline(1.0, color=style.MUTED, linewidth=0.8, zorder=0.5)
        axes.set_yticks(range(len(rows)), [_name(row) for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.grid(False, axis="y")
        style.plain_log_ticks(axes, low, high)
        axes.set_xlabel("measured, and claimed (log scale)")
    return figure


def _line(axes: Axes, row: Row, place: int, ends: tuple[float, float]) -> None:
    left, right = _claimed(row, ends)
    band = [place - 0.36, place + 0.36]
    axes.fill_betweenx(band, left, right, color=BAND, linewidth=0, zorder=0)
    if row["ci_low"] is not None:
        axes.plot([row["ci_low"], row["ci_high"]], [place, place], color=style.INK, linewidth=2)
    marker, filling = MARKS[row["verdict"]]
    filling = style.PAPER if filling == "none" else filling
    axes.plot(row["value"], place, marker, color=style.INK, markersize=6, markerfacecolor=filling)
    axes.annotate(
        f"{row['value']:.3g}",
        (row["ci_high"] or row["value"], place),
        (7, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        annotation_clip=False,
    )


def _claimed(row: Row, ends: tuple[float, float]) -> tuple[float, float]:
    bound, other = row["threshold"], row["threshold_high"]
    if other is not None:
        return bound, other
    return (ends[0], bound) if row["test"] in ("below", "at_most") else (bound, ends[1])


def _reach(rows: Sequence[Row]) -> tuple[float, float]:
    held = style.reach(rows) + [
        row[name] for row in rows for name in ("threshold", "threshold_high") if row[name]
    ]
    return min(0.5, min(held) / 1.1), max(2.0, max(held) * 1.25)


def _name(row: Row) -> str:
    case = "" if row["case"] in (None, "all") else f", {row['case']}"
    return f"{row['claim']}{case}"

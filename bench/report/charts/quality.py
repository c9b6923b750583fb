"""Held-out bits per unit: models beside the floors they have to beat."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from bench.report.charts import premium, style
from bench.report.data import Results, Row
from bench.report.document import Chart
from bench.report.readings import UNFIT, of_first_arm
from bench.report.scope import Scope, is_floor
from bench.report.text import code, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "bits_per_unit"
FLOORS = {"floor-order0": 0, "floor-xz": 1, "floor-kn5": 2}


def chart(results: Results, scope: Scope) -> Chart | None:
    """A row a model or floor, a mark a run; None where nothing was trained."""
    family = scope.own.family if scope.own else None
    rows = [
        row
        for row in of_first_arm(
            results.runs(vocabulary_family=family, language=scope.languages, **scope.where_trained)
        )
        if row["bits_per_unit"] is not None
    ]
    if not rows:
        return None
    caption = say(
        "Each mark is a run, with its 95% interval over documents. Hollow: undertrained, not below "
        "the 5-gram of its own language; digits are the best run's. Floors stand above the line, "
        "models below."
    )
    title = say("Held-out bits per unit of meaning, {family}", family=code(family or ""))
    return Chart(NAME, title, caption, lambda: draw(rows, scope), "training", tuple(rows))


def draw(rows: Sequence[Row], scope: Scope) -> Figure:
    """Floors above, models below."""
    models = list(dict.fromkeys(row["model"] for row in rows))
    models.sort(key=lambda name: (not name.startswith("floor-"), FLOORS.get(name, 9), name))
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, 1.0 + 0.68 * len(models))
        axes = grid[0][0]
        best = _best(rows)
        for row in rows:
            place = (
                models.index(row["model"]) + premium.shift(row["language"], scope.languages) * 1.7
            )
            style.interval_mark(
                axes, row["bits_per_unit"], row["bits_ci_low"], row["bits_ci_high"], place,
                row["language"], scope.languages,
                hollow=row["status"] in UNFIT,
                digits=row is best[row["model"], row["language"]],
            )  # fmt: skip
        _frame(axes, models, rows)
        premium.key(axes, scope, line=False)
    return figure


def _best(rows: Sequence[Row]) -> dict[tuple[str, str], Row]:
    """Of each model in each language the run whose digits are shown: seeds lie on each other."""
    by_bits = sorted(rows, key=itemgetter("bits_per_unit"), reverse=True)
    return {(row["model"], row["language"]): row for row in by_bits}


def _frame(axes: Axes, models: Sequence[str], rows: Sequence[Row]) -> None:
    axes.set_yticks(range(len(models)), models)
    axes.set_ylim(len(models) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    floors = len({row["model"] for row in rows if is_floor(row)})
    if 0 < floors < len(models):
        axes.axhline(floors - 0.5, color=style.MUTED, linewidth=0.8)
    axes.set_xscale("log")
    values = style.reach(rows, "bits_per_unit", "bits_ci")
    low, high = min(values) * 0.97, max(values) * 1.12
    axes.set_xlim(low, high)
    style.plain_log_ticks(axes, low, high)
    axes.set_xlabel("bits per unit of meaning (log scale)")

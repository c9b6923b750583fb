"""Learning curves: bits per unit against units, tokens and FLOPs.

Seconds are not here: a clock never says the same thing twice, and a report must.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bench.arm_names import PRIMARY, early, is_auxiliary
from bench.report.charts import premium, style
from bench.report.data import Results, Row
from bench.report.document import Chart
from bench.report.readings import of_first_arm
from bench.report.scope import Scope, is_floor
from bench.report.text import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES = (
    ("units_seen", "units of meaning seen"),
    ("tokens_seen", "tokens seen"),
    ("flops_useful", "training FLOPs, padding not counted"),
)


def chart(results: Results, scope: Scope) -> Chart | None:
    """Curves of the runs with the own vocabulary; None where there are none."""
    family = scope.own.family if scope.own else None
    runs = {row["run_id"]: row for row in _first_arm(results, scope, family) if not is_floor(row)}
    rows = _points(results, runs)
    if not rows:
        return None
    floors = results.rows("training", vocabulary_family=family, model="floor-kn5",
                          split="validation", **scope.where_trained)  # fmt: skip
    caption = say(
        "Each line is a run of the primary arm, on the validation split. Thick: points after the "
        "learning rate was annealed, the only ones that comparisons read; faint: on the way. "
        "Dotted, level: the 5-gram on the same split. Equal units are equal content; equal tokens "
        "or FLOPs are not."
    )
    title = say("Learning curves")
    names = {run_id: run["model"] for run_id, run in runs.items()}
    return Chart("learning_curves", title, caption, lambda: draw(rows, runs, names, floors, scope),
                 "curves", tuple(rows))  # fmt: skip


def _first_arm(results: Results, scope: Scope, family: str | None) -> list[Row]:
    """The primary arm's runs and the early ones, which give its first annealed points."""
    rows = results.tested(vocabulary_family=family, language=scope.languages, **scope.where_trained)
    main = of_first_arm([row for row in rows if not is_auxiliary(row["arm"] or "")])
    return [*main, *(row for row in rows if row["arm"] == early(PRIMARY))]


def _points(results: Results, runs: dict[str, Row]) -> list[Row]:
    return [
        row
        for row in results.rows("curves", run_id=tuple(runs))
        if row["bits_per_unit"] is not None and row["units_seen"]
        and (row["annealed"] or not is_auxiliary(runs[row["run_id"]]["arm"] or ""))
    ]  # fmt: skip


def draw(
    rows: Sequence[Row], runs: dict[str, Row], names: dict[str, str], floors: Sequence[Row],
    scope: Scope,
) -> Figure:  # fmt: skip
    """Three panels, one below the other, on the same runs; runs of one name have one dash."""
    order = list(dict.fromkeys(names[row["run_id"]] for row in rows))
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, 7.4, nrows=len(AXES))
        for axes, (column, title) in zip(grid[:, 0], AXES, strict=True):
            for run_id in dict.fromkeys(row["run_id"] for row in rows):
                run = runs[run_id]
                own = [row for row in rows if row["run_id"] == run_id and row[column]]
                dash = style.dash(order.index(names[run_id]))
                for annealed in (False, True):
                    points = sorted((row[column], row["bits_per_unit"]) for row in own
                                    if bool(row["annealed"]) is annealed)  # fmt: skip
                    _line(axes, points, run["language"], dash, scope, faint=not annealed)
            for floor in floors:
                axes.axhline(floor["bits_per_unit"], linewidth=1, linestyle=(0, (1, 1.5)),
                             color=style.colour(floor["language"], scope.languages))  # fmt: skip
            axes.set_xscale("log")
            style.plain_log_ticks(axes, *axes.get_xlim())
            axes.set_xlabel(f"{title} (log scale)")
            axes.set_ylabel("bits per unit")
        premium.key(grid[0, 0], scope, line=False)
        style.dash_key(figure, order, columns=2)
    return figure


def _line(
    axes: Axes, points: Sequence[tuple[float, float]], language: str, dash: Any, scope: Scope,
    faint: bool,
) -> None:  # fmt: skip
    """Points where the learning rate had been annealed stand out; those on the way are faint."""
    if points:
        xs, ys = zip(*points, strict=True)
        axes.plot(xs, ys, color=style.colour(language, scope.languages), linestyle=dash,
                  linewidth=0.7 if faint else 1.5, alpha=0.6 if faint else 1,
                  marker="." if faint else style.marker(language), markersize=3.6)  # fmt: skip

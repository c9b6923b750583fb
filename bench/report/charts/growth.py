"""Growth: bits of a model grown by stages against FLOPs, beside the same model from scratch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bench.arm_names import PRIMARY
from bench.report.charts import style
from bench.report.data import Results, Row
from bench.report.document import Chart
from bench.report.scope import Scope, language_name, trained
from bench.report.text import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEAR = 0.6  # of the first stage's FLOPs: from there on the two can be compared
Line = tuple[list[float], list[float]]


def chart(results: Results, scope: Scope, arms: set[str]) -> Chart | None:
    """The arms that grew, and the same models from scratch; None without curves."""
    grown = results.runs(arm=tuple(arms))
    alike = {_content(row) for row in grown if row["stage"] == "main"}
    whole = [row for row in trained(results) if row["arm"] not in arms and _content(row) in alike]
    runs = {row["run_id"]: row for row in [*grown, *whole]}
    rows = list(_shown(results, runs, arms))
    if not rows:
        return None
    caption = say(
        "Means over seeds of validation bits after the learning rate was annealed: at the end of "
        "each stage, which counts what the stages before it took, and of the same model on "
        "the same content from scratch. The rows have every seed."
    )
    return Chart("growth", say("Growth by stages"), caption, lambda: draw(rows, runs, scope),
                 "curves", tuple(rows))  # fmt: skip


def _content(row: Row) -> tuple[str | int | None, ...]:
    """The model, and what it read."""
    return row["model"], row["corpus"], row["vocabulary_family"], row["units"]


def _shown(results: Results, runs: Mapping[str, Row], arms: set[str]) -> Iterator[Row]:
    """Annealed points: of a grown run a stage's last, of one from scratch all that are near."""
    rows = [row for row in results.rows("curves", run_id=tuple(runs))
            if row["annealed"] and row["bits_per_unit"] is not None]  # fmt: skip
    rows.sort(key=lambda row: (row["run_id"], row["units_seen"]))
    ends = [list(points)[-1] for run_id, points in groupby(rows, key=lambda row: row["run_id"])
            if runs[run_id]["arm"] in arms]  # fmt: skip
    near = NEAR * min((row["flops_useful"] for row in ends), default=0)
    yield from ends
    whole = [row for row in rows if runs[row["run_id"]]["arm"] not in arms]
    yield from (row for row in whole if row["flops_useful"] >= near)


def draw(rows: Sequence[Row], runs: Mapping[str, Row], scope: Scope) -> Figure:
    """A panel a language, a line an arm."""
    names = list(dict.fromkeys(_name(runs[row["run_id"]]) for row in rows))
    languages = [one for one in scope.languages
                 if any(runs[row["run_id"]]["language"] == one for row in rows)]  # fmt: skip
    with style.styled():
        figure, grid = style.canvas(style.COLUMN, 2.9, ncols=len(languages), sharex=True)
        for axes, language in zip(grid[0], languages, strict=True):
            for place, name in enumerate(names):
                own = [row for row in rows if runs[row["run_id"]]["language"] == language
                       and _name(runs[row["run_id"]]) == name]  # fmt: skip
                _line(axes, _means(own, runs), language, style.dash(place), scope)
            axes.set_title(str(language_name(language)), fontsize=10)
            axes.set_xscale("log")
        for axes in grid[0]:
            style.plain_log_ticks(axes, *axes.get_xlim())
        grid[0][0].set_ylabel("bits per unit")
        grid[0][len(languages) // 2].set_xlabel("training FLOPs, padding not counted (log scale)")
        style.dash_key(figure, [_with_seeds(name, runs.values()) for name in names], columns=2)
    return figure


def _name(run: Row) -> str:
    return "from scratch" if run["arm"] == PRIMARY else str(run["arm"])


def _with_seeds(name: str, runs: Iterable[Row]) -> str:
    seeds = len({run["seed"] for run in runs if _name(run) == name})
    return f"{name}, {seeds} {'seed' if seeds == 1 else 'seeds'}"


def _means(rows: Sequence[Row], runs: Mapping[str, Row]) -> Line:
    """Mean FLOPs and bits over seeds, point by point: of a stage, and in order within a run."""
    places: dict[tuple[str, int], list[Row]] = defaultdict(list)
    seen: dict[str, int] = defaultdict(int)
    for row in sorted(rows, key=lambda row: row["units_seen"]):
        run = row["run_id"]
        places[runs[run]["stage"], seen[run]].append(row)
        seen[run] += 1
    points = sorted((_mean(one, "flops_useful"), _mean(one, "bits_per_unit"))
                    for one in places.values())  # fmt: skip
    return [x for x, _ in points], [y for _, y in points]


def _mean(rows: Sequence[Row], column: str) -> float:
    return float(sum(row[column] for row in rows) / len(rows))


def _line(axes: Axes, points: Line, language: str, dash: Any, scope: Scope) -> None:
    axes.plot(*points, color=style.colour(language, scope.languages), linestyle=dash,
              linewidth=1.5, marker=style.marker(language), markersize=4.2)  # fmt: skip

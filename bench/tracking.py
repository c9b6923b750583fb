"""Training curves of a results folder, told to an experiment tracker.

The trackers are reached through Accelerate's one interface, and after the fact: a run stays a pure
function that knows no tracker, and any results folder can be shown, also one of another machine.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import InputError
from bench.results import read_table

if TYPE_CHECKING:
    from accelerate import Accelerator

PROJECT = "babeltoll"
SERIES = ("bits_per_unit", "epoch", "units_seen", "tokens_seen", "flops_useful", "flops_spent")
_SETTINGS = ("arm", "corpus", "vocabulary", "language", "model", "seed", "lr", "status")

Row = Mapping[str, Any]


def track(results: Path, tracker: str, folder: Path) -> int:
    """Log every curve of `curves.csv` as a run of its own; returns how many there are.

    `folder` is where a tracker that writes files (tensorboard) puts them. Raises InputError where
    Accelerate or the tracker is not installed, or the results hold no curve.
    """
    curves = _curves(read_table(results, "curves"))
    if not curves:
        raise InputError(f"{results}: curves.csv has no row: run a profile that trains")
    about = {row["run_id"]: row for row in read_table(results, "training")}
    _refuse_missing(tracker)
    for run_id in curves:
        _refuse_path(run_id)
    for run_id, rows in curves.items():
        _log(tracker, folder, run_id, rows, about.get(run_id, {}))
    return len(curves)


def points(rows: list[Row]) -> Iterator[tuple[int, dict[str, float]]]:
    """(step, values) of a curve; where the rate was annealed its bits are a series of their own."""
    for row in sorted(rows, key=lambda row: (row["step"], row["annealed"])):
        values = {name: float(row[name]) for name in SERIES if row[name] is not None}
        if row["annealed"] and "bits_per_unit" in values:
            values["bits_per_unit_annealed"] = values.pop("bits_per_unit")
        yield int(row["step"]), values


def _curves(rows: list[dict[str, Any]]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["run_id"], []).append(row)
    return found


def _refuse_missing(tracker: str) -> None:
    try:
        from accelerate.tracking import get_available_trackers
    except ImportError:
        raise InputError("accelerate is not installed: pip install 'babeltoll[trackers]'") from None
    known = sorted(str(getattr(one, "value", one)) for one in get_available_trackers())
    if tracker not in known:
        raise InputError(f"--to {tracker}: not installed here, or no tracker that Accelerate "
                         f"knows: install it, or use one of {', '.join(known)}")  # fmt: skip


def _refuse_path(run_id: str) -> None:
    """A tracker makes a folder of a run's name, and results may be somebody else's."""
    if run_id in ("", ".", "..") or "/" in run_id or "\\" in run_id or "\0" in run_id:
        raise InputError(f"training.csv: {run_id!r} is no name of a run: restore the file")


def _log(tracker: str, folder: Path, run_id: str, rows: list[Row], about: Row) -> None:
    from accelerate import Accelerator

    accelerator = Accelerator(log_with=tracker, project_dir=str(folder), cpu=True)
    settings = {name: about[name] for name in _SETTINGS if about.get(name) is not None}
    _begin(accelerator, tracker, run_id, settings)
    for step, values in points(rows):
        accelerator.log(values, step=step)
    accelerator.end_training()


def _begin(accelerator: "Accelerator", tracker: str, run_id: str, settings: Row) -> None:
    """A tensorboard run is a folder; elsewhere it is a named run of one project."""
    if tracker == "tensorboard":
        accelerator.init_trackers(run_id, config=dict(settings))
        return
    label = "run_name" if tracker == "mlflow" else "name"
    accelerator.init_trackers(
        PROJECT, config=dict(settings), init_kwargs={tracker: {label: run_id}}
    )

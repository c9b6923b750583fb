"""Whether a run has learned enough to say anything: it must be below its Kneser-Ney 5-gram."""

from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
FLOOR = "floor-"


def judge(training: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows of training.csv with their status: a run not below its KN-5 is `undertrained`.

    The floor is that of the same corpus, train units, context, vocabulary, language and split. A
    finished run beside which no KN-5 was computed has no status; a diverged one stays `diverged`.
    """
    rows = [dict(row) for row in training]
    floors = {_setting(row): row["bits_per_unit"] for row in rows if row["model"] == "floor-kn5"}
    for row in rows:
        if not row["model"].startswith(FLOOR) and row.get("status") != "diverged":
            floor = floors.get(_setting(row))
            row["status"] = None if floor is None else _status(row["bits_per_unit"], floor)
    return rows


def _setting(row: Row) -> tuple[Any, ...]:
    names = ("corpus", "train_units", "context_units", "vocabulary", "language", "split")
    return tuple(row.get(name) for name in names)


def _status(bits: float, floor: float) -> str:
    return "ok" if bits < floor else "undertrained"

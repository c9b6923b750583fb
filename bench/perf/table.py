"""What was measured, as lines of at most 80 columns and as perf.csv."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.results import write_atomically

COLUMNS = ("subject", "measure", "name", "clock", "value", "low", "high", "rounds", "rate",
           "rate_unit", "bound", "gate", "goal", "verdict", "threads", "device")  # fmt: skip
Row = dict[str, Any]


def lines(name: str, rows: Sequence[Row]) -> Iterator[str]:
    """The table of one subject."""
    times = [row for row in rows if row["measure"] == "seconds"]
    ratios = [row for row in rows if row["measure"] == "ratio"]
    yield ""
    yield f"{name:<40}{'wall s':>10}{'cpu s':>10}{'rate by wall':>20}"
    for one in dict.fromkeys(row["name"] for row in times):
        by = {row["clock"]: row for row in times if row["name"] == one}
        rate = by["wall"]["rate"]
        shown = f"{_short(rate)} {by['wall']['rate_unit']}" if rate else ""
        yield f"  {one:<38.38}{_seconds(by['wall']):>10}{_seconds(by['cpu']):>10}{shown:>20}"
    if ratios:
        yield f"  {'':<36}{'ratio':>8}{'quartiles':>13}{'gate':>8}{'':>8}{'goal':>5}"
    for row in ratios:
        sign = ">=" if row["bound"] == "least" else "<="
        gate = "" if row["gate"] is None else f"{sign}{row['gate']:.2f}"
        goal = "" if row["goal"] is None else f"{row['goal']:.2f}"
        said = row["verdict"].upper() if row["verdict"] == "missed" else row["verdict"]
        spread = f"{row['low']:.2f}-{row['high']:.2f}"
        yield f"  {row['name']:<36.36}{row['value']:>8.3f}{spread:>13}{gate:>8}{said:>8}{goal:>5}"


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write perf.csv, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.getvalue().encode())


def _cell(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


def _seconds(row: Row) -> str:
    return f"{row['value']:.4f}" if row["value"] < 1 else f"{row['value']:.2f}"


def _short(rate: float) -> str:
    return f"{rate:,.0f}" if 100 <= rate < 1e9 else f"{rate:.3g}"

"""A number of the results with all that a reader may ask of it: interval, counts, signature."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.report.text import Text

Row = Mapping[str, Any]

SCALES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
BINARY = ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"))


@dataclass(frozen=True)
class Number:
    """A value to be shown, and where it comes from. `file` is the CSV file that holds it."""

    value: float
    unit: str = ""
    low: float | None = None
    high: float | None = None
    method: str | None = None
    n_units: int | None = None
    n_documents: int | None = None
    k_eff: float | None = None
    signature: str | None = None
    file: str = ""
    gated: bool = False
    note: Text | None = None
    level: float = 0.95  # of the interval

    @property
    def shown(self) -> str:
        """The value for people, with a prefix and unit where it is FLOPs or bytes."""
        return f"{self.figure} {self.suffix}".rstrip()

    @property
    def figure(self) -> str:
        """The value's digits alone, thousands set off."""
        return self._digits(self.value)

    @property
    def suffix(self) -> str:
        """`GFLOP`, `MiB`, or nothing where the table's words name the unit."""
        return _scale(self.value, self.unit)[1]

    @property
    def interval(self) -> str | None:
        """The interval for people, `[1.24, 1.28]`, in the digits and scale of `figure`."""
        if self.low is None or self.high is None:
            return None
        return f"[{self._digits(self.low)}, {self._digits(self.high)}]"

    def _digits(self, value: float) -> str:
        by, _ = _scale(self.value, self.unit)
        return f"{value / by:,.{_decimals(self.value / by, self.unit)}f}"


def number(row: Row | None, file: str, **changes: Any) -> Number | None:
    """The number in a row of tokenization.csv, costs.csv, convergence.csv; None if it is empty."""
    if row is None or row.get("value") is None:
        return None
    kept = {name: row.get(name) for name in ("n_units", "n_documents", "k_eff", "signature")}
    return Number(
        **{
            "value": row["value"],
            "unit": row.get("unit") or "",
            "low": row.get("ci_low"),
            "high": row.get("ci_high"),
            "method": row.get("ci_method"),
            "gated": row.get("comparable") is False,
            "file": file,
            **kept,
            **changes,
        }
    )


def _scale(value: float, unit: str) -> tuple[float, str]:
    """What to divide by, and the unit that is left: FLOPs and bytes have prefixes."""
    if unit == "FLOP":
        return next(((by, name + unit) for by, name in SCALES if abs(value) >= by), (1.0, unit))
    if unit == "byte":
        return next(((by, name) for by, name in BINARY if abs(value) >= by), (1.0, "B"))
    return 1.0, ""


def _decimals(value: float, unit: str) -> int:
    """How many decimals a value is shown with: three for ratios, else three digits."""
    if unit == "ratio":
        return 3 if abs(value) < 10 else 2
    if unit == "tokens":
        return 0
    return _significant(value, 3)


def _significant(value: float, digits: int) -> int:
    """Decimals that leave so many significant digits, at least none and at most six."""
    if value == 0:
        return 0
    return max(0, min(6, digits - 1 - math.floor(math.log10(abs(value)))))

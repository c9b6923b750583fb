"""One wide CSV for spreadsheets: a row a text, vocabulary and language, a column a metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from bench.report.data import Results, Row

KEY = ("corpus", "split", "vocabulary_family", "vocabulary", "language", "mode")
COUNTS = ("n_units", "n_documents", "k_eff", "comparable")


def render(results: Results) -> str:
    """tokenization.csv and the exact costs turned sideways; a missing value is empty.

    A metric with variants has a column each, `renyi_efficiency.declared`; a cost's column is
    `cost.<model>.<context>.<name>`. Intervals stand in `…_low` and `…_high`.
    """
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in results.rows("tokenization"):
        line = lines.setdefault(_key(row), {name: row[name] for name in (*KEY, *COUNTS)})
        if row["comparable"] is False:
            line["comparable"] = False
        _add(line, _metric(row), row)
    for row in results.rows("costs", convention="exact"):
        for mode in ("unit", "joined"):
            if _key(row | {"mode": mode}) in lines:
                name = f"cost.{row['model']}.{row['context']}.{row['cost']}"
                _add(lines[_key(row | {"mode": mode})], name, row)
                break
    return _encode(lines.values())


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEY)


def _metric(row: Row) -> str:
    variant = row["variant"]
    return str(row["metric"]) + (f".{variant}" if variant and variant != "default" else "")


def _add(line: dict[str, Any], name: str, row: Row) -> None:
    line[name] = row["value"]
    if row["ci_low"] is not None:
        line[f"{name}_low"], line[f"{name}_high"] = row["ci_low"], row["ci_high"]


def _encode(lines: Iterable[dict[str, Any]]) -> str:
    held = list(lines)
    names = dict.fromkeys((*KEY, *COUNTS))
    found = {name for line in held for name in line} - set(names)
    names |= dict.fromkeys(sorted(found, key=_order))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_text(line.get(name)) for name in names] for line in held)
    return out.getvalue()


def _order(name: str) -> tuple[str, int]:
    """A value before the ends of its interval."""
    place = 1 if name.endswith("_low") else 2 if name.endswith("_high") else 0
    return name.removesuffix("_low").removesuffix("_high"), place


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)

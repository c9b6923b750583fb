"""memory.csv by setting: what is held equal while languages are put side by side."""

from __future__ import annotations

from typing import NamedTuple

from bench.report.data import Results, Row
from bench.report.scope import Scope


class Setting(NamedTuple):
    """What a predicted peak is of, but for the language."""

    corpus: str
    family: str
    model: str
    batch_units: int
    layout: str
    precision: str


Peaks = dict[Setting, list[Row]]


def peaks(results: Results, scope: Scope) -> Peaks:
    """The rows of memory.csv by setting, the vocabularies that the report leads with first."""
    families = _families(results)
    found: Peaks = {}
    for row in results.rows("memory", language=scope.languages):
        if row["bytes_mean"] is not None:
            vocabulary = str(row["vocabulary"])
            family = families.get(vocabulary, vocabulary)
            setting = Setting(row["corpus"], family, row["model"], row["batch_units"],
                              row["layout"], row["precision"])  # fmt: skip
            found.setdefault(setting, []).append(row)
    first = (one.family for one in scope.scenarios)
    order = list(dict.fromkeys((*first, *scope.families, *(one.family for one in found))))
    return dict(sorted(found.items(), key=lambda item: order.index(item[0].family)))


def leading(found: Peaks, scope: Scope) -> Peaks:
    """Those of the model that the report leads with; of the first one where it has none."""
    models = [one.model for one in found]
    wanted = next((one.model for one in scope.scenarios if one.model in models), None)
    model = wanted or next(iter(models), None)
    return {one: rows for one, rows in found.items() if one.model == model}


def _families(results: Results) -> dict[str, str]:
    """The family of each vocabulary, as tokenization.csv has it."""
    return {
        row["vocabulary"]: row["vocabulary_family"]
        for family in results.distinct("tokenization", "vocabulary_family")
        for row in results.rows("tokenization", vocabulary_family=family, metric="tokens_per_unit")
    }

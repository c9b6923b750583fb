"""b* of a results folder, on which its r hangs: computed again from its training and curves.

Two folders' r are on one scale only where their b* are the same. convergence.csv does not hold it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.convergence.curves import arms
from bench.convergence.evidence import Evidence
from bench.errors import InputError
from bench.results import read_table
from bench.schema import TABLES
from bench.signature import parse

BEST = "b*"  # a row that hangs on r is given it; None where the folder does not show it
HANGING = ("cost_to_target.", "cost_to_target_ratio.", "mean_r.")
CHARGED = "+table"

Row = Mapping[str, Any]
Best = dict[tuple[str, str], float]  # by corpus and language, bits per unit
Charges = dict[tuple[str, str], float]  # by family and language, bits per unit


def with_best(folder: Path, rows: Iterable[Row]) -> list[Row]:
    """Rows of convergence.csv or claims.csv; those that hang on r are told the b* behind them.

    That is the b* of their corpus in every language they name; for a target that ends in `+table`,
    the one with the price of each run's vocabulary.
    """
    runs = _read(folder, "training"), _read(folder, "curves")
    try:
        plain, charged = _best(*runs), _charged(*runs, _read(folder, "convergence"))
    except (TypeError, ValueError):
        raise InputError(f"{folder}: training.csv or curves.csv lacks a number: restore it"
                         ) from None  # fmt: skip
    told: list[Row] = []
    for row in rows:
        made = parse(str(row["signature"])).get("est", "")
        best = charged if made.endswith(CHARGED) else plain
        told.append({**row, BEST: _shown(row, best)} if made.startswith(HANGING) else row)
    return told


def _read(folder: Path, name: str) -> Sequence[Row]:
    return read_table(folder, name) if (folder / TABLES[name].file).is_file() else []


def _best(training: Sequence[Row], curves: Sequence[Row], charges: Charges | None = None) -> Best:
    made = arms(training, curves, Evidence(), charges)
    return {
        (name.corpus, language): float(runs[0].best.sum() / runs[0].units.sum())
        for name, languages in made.items()
        for language, runs in languages.items()
    }


def _charged(training: Sequence[Row], curves: Sequence[Row], convergence: Sequence[Row]) -> Best:
    """b* with the price of vocabularies, each charged on the corpus that it was trained on."""
    charges: dict[str, Charges] = defaultdict(dict)
    for row in convergence:
        if row["measure"] == "table_bits":
            charges[row["corpus"]][row["vocabulary_family"], row["language"]] = row["value"]
    return {
        place: bits
        for corpus, own in charges.items()
        for place, bits in _best(training, curves, own).items()
        if place[0] == corpus
    }


def _shown(row: Row, best: Best) -> str | None:
    """`en 93.4+zh 96.6`, with the digits of the tables; None if any is not known."""
    found = {language: best.get((row["corpus"], language)) for language in _languages(row)}
    if None in found.values():
        return None
    return "+".join(f"{language} {bits:.12g}" for language, bits in found.items())


def _languages(row: Row) -> list[str]:
    """Those of a contrast: of a claim they stand in its statistic, `cost_to_target_ratio zh/en`."""
    if "statistic" in row:
        return sorted(row["statistic"].split(", ")[0].split(" ")[-1].split("/"))
    return sorted({row["language"], row["reference"] or row["language"]})

"""The tables that claims are tested on, out of a results folder; what is not there has a reason."""

import csv
from pathlib import Path
from typing import Any

from bench.claims.definition import Claim
from bench.claims.reasons import Lack, Reason
from bench.claims.table import claim_rows
from bench.errors import InputError
from bench.results import read_table
from bench.schema import TABLES

Row = dict[str, Any]
MISSING = Reason.MISSING(lacks="")  # what every such reason begins with


def tested(folder: Path, claims: tuple[Claim, ...]) -> list[Row]:
    """Rows of claims.csv for these claims, from evidence.csv and convergence.csv of a folder.

    A file that is absent or of another version leaves its claims inconclusive, with that reason.
    Raises InputError for a folder with neither file and for a malformed one.
    """
    evidence, first = _read(folder, "evidence")
    convergence, second = _read(folder, "convergence")
    notes = [note for note in (first, second) if note]
    if len(notes) == 2:
        raise InputError(f"{folder}: {'; '.join(notes)}: run `bench run`, or name its results")
    return [_with_notes(row, notes) for row in claim_rows(claims, evidence, convergence)]


def _read(folder: Path, name: str) -> tuple[list[Row], str | None]:
    table = TABLES[name]
    path = folder / table.file
    if not path.is_file():
        return [], Lack.NO_FILE(file=table.file)
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        header = next(csv.reader(lines), [])
    if lacking := sorted(set(table.names) - set(header)):
        return [], Lack.NO_COLUMN(file=table.file, column=lacking[0])
    return read_table(folder, name), None


def _with_notes(row: Row, notes: list[str]) -> Row:
    reason = row["reason"] or ""
    if not notes or not reason.startswith(MISSING):
        return row
    return {**row, "reason": f"{reason}; {'; '.join(notes)}"}

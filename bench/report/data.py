"""A results folder as the report reads it: its tables, its manifest, and what it lacks."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.arm_names import is_auxiliary
from bench.errors import InputError
from bench.results import lacking, read_table
from bench.schema import TABLES
from bench.store import file_digest

Row = dict[str, Any]

MANIFEST = "manifest.json"
READ = (
    "tokenization",
    "costs",
    "memory",
    "training",
    "curves",
    "convergence",
    "evidence",
    "claims",
)
MEASURED = "timings"  # what a clock said is never part of the report


@dataclass(frozen=True)
class Results:
    """The rows of every table by name, the manifest, and the files that are not there."""

    name: str
    tables: Mapping[str, tuple[Row, ...]]
    manifest: Mapping[str, Any]
    absent: tuple[str, ...] = ()
    older: tuple[str, ...] = ()  # columns that its files were written before, `file: column`
    edited: tuple[str, ...] = ()

    def rows(self, table: str, **wanted: Any) -> list[Row]:
        """The rows of a table whose columns have these values; a tuple allows each of its own."""
        several = {name: value for name, value in wanted.items() if isinstance(value, tuple)}
        names = tuple(sorted(wanted.keys() - several.keys()))
        found = self._by(table, names).get(tuple(wanted[name] for name in names), [])
        return [row for row in found if all(row.get(name) in several[name] for name in several)]

    def row(self, table: str, **wanted: Any) -> Row | None:
        """The first such row, or None."""
        return next(iter(self.rows(table, **wanted)), None)

    def distinct(self, table: str, column: str, **wanted: Any) -> list[str]:
        """The values of a column, each once, in order of the file."""
        found = (row[column] for row in self.rows(table, **wanted))
        return list(dict.fromkeys(value for value in found if value is not None))

    def runs(self, **wanted: Any) -> list[Row]:
        """As `tested`, without short runs that serve others: a sweep's, and early ones."""
        return [row for row in self.tested(**wanted) if not is_auxiliary(row.get("arm") or "")]

    def tested(self, **wanted: Any) -> list[Row]:
        """The rows of training.csv that are about held-out test text, floors among them."""
        rows = self.rows("training", **wanted)
        test = [row for row in rows if row["split"] == "test"]
        return test or [row for row in rows if row["split"] is None]

    def _by(self, table: str, names: tuple[str, ...]) -> Mapping[tuple[Any, ...], list[Row]]:
        """The rows of a table by their values in these columns, made when first asked for.

        A report asks thousands of times, and the reference run's tables hold tens of thousands.
        """
        if (table, names) not in self._indices:
            index: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
            for row in self.tables.get(table, ()):
                index[tuple(row.get(name) for name in names)].append(row)
            self._indices[table, names] = index
        return self._indices[table, names]

    @cached_property
    def _indices(self) -> dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], list[Row]]]:
        return {}

    @cached_property
    def mode(self) -> str:
        """The mode that is reported: each unit alone, unless only joined text was measured."""
        found = self.distinct("tokenization", "mode")
        return "unit" if "unit" in found or not found else found[0]

    @cached_property
    def profile(self) -> Mapping[str, Any]:
        """The profile that was run; empty where the manifest does not say."""
        found = self.manifest.get("profile")
        return found if isinstance(found, dict) else {}

    def wanted(self, *path: str) -> Any:
        """A value deep in the profile, or None."""
        found: Any = self.profile
        for part in path:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found


def load(folder: Path) -> Results:
    """Read a results folder.

    A table that is absent is named in `absent` and taken as empty; what an older version did not
    write yet is named in `older`; a file whose hash is not the manifest's, in `edited`. Raises
    InputError for a folder without any table, and for a table that is malformed: a report of half
    a file would mislead.
    """
    if not folder.is_dir():
        raise InputError(f"no folder {folder}: name one that `bench run` wrote")
    present = [name for name in READ if (folder / TABLES[name].file).is_file()]
    if not present:
        raise InputError(f"{folder} holds no result table: name a folder that `bench run` wrote")
    tables = {name: tuple(_finite(folder, name)) for name in present}
    manifest = _manifest(folder)
    absent = [TABLES[name].file for name in READ if name not in present]
    absent += [] if manifest else [MANIFEST]
    older = [f"{TABLES[name].file}: {one}" for name in present for one in lacking(folder, name)]
    edited = _edited(folder, present, manifest)
    return Results(folder.resolve().name, tables, manifest, tuple(absent), tuple(older), edited)


def _edited(folder: Path, present: Iterable[str], manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The files that are no longer what the run wrote; none where no manifest says what that was"""
    hashes = manifest.get("files")
    known = hashes if isinstance(hashes, Mapping) else {}
    files = (TABLES[name].file for name in present)
    return tuple(
        file for file in files if file in known and file_digest(folder / file) != known[file]
    )


def _finite(folder: Path, name: str) -> Iterable[Row]:
    numeric = [column.name for column in TABLES[name].columns if column.type == "number"]
    for place, row in enumerate(read_table(folder, name), start=2):
        for column in numeric:
            if row[column] is not None and not math.isfinite(row[column]):
                raise InputError(
                    f"{folder / TABLES[name].file} line {place}: {column} is {row[column]}: "
                    "restore the file"
                )
        yield row


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}): restore the file") from None
    if not isinstance(found, dict):
        raise InputError(f"{path} is not a JSON object: restore the file")
    return found

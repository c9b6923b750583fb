"""Result files on disk: tidy CSV, one observation a row, the same bytes for the same values.

Rows are plain dictionaries from column name to value. Numbers have 12 significant digits, a
missing value is empty, rows are sorted by their key, lines end in LF.
"""

import csv
import io
import itertools
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.errors import InputError
from bench.schema import TABLES, Column, Table

Row = Mapping[str, Any]


def write_table(folder: Path, name: str, rows: Iterable[Row]) -> Path:
    """Write `rows` as `<folder>/<name>.csv`, sorted by the table's key, atomically.

    Raises ValueError for an unknown column, a missing key or two rows of one key: these are
    mistakes of ours, never of a user.
    """
    table = TABLES[name]
    ordered = sorted((_complete(row, table) for row in rows), key=lambda row: _key(row, table))
    _refuse_duplicates(ordered, table)
    return write_atomically(folder / table.file, encode_table(ordered, table).encode())


def refuse_unwritable(folder: Path) -> None:
    """Find out now, not after hours, that nobody can write there; nothing is made.

    Asks the nearest folder that exists: of several processes with one folder, none may take away
    what another has just made.
    """
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    with tempfile.TemporaryFile(dir=nearest):
        pass


def encode_table(rows: Iterable[Row], table: Table) -> str:
    """The text of a CSV file with these rows in this order."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.names)
    writer.writerows([_encode(row.get(name)) for name in table.names] for row in rows)
    return out.getvalue()


def read_table(folder: Path, name: str) -> list[dict[str, Any]]:
    """Read `<folder>/<name>.csv` back into typed rows; a missing value is None.

    A column that came after the first results may be missing: its values are then the default.
    Raises InputError for a file that is absent, lacks any other column or holds a malformed value.
    """
    table, path = TABLES[name], folder / TABLES[name].file
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            _check_header(reader.fieldnames, table, path)
            _refuse_cut_short(path)
            return [_decode_row(row, table, path, reader.line_num) for row in reader]
    except FileNotFoundError:
        raise InputError(f"{path} is missing: run `bench run` or name another folder") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8: restore the file") from None
    except csv.Error as error:
        raise InputError(f"{path} is not CSV ({error}): restore the file") from None


def _refuse_cut_short(path: Path) -> None:
    """Every table that we write ends in a line feed: one without has lost its end."""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            raise InputError(f"{path} is cut short, it ends within a line: restore the file")


def lacking(folder: Path, name: str) -> list[str]:
    """The columns that `<folder>/<name>.csv` does not have because it was written before them."""
    table = TABLES[name]
    with (folder / table.file).open(encoding="utf-8", newline="") as lines:
        found = next(csv.reader(lines), [])
    return [column.name for column in table.columns if column.added and column.name not in found]


def data_package(name: str, files: Iterable[str]) -> dict[str, Any]:
    """A Frictionless description (datapackage.json) of those tables that are among `files`."""
    present = set(files)
    resources = [_resource(table) for table in TABLES.values() if table.file in present]
    return {
        "profile": "tabular-data-package",
        "name": f"babeltoll-{name}",
        "title": "Babel Toll: what a unit of meaning costs in Chinese, Russian and English",
        "licenses": [{"name": "Apache-2.0"}],
        "resources": resources,
    }


def write_json(path: Path, value: Any) -> Path:
    """Write JSON with sorted keys and a final newline, atomically."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return write_atomically(path, (text + "\n").encode())


def write_atomically(path: Path, data: bytes) -> Path:
    """Write the whole file or nothing: a temporary neighbour, synced, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise InputError(f"cannot write {path} ({error.strerror}): free space or choose another "
                         "folder with --results") from None  # fmt: skip
    return path


def _complete(row: Row, table: Table) -> dict[str, Any]:
    unknown = set(row) - set(table.names)
    if unknown:
        raise ValueError(f"{table.file} has no column {sorted(unknown)}")
    return {
        column.name: column.default if row.get(column.name) is None else row[column.name]
        for column in table.columns
    }


def _key(row: Row, table: Table) -> tuple[Any, ...]:
    missing = [name for name in table.key if row[name] is None]
    if missing:
        raise ValueError(f"{table.file}: a row without its key {missing}: {dict(row)}")
    return tuple(row[name] for name in table.key)


def _refuse_duplicates(rows: list[dict[str, Any]], table: Table) -> None:
    for before, after in itertools.pairwise(rows):
        if _key(before, table) == _key(after, table):
            raise ValueError(f"{table.file}: two rows of one key {_key(after, table)}")


def _encode(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":  # numpy's bool, without numpy
        return "true" if value else "false"
    if isinstance(value, float) or type(value).__name__.startswith("float"):
        return _encode_float(float(value))
    return str(value)


def _encode_float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a result: leave it out")
    return f"{value:.12g}"


def _check_header(found: Iterable[str] | None, table: Table, path: Path) -> None:
    missing = {column.name for column in table.columns if not column.added} - set(found or ())
    if missing:
        raise InputError(f"{path} lacks the column {sorted(missing)[0]}: made by another version, "
                         "or edited; run `bench run` again")  # fmt: skip


def _decode_row(row: Mapping[str, str], table: Table, path: Path, line: int) -> dict[str, Any]:
    try:
        found = {
            column.name: _decode(row[column.name], column)
            if column.name in row or not column.added
            else column.default
            for column in table.columns
        }
        _key(found, table)
        return found
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path} line {line} is malformed: restore the file") from None


def _decode(text: str | None, column: Column) -> Any:
    if text is None:
        raise ValueError("the line is cut short")
    if text == "":
        return None
    if column.type == "boolean":
        return {"true": True, "false": False}[text]
    readers: dict[str, Callable[[str], Any]] = {"string": str, "number": _finite, "integer": int}
    return readers[column.type](text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no result")
    return value


def _resource(table: Table) -> dict[str, Any]:
    fields = [
        {"name": column.name, "type": column.type, "description": column.description}
        for column in table.columns
    ]
    return {
        "name": table.name,
        "path": table.file,
        "profile": "tabular-data-resource",
        "description": f"A row is {table.description}.",
        "encoding": "utf-8",
        "schema": {"fields": fields, "primaryKey": list(table.key), "missingValues": [""]},
    }

"""One file with all languages: JSONL, CSV, TSV or Parquet, a column (or key) per language.

The languages asked for are columns of that name. `unit_id` (or `id`) and `document_id` (or
`document`, `doc`) are used where the file has them, and where they are no language (`id` may be
Indonesian).
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from corpora.readers.lines import lines
from corpora.readers.rows import DOCUMENT_COLUMNS, ID_COLUMNS, Row, column, fault

LONGEST = 2**24  # characters of a cell; Python's own limit is 131,072


def read_jsonl(path: Path, languages: Sequence[str]) -> Iterator[Row]:
    """Rows of a file with one JSON object a line."""
    for number, line in enumerate(lines(path), 1):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as problem:
            said = problem.msg if isinstance(problem, json.JSONDecodeError) else str(problem)
            raise fault(path, number, f"not JSON ({said}); write one object a line") from problem
        if not isinstance(found, dict):
            raise fault(path, number, "not a JSON object; write one object a line")
        yield _row(path, number, found, languages)


def read_delimited(path: Path, languages: Sequence[str]) -> Iterator[Row]:
    """Rows of a CSV file (quoted as RFC 4180 says) or, ending in .tsv, of a tab-separated one."""
    csv.field_size_limit(LONGEST)
    ended = (line + "\n" for line in lines(path))
    if path.suffix.lower() == ".tsv":
        rows = csv.reader(ended, delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        rows = csv.reader(ended, strict=True)
    head: list[str] | None = None
    try:
        for row in rows:
            if head is None:
                head = row
                _refuse_twins(path, head)
            elif len(row) != len(head):
                told = f"{len(row)} fields where the header has {len(head)}"
                raise fault(path, rows.line_num, told)
            else:
                found = dict(zip(head, row, strict=True))
                yield _row(path, rows.line_num, found, languages)
    except csv.Error as problem:
        raise fault(path, rows.line_num, f"malformed ({problem})") from problem


def read_parquet(path: Path, languages: Sequence[str]) -> Iterator[Row]:
    """Rows of a Parquet file; the line of an error is the row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        names = tuple(file.schema_arrow.names)
        _refuse_twins(path, names)
        ids = _ids(names, languages)
        wanted = [one for one in (*languages, *ids) if one in names]
        number = 0
        for batch in file.iter_batches(columns=wanted):
            for found in batch.to_pylist():
                number += 1
                yield _row(path, number, found, languages)
    except OSError as problem:
        raise fault(path, None, f"cannot be read: {problem}") from problem
    except pa.ArrowInvalid as problem:
        raise fault(path, None, f"is not a Parquet file ({problem})") from problem
    except UnicodeDecodeError as problem:
        raise fault(path, number + 1, f"a text from here on is not UTF-8 ({problem})") from problem


def _row(path: Path, line: int, found: dict[str, Any], languages: Sequence[str]) -> Row:
    texts = tuple(_text(path, line, found, one) for one in languages)
    ids = _ids(tuple(found), languages)
    unit, document = (None if one is None else _id(path, line, one, found[one]) for one in ids)
    return Row(line, texts, unit, document)


def _text(path: Path, line: int, found: dict[str, Any], language: str) -> str:
    if language not in found:
        raise fault(path, line, f"no {language!r}; there is {', '.join(found) or 'nothing'}")
    text = found[language]
    if text is None:
        return ""
    if not isinstance(text, str):
        raise fault(path, line, f"{language!r} is {text!r}, not a text")
    return _whole(path, line, language, text)


def _id(path: Path, line: int, name: str, value: Any) -> str:
    if value is None or str(value).strip() == "":
        raise fault(path, line, f"an empty {name}; give every unit one, or drop the column")
    return _whole(path, line, name, str(value))


def _whole(path: Path, line: int, name: str, text: str) -> str:
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise fault(path, line, f"{name!r} holds half a surrogate pair; repair the file")
    return text


def _ids(names: tuple[str, ...], languages: Sequence[str]) -> list[str | None]:
    """The columns of the unit's and the document's id, None where there is none."""
    free = tuple(name for name in names if name not in languages)
    return [column(free, ID_COLUMNS), column(free, DOCUMENT_COLUMNS)]


def _refuse_twins(path: Path, names: Sequence[str]) -> None:
    twins = [name for name, count in Counter(names).items() if count > 1]
    if twins:
        raise fault(path, 1, f"two columns are called {twins[0]!r}; name each once")

"""What a user's file says of one unit, whatever its format, and the errors that name the place."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from corpora.errors import CorpusError

ID_COLUMNS = ("unit_id", "id")
DOCUMENT_COLUMNS = ("document_id", "document", "doc")


class Row(NamedTuple):
    """One unit as read: its place in the file, its texts, and its ids where the file has them."""

    line: int
    texts: tuple[str, ...]
    unit_id: str | None = None
    document_id: str | None = None


def fault(path: Path, line: int | None, what: str) -> CorpusError:
    """The error that names file and line: `corpus.jsonl:17: …`."""
    said = "\\n".join(what.splitlines())  # a name or a text out of the file may hold line ends
    return CorpusError(f"{path}:{line}: {said}" if line else f"{path}: {said}")


def column(names: tuple[str, ...], wanted: tuple[str, ...]) -> str | None:
    """The first of the wanted columns that the file has."""
    return next((one for one in wanted if one in names), None)

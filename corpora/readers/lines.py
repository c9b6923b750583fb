"""Plain text, a unit a line. Read as it is: nothing is stripped but the line end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from corpora.errors import CorpusError
from corpora.readers.rows import Row, fault


def lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file without their ends (LF or CRLF) and without a byte order mark."""
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                raw = line.removesuffix(b"\n").removesuffix(b"\r")
                yield _decoded(
                    raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw, path, number
                )
    except OSError as problem:
        raise CorpusError(f"cannot read {path}: {problem.strerror}") from problem


def read(files: Mapping[str, Path], documents: Path | None) -> Iterator[Row]:
    """Rows of line-aligned files, one a language; `documents` has the document of each line."""
    shared = [path for path, count in Counter(files.values()).items() if count > 1]
    if shared and shared[0].suffix.lower() not in ("", ".txt"):  # text beside itself is a test
        raise CorpusError(f"{shared[0]} is given for two languages, and read as lines of one: a "
                          "table ends in .jsonl, .csv, .tsv, .parquet or .tmx")  # fmt: skip
    paths = [*files.values(), *([documents] if documents else [])]
    streams = [lines(path) for path in paths]
    for number, found in enumerate(zip_longest(*streams), 1):
        if None in found:
            raise _unequal(paths, number)
        if documents and not found[-1].strip():
            raise fault(documents, number, "an empty document id; name the document of every line")
        texts = found[: len(files)]
        yield Row(number, texts, str(number), found[-1] if documents else str(number))


def _decoded(raw: bytes, path: Path, number: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as problem:
        where = f"byte {problem.start + 1} of the line is not UTF-8"
        raise fault(path, number, f"{where}; convert the file to UTF-8") from problem


def _unequal(paths: list[Path], number: int) -> CorpusError:
    counts = [sum(1 for _ in lines(path)) for path in paths]
    told = ", ".join(f"{path} has {count:,}" for path, count in zip(paths, counts, strict=True))
    return CorpusError(
        f"the files have different numbers of lines ({told}; line {number} is missing in some); "
        "align them line by line"
    )

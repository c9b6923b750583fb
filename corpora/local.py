"""The user's own files. Read as they are: a unit a line, nothing stripped but the line end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from corpora.errors import CorpusError
from corpora.parallel import ParallelCorpus


def read_user_files(files: Mapping[str, Path], documents: Path | None = None) -> ParallelCorpus:
    """Line-aligned text files, one a language -> a corpus whose split is `all`.

    `documents` names the document of each line, one a line; without it a line is its own
    document. The corpus is named after the content's hash. CorpusError names file and line.
    """
    if len(files) < 2:
        raise CorpusError(
            "parallel text needs at least two languages: --text en=FILE --text ru=FILE"
        )
    texts = {language: list(lines(path)) for language, path in files.items()}
    _same_length({path: len(texts[language]) for language, path in files.items()})
    count = len(next(iter(texts.values())))
    ids = [str(number) for number in range(1, count + 1)]
    document_ids = list(lines(documents)) if documents else ids
    if documents:
        _same_length({next(iter(files.values())): count, documents: len(document_ids)})
    columns = {
        "unit_id": pa.array(ids, pa.string()),
        "document_id": pa.array(document_ids, pa.string()),
    }
    columns["split"] = pa.array(["all"] * count, pa.string())
    columns |= {language: pa.array(one, pa.large_string()) for language, one in texts.items()}
    corpus = ParallelCorpus(
        "user", "natural" if documents else "none", tuple(files), pa.table(columns),
        counts={"aligned": count}, no_training="the user's own text is measured as a whole",
    )  # fmt: skip
    return replace(corpus, name=corpus.content_hash[:8])


def lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file without their ends (LF or CRLF); CorpusError with file and line."""
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                raw = line.removesuffix(b"\n").removesuffix(b"\r")
                yield raw.removeprefix(b"\xef\xbb\xbf").decode() if number == 1 else raw.decode()
    except UnicodeDecodeError as problem:
        raise CorpusError(
            f"{path}:{number}: byte {problem.start + 1} is not UTF-8; convert the file to UTF-8"
        ) from problem
    except OSError as problem:
        raise CorpusError(f"cannot read {path}: {problem.strerror}") from problem


def _same_length(lengths: Mapping[Path, int]) -> None:
    """CorpusError naming both files if two of them have different numbers of lines."""
    (first, expected), *others = lengths.items()
    for path, count in others:
        if count != expected:
            line = min(count, expected) + 1
            raise CorpusError(
                f"{first} has {expected} lines and {path} has {count}: they part at line {line} "
                "at the latest; align them line by line"
            )

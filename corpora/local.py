"""The user's own parallel text: any two or more languages, in the formats people have.

    read_user_files({"en": Path("en.txt"), "ru": Path("ru.txt")})       # a unit a line
    read_user_files({"en": Path("all.csv"), "uk": Path("all.csv")})     # a column a language
    read_user_files({"en": Path("ru.po"), "ru": Path("ru.po")})         # message and translation

Plain text is line-aligned, one file a language; a table (JSONL, CSV, TSV, Parquet) or a
translation memory (TMX) is one file for all. Texts are taken as they are: quality gates only
report (`ParallelCorpus.quality`) unless `filter` asks for them. English is not required.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpora import gates
from corpora.errors import CorpusError
from corpora.folding import exact_fingerprints
from corpora.library import table_of, with_splits
from corpora.parallel import KEYS, ParallelCorpus
from corpora.readers import Unit, lines, tables, tmx, user_catalogs
from corpora.readers.rows import Row, fault
from corpora.spool import batches_of

LANGUAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # it names columns and files
RESERVED = frozenset({"all", "any", "none"})
_TABLES = {
    ".jsonl": tables.read_jsonl, ".ndjson": tables.read_jsonl, ".json": tables.read_jsonl,
    ".csv": tables.read_delimited, ".tsv": tables.read_delimited,
    ".parquet": tables.read_parquet, ".tmx": tmx.read,
}  # fmt: skip
_CATALOGS = (".po", ".mo")


def read_user_files(
    files: Mapping[str, Path],
    documents: Path | None = None,
    *,
    filter: bool = False,
    split: bool = False,
) -> ParallelCorpus:
    """The user's files -> a corpus named by its content's hash; its split is `all`.

    `documents`: for line-aligned files, the document of each line; without it a line is its own
    document. `filter` applies the quality gates, `split` divides by document as packaged corpora
    are. CorpusError names file and line.
    """
    for language in files:
        if not LANGUAGE.fullmatch(language):
            raise CorpusError(f"language {language!r}: name it by letters, digits, - and _, as en "
                              "or zh_hant")  # fmt: skip
        if language in RESERVED:
            raise CorpusError(f"language {language!r}: in our tables that stands for none or for "
                              "every language: name it otherwise")  # fmt: skip
        if language in KEYS:
            raise CorpusError(f"language {language!r}: a column of ours has that name; "
                              "choose another")  # fmt: skip
    if len(files) < 2:
        raise CorpusError(
            "parallel text needs at least two languages: --text en=FILE --text ru=FILE"
        )
    path = next(iter(files.values()))
    units = _Units(path, lambda: _rows(files, documents))
    table = table_of(units, tuple(files))
    if not len(table):
        raise CorpusError(
            f"{', '.join(map(str, dict.fromkeys(files.values())))}: no units: the files are empty"
        )
    units.check_ids(table)
    corpus = ParallelCorpus(
        "user", "natural" if units.in_order(table) else "none", tuple(files), table,
        counts={"aligned": len(table)},
    )  # fmt: skip
    if filter:
        corpus = _filtered(corpus)
    corpus = with_splits(corpus, ordered=False) if split else _whole(corpus)
    return replace(corpus, name=corpus.content_hash[:8])


def _rows(files: Mapping[str, Path], documents: Path | None) -> Iterator[Row]:
    kinds = {path.suffix.lower() for path in files.values()}
    (kind, *others) = kinds
    if kind in _TABLES and not others:
        if len(set(files.values())) > 1:
            raise CorpusError(
                f"{kind} files hold all languages in one: give each language the same file"
            )
        if documents:
            raise CorpusError(f"{documents} is not used: {kind} files name documents in a column")
        return _TABLES[kind](next(iter(files.values())), tuple(files))
    if kinds <= set(_CATALOGS):
        return user_catalogs.read(files)
    _refuse_mixed(files)
    return lines.read(files, documents)


def _refuse_mixed(files: Mapping[str, Path]) -> None:
    """A table or catalog beside another kind of file would be read as lines of markup."""
    for path in files.values():
        if path.suffix.lower() in (*_TABLES, *_CATALOGS):
            other = next(one for one in files.values() if one.suffix.lower() != path.suffix.lower())
            raise CorpusError(f"{path} is {path.suffix.lower()} and {other} is not: give every "
                              "language a file of one kind")  # fmt: skip


class _Units:
    """Units of the user's rows; remembers what their ids looked like."""

    def __init__(self, path: Path, rows: Callable[[], Iterator[Row]]) -> None:
        self._path, self._rows = path, rows
        self._own_ids = self._own_documents = False

    def __iter__(self) -> Iterator[Unit]:
        for number, row in enumerate(self._rows(), 1):
            own = row.unit_id is not None and row.unit_id != str(number)
            self._own_ids |= own
            unit_id = row.unit_id if row.unit_id is not None else str(number)
            document = row.document_id if row.document_id is not None else unit_id
            self._own_documents |= document != unit_id
            yield Unit(unit_id, document, row.texts)

    def check_ids(self, table: pa.Table) -> None:
        """CorpusError naming the second of two units with one id."""
        if not self._own_ids:
            return
        prints = np.concatenate([exact_fingerprints(b["unit_id"]) for _, b in batches_of(table)])
        distinct, first = np.unique(prints, return_index=True)
        if len(distinct) < len(prints):
            row = int(np.flatnonzero(~np.isin(np.arange(len(prints)), first))[0])
            line = next(islice(self._rows(), row, None)).line
            repeated = table["unit_id"][row].as_py()
            raise fault(self._path, line, f"the id {repeated!r} stands twice; make ids unique")

    def in_order(self, table: pa.Table) -> bool:
        """Whether documents were given and each one's units stand together."""
        if not self._own_documents:
            return False
        runs = 0
        last = None
        prints = []
        for _, batch in batches_of(table.select(["document_id"])):
            hashes = exact_fingerprints(batch["document_id"])
            starts = np.flatnonzero(
                np.concatenate([[last != hashes[0]], hashes[1:] != hashes[:-1]])
            )
            runs, last = runs + len(starts), hashes[-1]
            prints.append(hashes[starts])
        return len(np.unique(np.concatenate(prints))) == runs


def _filtered(corpus: ParallelCorpus) -> ParallelCorpus:
    kept, drops = gates.passing(corpus.table, corpus.languages, (*gates.UNITS, *gates.QUALITY))
    if not len(kept):
        raise CorpusError("the quality gates leave no unit; look at the files, or do not filter")
    return replace(
        corpus, table=kept, drops=drops, counts={**corpus.counts, "after_gates": len(kept)}
    )


def _whole(corpus: ParallelCorpus) -> ParallelCorpus:
    names = pa.repeat(pa.scalar("all", pa.string()), len(corpus))
    table = corpus.table.add_column(2, "split", names)
    return replace(corpus, table=table, no_training="a user's text is measured as a whole")

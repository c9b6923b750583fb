"""ParallelCorpus: aligned units of meaning in two or more languages, with documents and splits.

A unit is one row of an Arrow table: `unit_id`, `document_id`, `split` and one text per language.
The table is memory-mapped when opened from disk, a split is a slice of it (the rows of a built
corpus stand in the order train, validation, test), so a corpus larger than memory can be used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpora.cache import replacing
from corpora.errors import CorpusError
from corpora.folding import exact_fingerprints
from corpora.splits import SPLITS
from corpora.spool import BATCH

if TYPE_CHECKING:
    import datasets

Order = Literal["natural", "none"]
KEYS = ("unit_id", "document_id", "split")
_METADATA = b"babeltoll"


@dataclass(frozen=True)
class ParallelCorpus:
    """Aligned units; `drops` counts what each gate dropped, `counts` the units at each stage.

    `order` is `natural` if the units of a document follow one another as in the source (they are
    contiguous then), `none` if the source has no such order. `no_training` says why there is no
    training split, where there is none.
    """

    name: str
    order: Order
    languages: tuple[str, ...]
    table: pa.Table
    drops: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    no_training: str | None = None

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def n_units(self) -> int:
        """How many units of meaning."""
        return len(self)

    @cached_property
    def n_documents(self) -> int:
        """How many documents."""
        return len(self._document_sizes)

    @cached_property
    def k_eff(self) -> float:
        """Effective number of documents, (Σm)² / Σm² over document sizes m; 0 if empty."""
        return k_eff_of_sizes(self._document_sizes)

    @property
    def trainable(self) -> bool:
        """Whether a training split is offered; `no_training` says why not."""
        return self.no_training is None

    def texts(self, language: str) -> list[str]:
        """The texts of one language, in unit order."""
        if language not in self.languages:
            raise CorpusError(
                f"{self.name} has no language {language!r}; it has {', '.join(self.languages)}"
            )
        return list(self.table[language].to_pylist())

    def documents(self) -> np.ndarray:
        """int64 [units]: index of each unit's document, in order of first appearance."""
        if not len(self):
            return np.zeros(0, np.int64)
        encoded = self.table["document_id"].dictionary_encode()  # one dictionary for all chunks
        return np.concatenate([one.indices.to_numpy() for one in encoded.chunks]).astype(np.int64)

    def select(self, split: str) -> ParallelCorpus:
        """The units of one split, or of all; zero-copy where they are contiguous."""
        if split == "all":
            return self
        if split not in SPLITS:
            raise CorpusError(f"{split!r} is no split; use {', '.join(SPLITS)} or all")
        if self.no_training:
            raise CorpusError(f"{self.name} has no split {split!r}: {self.no_training}; "
                              "more documents give it one, and `all` is always there")  # fmt: skip
        rows = np.flatnonzero(pc.equal(self.table["split"], split).to_numpy(zero_copy_only=False))
        return replace(self, table=self._rows(rows))

    def slice_documents(self, start: int, stop: int | None = None) -> ParallelCorpus:
        """The documents with index start ≤ i < stop, in order of first appearance."""
        codes = self.documents()
        keep = (codes >= start) & (codes < (stop if stop is not None else len(codes) + 1))
        return replace(self, table=self._rows(np.flatnonzero(keep)))

    def samples(self, count: int, seed: int = 0) -> list[dict[str, str]]:
        """Some units as {"unit_id": …, language: text}, spread evenly by a seeded draw."""
        count = min(count, len(self))
        rows = np.sort(np.random.default_rng(seed).choice(len(self), count, replace=False))
        columns = ["unit_id", *self.languages]
        return list(self.table.select(columns).take(pa.array(rows, pa.int64())).to_pylist())

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over ids and texts; equal for equal content however it is chunked or stored."""
        total = hashlib.sha256()
        for column in ("unit_id", "document_id", *sorted(self.languages)):
            total.update(column.encode() + b"\0")
            for part in _column_digests(self.table[column]):
                total.update(part)
        return total.hexdigest()

    def sizes(self) -> dict[str, Any]:
        """Units, documents, K_eff, and kB of UTF-8 per language."""
        return {
            "units": len(self),
            "documents": self.n_documents,
            "k_eff": round(self.k_eff, 1),
            "kB": {one: round(_text_bytes(self.table[one]) / 1e3) for one in self.languages},
        }

    def describe(self) -> dict[str, Any]:
        """What a listing shows: sizes of the whole and of each split, counts and drops."""
        parts = ("all", *(SPLITS if self.trainable else ()))
        return {
            "name": self.name,
            "hash": self.content_hash[:8],
            "order": self.order,
            "languages": list(self.languages),
            **{part: self.select(part).sizes() for part in parts},
            "no_training": self.no_training,
            "counts": dict(self.counts),
            "drops": dict(self.drops),
        }

    def quality(self) -> dict[str, int]:
        """How many units each quality gate would drop on its own; drops nothing."""
        from corpora.gates import report

        return report(self.table, self.languages)

    def save(self, path: Path) -> None:
        """Write one Arrow IPC file, metadata in the schema; atomic."""
        about = {name: getattr(self, name) for name in ("name", "order", "no_training")}
        about |= {name: dict(getattr(self, name)) for name in ("drops", "counts", "sources")}
        about["languages"] = list(self.languages)
        metadata = {_METADATA: json.dumps(about, ensure_ascii=False)}
        schema = self.table.schema.with_metadata(metadata)
        with (
            replacing(path) as temporary,
            pa.OSFile(str(temporary), "wb") as sink,
            pa.ipc.new_file(sink, schema) as writer,
        ):
            for batch in self.table.to_batches(max_chunksize=BATCH):
                writer.write_batch(batch.replace_schema_metadata(metadata))

    @staticmethod
    def open(path: Path) -> ParallelCorpus:
        """Open a saved corpus, memory-mapped; CorpusError if the file is none."""
        try:
            _check_batches(path)
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
            about = json.loads((table.schema.metadata or {})[_METADATA])
            about["languages"] = tuple(about["languages"])
            _check(table, about)
            return ParallelCorpus(table=table.replace_schema_metadata(None), **about)
        except FileNotFoundError as problem:
            raise CorpusError(f"{path} does not exist") from problem
        except (pa.ArrowException, *_NONE_OF_OURS) as problem:
            if getattr(problem, "errno", None):  # the disk's fault, not the file's
                raise
            raise CorpusError(
                f"{path} is not a saved corpus; delete it and build again"
            ) from problem

    def dataset(self) -> datasets.Dataset:
        """The same table for users of `datasets`, not copied."""
        from datasets import Dataset
        from datasets.table import InMemoryTable

        return Dataset(InMemoryTable(self.table))

    @cached_property
    def _document_sizes(self) -> np.ndarray:
        return document_sizes(self.table["document_id"])

    def _rows(self, rows: np.ndarray) -> pa.Table:
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
            return self.table.slice(int(rows[0]), len(rows))
        return self.table.take(pa.array(rows, pa.int64()))


_NONE_OF_OURS = (OSError, KeyError, ValueError, TypeError, AttributeError, RecursionError)


def _check_batches(path: Path) -> None:
    """Raise pa.ArrowInvalid for offsets that lead out of the data, and for text that is no UTF-8.

    Arrow trusts both, and a process that reads such a file may die of it. Read, not mapped: the
    memory of one batch at a time.
    """
    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as batches:
        for number in range(batches.num_record_batches):
            batches.get_batch(number).validate(full=True)


def _check(table: pa.Table, about: dict[str, Any]) -> None:
    """Raise ValueError or KeyError for a column that is missing or no text, and for other facts."""
    for name in ("unit_id", "document_id", "split", *about["languages"]):
        kind = table.schema.field(name).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise ValueError(f"{name} is {kind}, no text")
    if not all(isinstance(about[name], dict) for name in ("drops", "counts", "sources")):
        raise ValueError("counts that are none")


def document_sizes(document_ids: pa.ChunkedArray) -> np.ndarray:
    """int64 [documents]: units of each document, whether or not they stand together.

    Works on runs of equal ids and on 64-bit hashes of them, 16 bytes a run.
    """
    hashes, sizes = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for chunk in document_ids.chunks:
        for start in range(0, len(chunk), BATCH):
            part = chunk.slice(start, BATCH)
            changes = pc.not_equal(part[1:], part[:-1]).to_numpy(zero_copy_only=False)
            starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
            hashes.append(exact_fingerprints(part.take(pa.array(starts))))
            sizes.append(np.diff(starts, append=len(part)))
    distinct, place = np.unique(np.concatenate(hashes), return_inverse=True)
    return np.bincount(place, np.concatenate(sizes), len(distinct)).astype(np.int64)


def k_eff_of_sizes(sizes: np.ndarray) -> float:
    """(Σm)² / Σm² over document sizes m; 0 where there are none (Kish's effective sample size)."""
    total = float(np.sum(sizes))
    return total * total / float(np.sum(np.square(sizes, dtype=np.float64))) if total else 0.0


def concatenate(corpora: Sequence[ParallelCorpus], name: str) -> ParallelCorpus:
    """One corpus after the other, in their common languages; ids must not repeat."""
    languages = tuple(
        one for one in corpora[0].languages if all(one in c.languages for c in corpora)
    )
    if len(languages) < 2:
        raise CorpusError(f"{', '.join(c.name for c in corpora)} share fewer than two languages")
    table = pa.concat_tables([c.table.select([*KEYS, *languages]) for c in corpora])
    if pc.count_distinct(table["unit_id"]).as_py() < table.num_rows:
        raise CorpusError(f"corpora to be joined as {name} share unit ids; rename one of them")
    order: Order = "natural" if all(c.order == "natural" for c in corpora) else "none"
    sources = {package: version for c in corpora for package, version in c.sources.items()}
    return ParallelCorpus(name, order, languages, table, sources=sources)


def _column_digests(column: pa.ChunkedArray) -> Iterator[bytes]:
    """SHA-256 of all lengths and of all bytes of a text column, chunk by chunk."""
    lengths, content = hashlib.sha256(), hashlib.sha256()
    for chunk in column.chunks:
        lengths.update(pc.cast(pc.binary_length(chunk), pa.int64()).to_numpy(zero_copy_only=False))
        content.update(_bytes_of(chunk))
    yield lengths.digest()
    yield content.digest()


def _bytes_of(chunk: pa.Array) -> memoryview:
    """The bytes of all texts of a chunk, one after the other, without a copy."""
    if not len(chunk):
        return memoryview(b"")
    kind = np.int64 if pa.types.is_large_string(chunk.type) else np.int32
    first = chunk.offset * np.dtype(kind).itemsize
    offsets = np.frombuffer(chunk.buffers()[1], kind, len(chunk) + 1, first)
    data = chunk.buffers()[2]
    return memoryview(data)[offsets[0] : offsets[-1]] if data is not None else memoryview(b"")


def _text_bytes(column: pa.ChunkedArray) -> int:
    return int(pc.sum(pc.cast(pc.binary_length(column), pa.int64())).as_py() or 0)

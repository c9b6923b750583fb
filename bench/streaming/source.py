"""Where a stream's text comes from: sharded files, or a set of the Hugging Face hub; and its price.

Nothing is downloaded as a whole: `datasets` reads shard after shard, and knows where it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from logging import CRITICAL
from pathlib import Path
from typing import Any

from bench.errors import InputError
from bench.forecast import ENCODE_SECONDS_PER_MB

KINDS = {".jsonl": "json", ".json": "json", ".parquet": "parquet", ".csv": "csv"}
ASK_FROM = 10_000_000_000  # bytes; more is read only when asked for again
EACH = "each"  # a name for --document: every unit is a document of its own


@dataclass(frozen=True)
class Text:
    """What is read: files (or a hub set), the column of each language and of the document.

    A column may be inside another, `translation.en`.
    """

    columns: Mapping[str, str]
    document: str
    files: tuple[str, ...] = ()
    hub: str | None = None
    config: str | None = None
    split: str = "train"

    @property
    def identity(self) -> dict[str, Any]:
        """What has to be the same for a run to go on, or for parts to add up."""
        sizes = [[one, Path(one).stat().st_size] for one in self.files]
        return {"columns": dict(self.columns), "document": self.document, "files": sizes,
                "hub": self.hub, "config": self.config, "split": self.split}  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """Units that have text in every language, their documents, and how many had not.

    `before` says of each unit how many were dropped before it.
    """

    texts: dict[str, list[str]]
    documents: list[str]
    dropped: int
    before: list[int]

    def first(self, units: int) -> Batch:
        """Its first units, one at least, and what was dropped before the last of them."""
        texts = {language: some[:units] for language, some in self.texts.items()}
        dropped = self.before[units - 1]
        return Batch(texts, self.documents[:units], dropped, self.before[:units])

    def after(self, units: int) -> Batch:
        """What follows its first units."""
        if not units:
            return self
        texts = {language: some[units:] for language, some in self.texts.items()}
        gone = self.before[units - 1]
        before = [dropped - gone for dropped in self.before[units:]]
        return Batch(texts, self.documents[units:], self.dropped - gone, before)


def opened(text: Text, shard: tuple[int, int] = (1, 1)) -> Any:
    """The stream, or its part I of N: whole files each. Raises InputError if it cannot be had."""
    import datasets

    datasets.disable_progress_bars()
    datasets.utils.logging.set_verbosity(CRITICAL)  # what is wrong is said once, by us
    try:
        if text.hub:
            stream = datasets.load_dataset(text.hub, text.config, split=text.split, streaming=True)
        else:
            kind = _kind(text.files)
            stream = datasets.load_dataset(
                kind, data_files=list(text.files), split="train", streaming=True,
                **_as_text(text) if kind == "csv" else {},
            )  # fmt: skip
    except Exception as error:  # datasets has many of its own, for every hub and file system
        said = "it holds nothing" if isinstance(error, StopIteration) else _line(error)
        raise InputError(f"{text.hub or text.files[0]} cannot be opened: {said}") from None
    part, parts = shard
    if parts > stream.num_shards:
        raise InputError(f"--shard {part}/{parts}: the text has {stream.num_shards} files, and a "
                         "part is whole files: ask for no more parts")  # fmt: skip
    return stream.shard(parts, part - 1, contiguous=True) if parts > 1 else stream


def price(text: Text, vocabularies: int) -> str:
    """Bytes to read and core hours to encode, in one line; before anything is read."""
    size = size_of(text)
    if size is None:
        return "size unknown: the hub says nothing about it"
    hours = ENCODE_SECONDS_PER_MB * size / 1e6 * vocabularies / 3600
    return (f"{size / 1e9:,.2f} GB to read; about {hours:,.2f} core hours for {vocabularies} "
            f"vocabularies, at {ENCODE_SECONDS_PER_MB} s a MB")  # fmt: skip


def size_of(text: Text) -> int | None:
    """Bytes of the files, or what the hub says of the set; None if it says nothing."""
    if not text.hub:
        return sum(_size(one) for one in text.files)
    import datasets

    try:
        info = datasets.load_dataset_builder(text.hub, text.config).info
    except Exception as error:
        raise InputError(f"{text.hub} cannot be found: {_line(error)}") from None
    splits: Any = info.splits or {}
    part = splits[text.split].num_bytes if text.split in splits else None
    return part or info.dataset_size or info.download_size or None


def batches(stream: Any, text: Text, units: int) -> Iterator[Batch]:
    """Batches of about so many units each, from where the stream stands.

    Raises InputError for a file that is damaged, and for one without a column that is asked for.
    """
    for found in _read(stream, text, units):
        columns = {one: _column(found, path) for one, path in text.columns.items()}
        number = len(next(iter(columns.values())))
        names = [""] * number if text.document == EACH else _column(found, text.document)
        rows = zip(*columns.values(), strict=True)
        full = [place for place, row in enumerate(rows) if all(_is_text(one) for one in row)]
        texts = {one: [column[place] for place in full] for one, column in columns.items()}
        before = [place - unit for unit, place in enumerate(full)]
        yield Batch(texts, [_name(names[place]) for place in full], number - len(full), before)


def _as_text(text: Text) -> dict[str, Any]:
    """Options of the CSV reader: a cell is text, though it look like a number or say `NA`.

    Without `index_col` a row with a field too many would move every column by one.
    """
    columns = {*text.columns.values(), text.document} - {EACH}
    converters = dict.fromkeys(sorted(columns), str)
    return {"converters": converters, "na_filter": False, "index_col": False}


def _name(value: Any) -> str:
    """The name of a unit's document; empty where it has none."""
    return "" if value is None else str(value)


def _read(stream: Any, text: Text, units: int) -> Iterator[Mapping[str, Sequence[Any]]]:
    try:
        with warnings.catch_warnings():  # pandas only warns that a row has fields without a column
            warnings.filterwarnings("error", "Length of header or names")
            yield from stream.iter(batch_size=units)
    except Exception as error:  # of pyarrow, pandas, the hub's client: whatever reads the files
        where = text.hub or f"one of {len(text.files)} files from {text.files[0]} on"
        raise InputError(f"{where} cannot be read on: {_line(error)}: restore it, or leave it "
                         "out") from None  # fmt: skip


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _column(batch: Mapping[str, Sequence[Any]], path: str) -> Sequence[Any]:
    name, *inner = path.split(".")
    if path in batch:
        return batch[path]
    if name not in batch:
        there = " ".join(", ".join(batch).split())
        raise InputError(f"the text has no column {name!r}: it has {there}")
    values = batch[name]
    for key in inner:
        values = [value.get(key) if isinstance(value, dict) else None for value in values]
    return values


def _kind(files: Sequence[str]) -> str:
    kinds = {KINDS.get(Path(one.removesuffix(".gz").removesuffix(".zst")).suffix) for one in files}
    if len(kinds) != 1 or None in kinds:
        raise InputError("--files: give .jsonl, .parquet or .csv files, all of one kind")
    return str(kinds.pop())


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): name files that are there"
                         ) from None  # fmt: skip


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]

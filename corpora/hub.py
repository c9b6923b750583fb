"""Parallel sets on the Hugging Face hub, read through `datasets`; no code of theirs is run.

    load("flores-plus")                              # gated: accept its terms, log in
    load("un-parallel", rows=2_000_000)              # streamed: so many rows of each pair
    load("news-commentary", source="/data/copy")     # a local copy of the same layout

Three layouts occur: one config per language whose rows are aligned (FLORES+), one config per
pair of languages whose English sides are joined into units (News Commentary, UN, OPUS-100), and
one column per language (copies of NTREX). A set without documents is cut into blocks of
consecutive rows, so that neighbours stay in one split; it has no order that could be trusted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from logging import CRITICAL
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpora import gates
from corpora.artifacts import Artifact, sha256
from corpora.cards import HUB
from corpora.errors import CorpusError
from corpora.hub_errors import check_reachable, explained
from corpora.hub_sets import HubSet, hub_set
from corpora.joining import Sentence, join_on_reference
from corpora.library import table_of, with_splits
from corpora.parallel import ParallelCorpus
from corpora.readers import Unit

if TYPE_CHECKING:
    import datasets

BLOCK = 100  # rows that stand in for a document where a set marks none
_READ = 10_000  # rows at a time


def load(
    name: str,
    source: str | None = None,
    languages: Sequence[str] = ("en", "ru", "zh"),
    rows: int | None = None,
) -> ParallelCorpus:
    """A hub set as a corpus; the first language is the one that pairs are joined on.

    `source`: another repository, or a local folder, of the same layout. `rows`: read only so
    many rows of each config. Sets with pairs pass the quality gates and are split by document;
    evaluation sets are taken whole. CorpusError in one line for a gate, a missing login, no
    network, an unknown config or column.
    """
    name = name.removeprefix(HUB)
    about = hub_set(name)
    repository = source or about.repository
    if repository is None:
        raise CorpusError(
            f"{name} has no known Parquet copy; name a repository or folder as source"
        )
    if unknown := [one for one in languages if one not in about.codes]:
        raise CorpusError(
            f"{name} is not set up for {', '.join(unknown)}; it has {', '.join(about.codes)}"
        )
    reader = {"configs": _configs, "pairs": _pairs, "columns": _columns}[about.layout]
    check_reachable(repository)
    with explained(repository):
        table = table_of(reader(name, about, repository, tuple(languages), rows), languages)
    return _finished(name, about, table, tuple(languages), repository)


def fetch_set(name: str, cache: Path) -> Artifact:
    """A hub set as one file in the cache, so that it needs no network again."""
    path = cache / "packages" / "hub" / f"{name.removeprefix(HUB)}.arrow"
    if not path.exists():
        load(name).save(path)
    return Artifact(path, name, "as fetched", sha256(path))


def _finished(
    name: str, about: HubSet, table: pa.Table, languages: tuple[str, ...], repository: str
) -> ParallelCorpus:
    if not len(table):
        raise CorpusError(f"{name} from {repository} gives no unit in {', '.join(languages)}")
    natural = about.evaluation and table["document_id"][0].as_py() != table["unit_id"][0].as_py()
    corpus = ParallelCorpus(
        name, "natural" if natural else "none", languages, table,
        counts={"aligned": len(table)}, sources={repository: "hub"},
    )  # fmt: skip
    if about.evaluation:
        table, drops = gates.passing(table, languages, gates.UNITS[:1])  # absent: a cell was null
        corpus = replace(corpus, table=table, drops=drops)
        whole = table.add_column(2, "split", pa.repeat(pa.scalar("all", pa.string()), len(table)))
        return replace(corpus, table=whole, no_training="it is an evaluation set")
    kept, drops = gates.passing(table, languages, (*gates.UNITS, *gates.QUALITY))
    counts = {**corpus.counts, "after_gates": len(kept)}
    return with_splits(replace(corpus, table=kept, drops=drops, counts=counts), ordered=False)


def _open(
    repository: str, config: str | None, split: str, rows: int | None
) -> datasets.IterableDataset:
    import datasets

    datasets.utils.logging.set_verbosity(CRITICAL)  # what is wrong is said once, by us
    opened = datasets.load_dataset(repository, config, split=split, streaming=True)
    return opened.take(rows) if rows is not None else opened


def _tables(
    repository: str, config: str | None, split: str, rows: int | None
) -> Iterator[pa.Table]:
    yield from _open(repository, config, split, rows).with_format("arrow").iter(batch_size=_READ)


def _configs(
    name: str, about: HubSet, repository: str, languages: tuple[str, ...], rows: int | None
) -> Iterator[Unit]:
    """One config a language, rows aligned by position; the document is the source's URL."""
    for split in about.splits:
        streams = [_tables(repository, about.codes[one], split, rows) for one in languages]
        number = 0
        for batches in zip(*streams, strict=True):
            columns = [_column(batch, "text", repository) for batch in batches]
            urls = batches[0]["url"].to_pylist() if "url" in batches[0].column_names else None
            for place, texts in enumerate(zip(*columns, strict=True)):
                unit = f"{name}/{split}/{number}"
                yield Unit(unit, f"{name}/{urls[place]}" if urls else unit, texts)
                number += 1


def _columns(
    name: str, about: HubSet, repository: str, languages: tuple[str, ...], rows: int | None
) -> Iterator[Unit]:
    """One column a language."""
    number = 0
    for split in about.splits:
        for batch in _tables(repository, None, split, rows):
            columns = [_column(batch, about.codes[one], repository) for one in languages]
            for texts in zip(*columns, strict=True):
                unit = f"{name}/{split}/{number}"
                yield Unit(unit, unit, texts)
                number += 1


def _pairs(
    name: str, about: HubSet, repository: str, languages: tuple[str, ...], rows: int | None
) -> Iterator[Unit]:
    """One config a pair, joined on the identical text of the first language."""
    reference, *others = languages
    streams = [_sentences(repository, about, reference, one, rows) for one in others]
    for row, texts in join_on_reference(streams):
        yield Unit(f"{name}/{row}", f"{name}/{row // BLOCK}", texts)


def _sentences(
    repository: str, about: HubSet, reference: str, other: str, rows: int | None
) -> Iterator[Sentence]:
    row = 0
    config = "-".join(sorted((about.codes[reference], about.codes[other])))
    for batch in _tables(repository, config, about.splits[0], rows):
        for pair in _column(batch, "translation", repository):
            yield Sentence(row, pair[about.codes[reference]] or "", pair[about.codes[other]] or "")
            row += 1


def _column(batch: pa.Table, name: str, repository: str) -> list[Any]:
    if name not in batch.column_names:
        told = ", ".join(batch.column_names)
        raise CorpusError(
            f"{repository} has no column {name!r} (it has {told}); its layout has changed"
        )
    return list(batch[name].to_pylist())

"""From packages to a ParallelCorpus: fetch, read, gate, split, remove the overlap, count.

`build` is pure: the same artifacts give the same corpus, byte for byte. `load` keeps what was
built, under a key of the artifacts' hashes, the card and the version below.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from importlib import import_module
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpora import gates
from corpora.artifacts import Artifact
from corpora.cache import cache_dir
from corpora.cards import Card, card
from corpora.errors import CorpusError
from corpora.fetching import fetch
from corpora.overlap import leaking
from corpora.parallel import KEYS, ParallelCorpus, concatenate
from corpora.readers import Unit
from corpora.splits import SPLITS, splits_of

VERSION = 3  # of the rules that make a corpus; a change rebuilds what is cached
MIN_K_EFF = 10.0  # of the test split; below it no interval is worth its name
_ROWS = 16_384


def load(name: str, cache: Path | None = None) -> ParallelCorpus:
    """The corpus, fetched and built at the first call, memory-mapped from the cache later."""
    root = cache or cache_dir()
    artifacts = fetch(name, root)
    path = root / "corpora" / f"{name}-{_key(card(name), artifacts)}.arrow"
    if not path.exists():
        build(name, artifacts).save(path)
    return ParallelCorpus.open(path)


def build(name: str, artifacts: Sequence[Artifact]) -> ParallelCorpus:
    """Artifacts -> corpus: aligned, gated, split by document, without overlap; all counted."""
    about = card(name)
    if about.parts:
        return _pooled(about, artifacts)
    reader = import_module(f"corpora.readers.{about.reader}")
    table = table_of(reader.read(tuple(artifacts), about), about.languages)
    if not len(table):
        raise CorpusError(f"{name}: the packages hold no aligned text; were they renamed inside?")
    sources = {artifact.package: artifact.version for artifact in artifacts}
    return _finished(about, table, sources)


def table_of(units: Iterable[Unit], languages: Sequence[str]) -> pa.Table:
    """Units -> Arrow table without splits, in batches of fixed size."""
    schema = pa.schema(
        [("unit_id", pa.string()), ("document_id", pa.string())]
        + [(one, pa.large_string()) for one in languages]
    )
    rows, batches = iter(units), []
    while chunk := list(islice(rows, _ROWS)):
        texts = zip(*(unit.texts for unit in chunk), strict=True)
        columns = [[unit.unit_id for unit in chunk], [unit.document_id for unit in chunk], *texts]
        arrays = [pa.array(one, kind) for one, kind in zip(columns, schema.types, strict=True)]
        batches.append(pa.record_batch(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema).combine_chunks()


def split_table(table: pa.Table, languages: Sequence[str]) -> tuple[pa.Table, int]:
    """Add `split`, drop what overlaps from train, order by split; and how many were dropped."""
    splits = pa.array(splits_of(table["document_id"].to_pylist()), pa.string())
    table = table.add_column(2, "split", splits)
    leaks = leaking(table, languages)
    table = table.filter(pa.array(~leaks))
    rank = np.array([SPLITS.index(one) for one in table["split"].to_pylist()], np.int8)
    return table.take(pa.array(np.argsort(rank, kind="stable"))), int(np.count_nonzero(leaks))


def _finished(about: Card, table: pa.Table, sources: dict[str, str]) -> ParallelCorpus:
    counts = {"aligned": len(table)}
    unit_gates = [one for one in gates.UNITS if about.deduplicate or one.reason != "duplicate"]
    table, drops = gates.passing(table, about.languages, unit_gates)
    counts["before_gates"] = len(table)
    table, more = gates.passing(table, about.languages, gates.QUALITY)
    counts["after_gates"] = len(table)
    if about.order == "none":
        table = _shuffled(table)
    corpus = ParallelCorpus(
        about.name, "natural" if about.order == "natural" else "none", about.languages,
        table, drops | more, counts, sources,
    )  # fmt: skip
    return with_splits(corpus)


def with_splits(corpus: ParallelCorpus) -> ParallelCorpus:
    """The corpus split by document, or with the reason why it offers no training split."""
    bare = corpus.table.select(["unit_id", "document_id", *corpus.languages])
    whole = bare.add_column(2, "split", pa.array(["all"] * len(bare), pa.string()))
    undivided = replace(corpus, table=whole.combine_chunks())
    if corpus.order == "none":
        return replace(undivided, no_training="its units have no natural order")
    table, leaked = split_table(bare, corpus.languages)
    drops = {**corpus.drops, "overlap": leaked}
    divided = replace(corpus, table=table.combine_chunks(), drops=drops)
    k_eff = divided.select("test").k_eff
    if k_eff < MIN_K_EFF:
        reason = f"its test split would have K_eff {k_eff:.1f}, under {MIN_K_EFF:g}"
        return replace(undivided, no_training=reason)
    return divided


def _pooled(about: Card, artifacts: Sequence[Artifact]) -> ParallelCorpus:
    """All parts as one corpus, deduplicated across them and split again as a whole."""
    taken = list(artifacts)
    corpora = []
    for part in about.parts:
        count = len(card(part).packages)
        corpora.append(build(part, taken[:count]))
        del taken[:count]
    joined = concatenate(corpora, about.name)
    counts = {"aligned": len(joined)}
    table, drops = gates.passing(joined.table, joined.languages, [gates.UNITS[2]])
    counts |= {"before_gates": len(table), "after_gates": len(table)}
    return with_splits(replace(joined, table=table, drops=drops, counts=counts))


def _shuffled(table: pa.Table) -> pa.Table:
    """Order by a hash of the unit id: catalogs are sorted by their English key, which helps."""
    keys = [hashlib.sha256(one.encode()).digest()[:8] for one in table["unit_id"].to_pylist()]
    order = np.argsort(np.frombuffer(b"".join(keys), ">u8"), kind="stable")
    return table.take(pa.array(order)).combine_chunks()


def recipe(name: str) -> str:
    """What determines a corpus beside its packages: the rules' version and what its card asks
    of the reader, as 16 hexadecimal digits."""
    about = card(name)
    made_by = [VERSION, about.order, about.reader, about.languages, about.parts, about.deduplicate]
    parts = [recipe(part) for part in about.parts]
    text = json.dumps([made_by, about.options, parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _key(about: Card, artifacts: Sequence[Artifact]) -> str:
    """What the built corpus depends on, as 16 hexadecimal digits."""
    made_of = [asdict(about), [one.sha256 for one in artifacts], VERSION, KEYS]
    text = json.dumps(made_of, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

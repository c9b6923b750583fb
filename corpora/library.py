"""From packages to a ParallelCorpus: fetch, read, gate, split, remove the overlap, count.

`build` is pure: the same artifacts give the same corpus, byte for byte. `load` keeps what was
built, under a key of the artifacts' hashes, the card and the version below.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpora import gates
from corpora.artifacts import Artifact
from corpora.cache import cache_dir
from corpora.cards import HUB, Card, card
from corpora.errors import CorpusError
from corpora.fetching import fetch
from corpora.overlap import leaking
from corpora.parallel import KEYS, ParallelCorpus, concatenate
from corpora.readers import Unit
from corpora.splits import SPLITS, split_of
from corpora.spool import BATCH, batches_of, scratch, table_of_batches

VERSION = 5  # of the rules that make a corpus; a change rebuilds what is cached
MIN_K_EFF = 10.0  # of the test split; below it no interval is worth its name


def load(name: str, cache: Path | None = None) -> ParallelCorpus:
    """The corpus, fetched and built at the first call, memory-mapped from the cache later."""
    root = cache or cache_dir()
    artifacts = fetch(name, root)
    if name.startswith(HUB):
        return build(name, artifacts)
    path = root / "corpora" / f"{name}-{_key(card(name), artifacts)}.arrow"
    if not path.exists():
        build(name, artifacts).save(path)
    return ParallelCorpus.open(path)


def build(name: str, artifacts: Sequence[Artifact]) -> ParallelCorpus:
    """Artifacts -> corpus: aligned, gated, split by document, without overlap; all counted."""
    about = card(name)
    if name.startswith(HUB):
        return ParallelCorpus.open(artifacts[0].path)
    if about.parts:
        return _pooled(about, artifacts)
    reader = import_module(f"corpora.readers.{about.reader}")
    table = table_of(reader.read(tuple(artifacts), about), about.languages)
    if not len(table):
        raise CorpusError(f"{name}: the packages hold no aligned text; were they renamed inside?")
    sources = {artifact.package: artifact.version for artifact in artifacts}
    return _finished(about, table, sources)


def table_of(units: Iterable[Unit], languages: Sequence[str]) -> pa.Table:
    """Units -> Arrow table without splits; a large one is spooled to disk."""
    schema = pa.schema(
        [("unit_id", pa.string()), ("document_id", pa.string())]
        + [(one, pa.large_string()) for one in languages]
    )
    rows = iter(units)
    chunks = iter(lambda: list(islice(rows, BATCH)), [])
    return table_of_batches((_batch(chunk, schema) for chunk in chunks), schema)


def _batch(units: Sequence[Unit], schema: pa.Schema) -> pa.RecordBatch:
    texts = zip(*(unit.texts for unit in units), strict=True)
    columns = [[unit.unit_id for unit in units], [unit.document_id for unit in units], *texts]
    arrays = [pa.array(one, kind) for one, kind in zip(columns, schema.types, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def split_table(table: pa.Table, languages: Sequence[str]) -> tuple[pa.Table, int]:
    """Add `split`, drop what overlaps from train, order by split; and how many were dropped.

    Batch by batch: the memory needed does not grow with the table.
    """
    codes = scratch((len(table),), np.int8)
    for rows, batch in batches_of(table.select(["document_id"])):
        codes[rows] = split_codes(batch["document_id"])
    leaks = leaking(table, codes == SPLITS.index("train"), languages)
    codes[leaks] = -1
    schema = table.schema.insert(2, pa.field("split", pa.string()))
    parts = (
        _part(batch.filter(pa.array(codes[rows] == code)), split)
        for code, split in enumerate(SPLITS)
        for rows, batch in batches_of(table)
    )
    return table_of_batches((one for one in parts if len(one)), schema), int(leaks.sum())


def split_codes(document_ids: pa.Array) -> np.ndarray:
    """int8 [units]: index into `SPLITS`; each id of the batch is hashed once."""
    encoded = document_ids.dictionary_encode()
    codes = [SPLITS.index(split_of(one)) for one in encoded.dictionary.to_pylist()]
    of_id = np.asarray(codes, np.int8)
    return np.asarray(of_id[encoded.indices.to_numpy()])


def _part(batch: pa.RecordBatch, split: str) -> pa.RecordBatch:
    names = pa.array([split] * len(batch), pa.string())
    return batch.add_column(2, pa.field("split", pa.string()), names)


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


def with_splits(corpus: ParallelCorpus, ordered: bool = True) -> ParallelCorpus:
    """The corpus split by document, or with the reason why it offers no training split.

    `ordered=False` splits a corpus whose documents have no natural order inside.
    """
    bare = corpus.table.select(["unit_id", "document_id", *corpus.languages])
    if ordered and corpus.order == "none":
        return _undivided(corpus, bare, "its units have no natural order")
    table, leaked = split_table(bare, corpus.languages)
    divided = replace(corpus, table=table, drops={**corpus.drops, "overlap": leaked})
    k_eff = divided.select("test").k_eff
    if k_eff < MIN_K_EFF:
        reason = f"its test split would have K_eff {k_eff:.1f}, under {MIN_K_EFF:g}"
        return _undivided(corpus, bare, reason)
    return divided


def _undivided(corpus: ParallelCorpus, bare: pa.Table, reason: str) -> ParallelCorpus:
    whole = bare.add_column(2, "split", pa.repeat(pa.scalar("all", pa.string()), len(bare)))
    return replace(corpus, table=whole, no_training=reason)


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


_SHAPING = ("name", "languages", "reader", "options", "order", "deduplicate", "parts")


def _key(about: Card, artifacts: Sequence[Artifact]) -> str:
    """What the built corpus depends on, as 16 hexadecimal digits."""
    cards = [[getattr(one, key) for key in _SHAPING] for one in (about, *map(card, about.parts))]
    made_of = [cards, [one.sha256 for one in artifacts], VERSION, KEYS]
    text = json.dumps(made_of, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

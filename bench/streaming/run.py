"""Going through a stream: batch after batch, keeping the place, from where it was left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any

from bench.errors import InputError
from bench.metrics.rows import Setting
from bench.resampling import GROUPS
from bench.streaming import position, source
from bench.streaming.rows import stream_rows
from bench.streaming.source import Batch, Text
from bench.streaming.sums import Sums
from bench.tokenization import text_statistics, tokenize
from bench.vocabularies.protocol import Family

Place = dict[str, Any]
BATCH_UNITS = 8_192
KEEP_EVERY = 60.0  # seconds between positions on disk


@dataclass(frozen=True)
class Settings:
    """How to go through: the part of the text, the groups, where to stop, how often to keep."""

    shard: tuple[int, int] = (1, 1)
    groups: int = GROUPS
    limit: int | None = None  # units
    batch_units: int = BATCH_UNITS
    every: float = KEEP_EVERY


def stream(
    text: Text,
    families: Sequence[Family],
    folder: Path,
    settings: Settings,
    say: Callable[[str], None],
) -> Sums:
    """Read the text to its end (or the limit) and keep sums and place in `folder`.

    A text whose end is at the limit was not seen to end: it is not `finished`.

    Interrupted, it keeps the last whole batch; called again with the same arguments it goes on
    from there, and ends with the same sums. Raises InputError for a folder of another run.
    """
    identity = _identity(text, families, settings)
    opened = source.opened(text, settings.shard)
    sums, place = Sums.nothing(list(text.columns), settings.groups), opened.state_dict()
    if (folder / position.FILE).is_file():
        sums, place, known = position.load(folder)
        if known != identity:
            raise InputError(f"{folder} holds a stream of other text, vocabularies or settings: "
                             "name another folder, or delete it to start again")  # fmt: skip
        opened.load_state_dict(place)
        say(f"goes on after {sums.units:,} units")
    kept = time.monotonic()
    try:
        for batch, after in _batches(opened, text, settings, sums.units, place):
            sums, place = _absorb(sums, batch, families), after
            if time.monotonic() - kept >= settings.every:
                position.save(folder, sums, place, identity)
                kept = time.monotonic()
                say(f"{sums.units:,} units, {sums.documents.number:,} documents")
        ended = settings.limit is None or sums.units < settings.limit
        sums = replace(sums, finished=sums.finished or ended)
    finally:  # interrupted or not: what is whole is kept
        if sums.units:
            position.save(folder, sums, place, identity)
    if not sums.units:
        raise InputError("the text has no unit with text in every language: check its columns")
    return sums


def rows(sums: Sums, name: str, digest: str, reference: str) -> list[dict[str, Any]]:
    """Rows of tokenization.csv. Raises InputError for a reference that was not read."""
    if reference not in sums.languages:
        raise InputError(f"--reference {reference}: the text has {', '.join(sums.languages)}")
    return stream_rows(Setting(name, digest, "all", reference), sums)


def added(folders: Sequence[Path]) -> tuple[Sums, dict[str, Any]]:
    """All parts of one text that were read apart, added in its order; and the text's identity.

    Raises InputError for parts of different runs or divisions, one that is named twice, was not
    read to its end, or is missing.
    """
    parts: dict[int, Sums] = {}
    whole: dict[str, Any] = {}
    for folder in folders:
        sums, _, identity = position.load(folder)
        part, of = identity["shard"]
        common = {**identity, "shard": [1, of]}
        if whole and common != whole:
            raise InputError(f"{folder} is a part of another run, or of another division: add all "
                             "parts I/N of one")  # fmt: skip
        if part in parts:
            raise InputError(f"{folder} is a part that was added already: name each part once")
        if not sums.finished:
            raise InputError(f"{folder} was not read to its end: run part {part}/{of} again, "
                             "without --limit")  # fmt: skip
        parts[part], whole = sums, common
    _refuse_missing(parts, whole["shard"][1])
    total = reduce(Sums.plus, (parts[part] for part in sorted(parts)))
    return total, {**whole, "shard": [1, 1]}


def _refuse_missing(parts: Collection[int], of: int) -> None:
    lacking = list(islice((str(part) for part in range(1, of + 1) if part not in parts), 10))
    if lacking:
        raise InputError(f"of {of} parts {', '.join(lacking)} are missing: read and add them too")


def _batches(
    opened: Any, text: Text, settings: Settings, units: int, place: Place
) -> Iterator[tuple[Batch, Place]]:
    """Batches to the end of the text, or until `units` and theirs are the limit; the place after.

    `datasets` goes on only between batches of one size. So the place inside a batch is the one
    before it, and how many of its units were `read`.
    """
    read, left = place.get("read", 0), (settings.limit or sys.maxsize) - units
    batches = source.batches(opened, text, settings.batch_units) if left > 0 else ()
    for whole in batches:
        batch = whole.after(read)
        if len(batch.documents) > left:
            yield batch.first(left), {**place, "read": read + left}
            return
        place, read, left = opened.state_dict(), 0, left - len(batch.documents)
        yield batch, place
        if not left:
            return


def _absorb(sums: Sums, batch: Batch, families: Sequence[Family]) -> Sums:
    if not batch.documents:
        return sums.skipping(batch.dropped)
    tokens = {family.name: tokenize(batch.texts, family) for family in families}
    return sums.with_batch(batch.documents, text_statistics(batch.texts), tokens, batch.dropped)


def _identity(text: Text, families: Sequence[Family], settings: Settings) -> dict[str, Any]:
    digests = {one.name: [member.digest for member in one.distinct()] for one in families}
    return {**text.identity, "vocabularies": digests, "groups": settings.groups,
            "shard": list(settings.shard)}  # fmt: skip

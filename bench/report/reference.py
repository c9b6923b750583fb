"""Corpora whose text is not that of the reference results.

Debian packages move with their distribution. The data cards say what the reference was made from:
the start of the content's hash, and the versions of the packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from corpora.cards import card, names


@dataclass(frozen=True)
class Difference:
    """A corpus of a run and of the reference: both hashes, and the packages whose version moved."""

    corpus: str
    here: str
    there: str
    packages: tuple[tuple[str, str, str], ...] = ()  # name, version here, version there


def differences(manifest: Mapping[str, Any]) -> Iterator[Difference]:
    """The corpora in a manifest that have a card, but not the content that the card measured.

    A user's own text has no card and is passed over. Reads the cards, nothing else.
    """
    held = manifest.get("corpora")
    for label, facts in held.items() if isinstance(held, Mapping) else ():
        name = str(label).removeprefix("corpus ")
        if name in names() and isinstance(facts, Mapping):
            there = str(card(name).counts.get("hash", ""))
            here = str(facts.get("content_hash", ""))[: len(there)]
            if here and there and here != there:
                yield Difference(name, here, there, tuple(_moved(name, facts)))


def _moved(name: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    about, sources = card(name), facts.get("sources")
    pinned = {one.name: one.version for one in about.packages if one.version}
    for package, version in sources.items() if isinstance(sources, Mapping) else ():
        there = about.seen.get(package) or pinned.get(package)
        if there and there != version:
            yield str(package), str(version), str(there)

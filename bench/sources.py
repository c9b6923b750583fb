"""What a profile needs from outside, and whether it can be had on this machine."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import corpora
from bench import vocabularies
from bench.errors import InputError
from bench.profile import Profile

Say = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """A corpus or a published vocabulary: what it is made of, or why it cannot be had."""

    name: str
    facts: tuple[dict[str, Any], ...] = ()
    skipped: str | None = None


@dataclass(frozen=True)
class Sources:
    """Everything a profile names, fetched or skipped with its reason."""

    corpora: tuple[Source, ...]
    vocabularies: tuple[Source, ...]

    @property
    def skipped(self) -> tuple[Source, ...]:
        """What cannot be had here."""
        return tuple(one for one in (*self.corpora, *self.vocabularies) if one.skipped)


def resolve(profile: Profile, say: Say) -> Sources:
    """Fetch what the profile names; what is cached is not asked for again.

    Raises InputError when no corpus at all can be had.
    """
    found = Sources(
        tuple(_resolve(name, _corpus, say) for name in profile.corpora),
        tuple(_resolve(name, _vocabulary, say) for name in profile.vocabularies.published),
    )
    if all(source.skipped for source in found.corpora):
        reasons = "; ".join(f"{one.name}: {one.skipped}" for one in found.corpora)
        raise InputError(f"none of the profile's corpora can be had here ({reasons})")
    return found


def _resolve(name: str, fetch: Callable[[str, Say], Iterable[dict[str, Any]]], say: Say) -> Source:
    try:
        return Source(name, tuple(fetch(name, say)))
    except (corpora.CorpusError, InputError) as error:
        return Source(name, skipped=str(error))


def _corpus(name: str, say: Say) -> Iterable[dict[str, Any]]:
    if name not in corpora.names():
        raise InputError(f"no corpus of this name: choose {', '.join(corpora.names())}")
    for artifact in corpora.fetch(name, progress=say):
        yield {"package": artifact.package, "version": artifact.version, "sha256": artifact.sha256}


def _vocabulary(name: str, say: Say) -> Iterable[dict[str, Any]]:
    card = vocabularies.card(name)
    vocabularies.fetch(name)
    yield {"package": card.package, "version": card.version, "sha256": card.sha256}

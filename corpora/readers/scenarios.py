"""Game campaigns: message catalogs whose documents and order are recovered from the scenarios.

A catalog is sorted by its English key, but the same package holds the scenario files (`.cfg`)
in which each text stands as `_ "…"` in the order of play. A unit's document is the first
scenario that has it, its place is where it stands there. A text that stands in no scenario
(it comes from program code) has neither, and is left out as unordered.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from corpora.artifacts import Artifact, members
from corpora.cards import Card
from corpora.errors import CorpusError
from corpora.readers import Unit, reading
from corpora.readers.messages import Message, read_mo

_TEXT = re.compile(r'^[ \t]*#textdomain[ \t]+(\S+)|\b_[ \t]*"((?:[^"]|"")*)"', re.MULTILINE)


class Place(NamedTuple):
    """Where a message stands: its scenario and its position there."""

    document: str
    position: int


def read(artifacts: Sequence[Artifact], card: Card) -> Iterator[Unit]:
    """Units in the order of play, package by package; those without a place come last.

    The document of a unit without a place is empty: the gate `unordered` drops it.
    """
    for artifact in artifacts:
        catalogs, scenarios = _contents(artifact, card)
        if not catalogs:
            raise CorpusError(
                f"{artifact.package} holds no catalogs for {', '.join(card.languages)}"
            )
        places = _places(scenarios)
        units = [unit for found in _aligned(catalogs, card) if (unit := found)]
        yield from _ordered(units, places, card.name)


def _contents(
    artifact: Artifact, card: Card
) -> tuple[dict[tuple[str, str], dict[str, Message]], dict[str, str]]:
    """({(language, domain): messages by key}, {path: scenario text}) of a package."""
    by_locale = {locale: language for language, locale in card.options["locales"].items()}
    wanted = (card.options["catalogs"], card.options["scenarios"])
    catalogs: dict[tuple[str, str], dict[str, Message]] = {}
    scenarios: dict[str, str] = {}
    for name, data in members(artifact.path, wanted):
        if name.endswith(".mo"):
            locale, domain = name.split("/")[-3], name.split("/")[-1].removesuffix(".mo")
            if locale in by_locale:
                with reading(f"{artifact.path.name}: {name}"):
                    messages = {one.key: one for one in read_mo(data)}
                catalogs[by_locale[locale], domain] = messages
        else:
            scenarios[name.partition("/data/")[2].removesuffix(".cfg")] = data.decode(
                "utf-8", "replace"
            )
    return catalogs, scenarios


def _places(scenarios: dict[str, str]) -> dict[tuple[str, str], Place]:
    """(domain, message key without plural) -> the first place where it stands."""
    found: dict[tuple[str, str], Place] = {}
    for path in sorted(scenarios):
        domain = "wesnoth"
        for position, match in enumerate(_TEXT.finditer(scenarios[path])):
            if match[1]:
                domain = match[1]
            else:
                found.setdefault((domain, match[2].replace('""', '"')), Place(path, position))
    return found


def _aligned(
    catalogs: dict[tuple[str, str], dict[str, Message]], card: Card
) -> Iterator[tuple[str, Message, tuple[str, ...]]]:
    """(domain, message, texts) of each message that every catalog of its domain has."""
    translated = card.languages[1:]
    for domain in sorted({domain for _, domain in catalogs}):
        sides = [catalogs.get((language, domain), {}) for language in translated]
        for key in sorted(set(sides[0]).intersection(*sides[1:])):
            source = sides[0][key]
            texts = (source.source, *(side[key].translation for side in sides))
            yield domain, source, without_prefix(texts)


def without_prefix(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Strip Wesnoth's own context, `prefix^text`, off the source and where it was translated."""
    prefix, caret, _ = texts[0].partition("^")
    if not caret:
        return texts
    mark = f"{prefix}^"
    return tuple(text.removeprefix(mark) for text in texts)


def _ordered(
    units: Sequence[tuple[str, Message, tuple[str, ...]]],
    places: dict[tuple[str, str], Place],
    corpus: str,
) -> Iterator[Unit]:
    """The units of one package by scenario and position, those without a place at the end."""
    nowhere = Place("\U0010ffff", 0)
    found = [
        (places.get((domain, message.key.split("\x00")[0].split("\x04")[-1]), nowhere), one)
        for one in units
        for domain, message in [one[:2]]
    ]
    for place, (domain, message, texts) in sorted(found, key=lambda pair: (pair[0], pair[1][0])):
        digest = hashlib.sha256(f"{domain}\0{message.key}".encode()).hexdigest()[:16]
        document = f"{corpus}/{place.document}" if place is not nowhere else ""
        stripped = tuple(text.strip() for text in texts)
        yield Unit(f"{document or f'{corpus}/{domain}'}#{digest}", document, stripped)

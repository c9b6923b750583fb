"""Data cards: one TOML file per packaged corpus says what it is and where it comes from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from corpora.errors import CorpusError
from corpora.packages import Package

HUB = "hub:"  # before the name of a set on the Hugging Face hub


@dataclass(frozen=True)
class Card:
    """What a user must know of a corpus before using a number that was measured on it."""

    name: str
    title: str
    genre: str
    direction: str  # of translation
    licence: str
    order: str  # "natural" or "none"
    order_note: str
    document: str  # what a document is
    alignment: str  # by which key units are aligned
    languages: tuple[str, ...]
    reader: str  # module of corpora.readers; empty for a corpus made of others
    packages: tuple[Package, ...]
    expected: int = 0  # units before the gates, as counted independently of this code
    options: Mapping[str, Any] = field(default_factory=dict)  # the reader's
    parts: tuple[str, ...] = ()  # the corpora that a pooled one is made of
    deduplicate: bool = True  # drop units whose reference text stood before
    faults: tuple[str, ...] = ()
    seen: Mapping[str, str] = field(default_factory=dict)  # versions the counts were made with
    counts: Mapping[str, Any] = field(default_factory=dict)  # measured; see docs/corpora.md

    def rows(self) -> list[tuple[str, str]]:
        """(what, value) of everything a reader of the card wants to see, in order."""
        shown = [
            ("genre", self.genre),
            ("translation", self.direction),
            ("licence", self.licence),
            ("languages", ", ".join(self.languages)),
            ("order", f"{self.order}: {self.order_note}"),
            ("document", self.document),
            ("aligned by", self.alignment),
            ("made of", ", ".join(self.parts)),
            ("packages", ", ".join(_shown(one, self.seen) for one in self.packages)),
            *(("known fault", fault) for fault in self.faults),
            *_counted(self),
        ]
        return [(what, value) for what, value in shown if value]


def _shown(package: Package, seen: Mapping[str, str]) -> str:
    version = package.version or seen.get(package.name, "")
    return f"{package.name} {version}".rstrip() + f" ({package.manager})"


def _counted(about: Card) -> list[tuple[str, str]]:
    """The measured counts of a card in words."""
    if not (counts := about.counts):
        return []
    stages = f"{counts['aligned']:,} aligned, {counts['before_gates']:,} before the gates"
    stages += f" (expected {about.expected:,})" if about.expected else ""
    dropped = ", ".join(f"{n:,} {reason}" for reason, n in counts["dropped"].items() if n)
    splits = [
        (name, f"{one['units']:,} units, {one['documents']:,} documents, K_eff {one['k_eff']}")
        for name, one in counts.get("splits", {}).items()
    ]
    kept = f"{counts['units']:,} units, {counts['documents']:,} documents, K_eff {counts['k_eff']}"
    sizes = ", ".join(f"{language} {size:,} kB" for language, size in counts["kB"].items())
    reason = counts.get("no_training", "")
    return [
        ("counted", stages), ("dropped", dropped), ("kept", kept), ("text", sizes),
        *splits, ("no training", reason), ("content hash", counts["hash"]),
    ]  # fmt: skip


@cache
def names() -> tuple[str, ...]:
    """The packaged corpora, sorted."""
    files = (resources.files("corpora") / "cards").iterdir()
    return tuple(sorted(one.name[:-5] for one in files if one.name.endswith(".toml")))


@cache
def card(name: str) -> Card:
    """The data card of a packaged corpus or of a `hub:` set; CorpusError for an unknown name."""
    if name.startswith(HUB):
        from corpora.hub_sets import hub_card

        return hub_card(name)
    if name not in names():
        raise CorpusError(f"there is no corpus {name!r}; choose from {', '.join(names())}")
    text = (resources.files("corpora") / "cards" / f"{name}.toml").read_text("utf-8")
    return parse(text, name)


def parse(text: str, name: str) -> Card:
    """A card from TOML; CorpusError naming the card if it is malformed."""
    try:
        raw = tomllib.loads(text)
        raw["packages"] = tuple(_package(one) for one in raw.get("packages", ()))
        for key in ("languages", "faults", "parts"):
            raw[key] = _names(raw.get(key, ()), key)
        return Card(name=name, **raw)
    except (ValueError, TypeError, RecursionError) as problem:
        raise CorpusError(f"data card {name}.toml is malformed: {problem}") from problem


def _names(values: object, key: str) -> tuple[str, ...]:
    if not isinstance(values, list | tuple) or not all(isinstance(one, str) for one in values):
        raise TypeError(f"{key} is no list of texts")
    return tuple(values)


def _package(raw: Mapping[str, Any]) -> Package:
    return Package(**{**raw, "alternatives": tuple(raw.get("alternatives", ()))})

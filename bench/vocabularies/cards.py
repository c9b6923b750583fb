"""The cards of the published vocabularies: where each comes from and what it should answer."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from bench.errors import InputError

CONTROLS = ("bytes", "characters")


@dataclass(frozen=True)
class Card:
    """What is known of a published vocabulary."""

    name: str
    maker: str
    kind: str
    size: int
    licence: str  # the vocabulary's, as its maker states it; the package's own may differ
    normaliser: str
    package: str
    version: str
    package_sha256: str
    member: str
    sha256: str
    format: str  # ranks, tekken, sentencepiece, tokenizer-json, wordpiece, trie
    probe: Mapping[str, int]  # tokens of article 1 of the Universal Declaration, by language
    aliases: tuple[str, ...] = ()
    pattern: str | None = None  # of rank files, a name of `patterns.PATTERNS`
    normal_form: Literal["NFC", "NFKC"] | None = None
    lower: bool | None = None  # wordpiece: whether text is lowercased
    notes: str = ""


def published_names() -> tuple[str, ...]:
    """The names `published` knows, in alphabetical order."""
    cards = files("bench.vocabularies").joinpath("cards").iterdir()
    return tuple(sorted([path.name[:-5] for path in cards if path.name.endswith(".toml")]))


def card(name: str) -> Card:
    """The card of a published vocabulary, by name or alias; InputError with the nearest names."""
    path = files("bench.vocabularies").joinpath("cards", f"{name}.toml")
    if "/" not in name and path.is_file():
        return _read(name, path.read_text(encoding="utf-8"))
    for other in published_names():
        if name in (found := card(other)).aliases:
            return found
    raise InputError(f"no published vocabulary is called {name}{_nearest(name)}")


def _read(name: str, text: str) -> Card:
    content = tomllib.loads(text)
    aliases = tuple(content.pop("aliases", ()))
    return Card(name=name, aliases=aliases, **content)


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, [*published_names(), *CONTROLS], n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{hint} (`bench vocabularies list` shows all; a file is given by its path)"

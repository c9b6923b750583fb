"""Which parallel sets of the hub are known here, and how each is laid out there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from corpora.cards import HUB, Card
from corpora.errors import CorpusError

_CODES = {"en": "en", "ru": "ru", "zh": "zh"}
_FAULTS = (
    "documents are not marked: blocks of 100 consecutive rows stand in for them",
    "pairs are joined on identical English; what only one pair has is lost",
)


@dataclass(frozen=True)
class HubSet:
    """Where a set is, how it is laid out, and what its languages are called there."""

    repository: str | None
    layout: Literal["configs", "pairs", "columns"]
    codes: Mapping[str, str]
    splits: tuple[str, ...]
    evaluation: bool  # made to be measured on: no training split
    title: str
    genre: str
    licence: str  # as the hub page or the makers name it
    direction: str = "from English"
    order: str = "none"
    order_note: str = "the set does not say which rows follow one another"


SETS = {
    "flores-plus": HubSet(
        "openlanguagedata/flores_plus", "configs",
        {"en": "eng_Latn", "ru": "rus_Cyrl", "zh": "cmn_Hans"}, ("dev", "devtest"), True,
        "FLORES+", "news, travel guides, books for children", "CC-BY-SA-4.0; gated",
        order="natural", order_note="consecutive sentences of an article",
    ),
    # No official Parquet copy is known: name one as source.
    "ntrex": HubSet(
        None, "columns", {"en": "eng_Latn", "ru": "rus_Cyrl", "zh": "zho_Hans"}, ("test",), True,
        "NTREX-128", "news", "see the copy you name",
    ),
    "news-commentary": HubSet(
        "Helsinki-NLP/news_commentary", "pairs", _CODES, ("train",), False,
        "News Commentary", "news commentary", "see its hub page", "not marked",
    ),
    "un-parallel": HubSet(
        "Helsinki-NLP/un_pc", "pairs", _CODES, ("train",), False,
        "UN Parallel Corpus", "parliamentary documents", "see its hub page", "not marked",
    ),
    "opus-100": HubSet(
        "Helsinki-NLP/opus-100", "pairs", _CODES, ("train",), False,
        "OPUS-100", "mixed", "see its hub page", "not marked",
    ),
}  # fmt: skip


def hub_set(name: str) -> HubSet:
    """The set of a name, with or without `hub:`; CorpusError for one that is none."""
    if name.removeprefix(HUB) not in SETS:
        raise CorpusError(f"there is no hub set {name!r}; choose from {', '.join(SETS)}")
    return SETS[name.removeprefix(HUB)]


def hub_card(name: str) -> Card:
    """The data card of a hub set; nothing of it was counted here."""
    about = hub_set(name)
    return Card(
        name=name, title=about.title, genre=about.genre, direction=about.direction,
        licence=about.licence, order=about.order, order_note=about.order_note,
        document="a source URL where rows have one, else a row" if about.evaluation
        else "a block of 100 rows",
        alignment={"configs": "row", "columns": "row", "pairs": "identical English"}[about.layout],
        languages=tuple(about.codes), reader="hub", packages=(),
        faults=() if about.evaluation else _FAULTS,
    )  # fmt: skip

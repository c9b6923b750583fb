"""Vocabularies: published ones out of pinned files, ones trained here, controls.

    vocabulary = published("o200k_base")
    encoding = vocabulary.encode(["人人生而自由"])      # ids and offsets, flat

Names are resolved on first use, so that importing this package loads no tokenizer.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.vocabularies.cards import Card, card, published_names
    from bench.vocabularies.catalogue import published, read_published
    from bench.vocabularies.directories import family_from_directory, family_published
    from bench.vocabularies.protocol import ByteTable, Encoding, Family, Vocabulary
    from bench.vocabularies.sources import families, from_file, resolve
    from bench.vocabularies.training import TrainSpec, is_trained_name, parse, train

_HOMES = {
    "Card": "cards",
    "card": "cards",
    "published_names": "cards",
    "family_from_directory": "directories",
    "family_published": "directories",
    "ByteTable": "protocol",
    "Encoding": "protocol",
    "Family": "protocol",
    "Vocabulary": "protocol",
    "published": "catalogue",
    "read_published": "catalogue",
    "TrainSpec": "training",
    "families": "sources",
    "from_file": "sources",
    "resolve": "sources",
    "is_trained_name": "training",
    "parse": "training",
    "train": "training",
}

__all__ = [
    "ByteTable",
    "Card",
    "Encoding",
    "Family",
    "TrainSpec",
    "Vocabulary",
    "card",
    "families",
    "family_from_directory",
    "family_published",
    "from_file",
    "is_trained_name",
    "parse",
    "published",
    "published_names",
    "read_published",
    "resolve",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Where parallel text comes from. Knows no vocabulary and no model.

    import corpora
    corpus = corpora.load("libreoffice-help")      # fetched, checked, split by document
    corpus.select("test").texts("ru")

Importing this package is cheap; pyarrow is loaded with the first corpus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpora.cache import cache_dir
from corpora.cards import Card, card, names
from corpora.errors import CorpusError

if TYPE_CHECKING:
    from corpora.fetching import availability, fetch
    from corpora.library import build, load
    from corpora.local import read_user_files
    from corpora.parallel import ParallelCorpus, concatenate

__all__ = [
    "Card", "CorpusError", "ParallelCorpus", "availability", "build", "cache_dir", "card",
    "concatenate", "fetch", "load", "names", "read_user_files",
]  # fmt: skip

_LAZY = {
    "availability": "fetching", "fetch": "fetching", "build": "library", "load": "library",
    "read_user_files": "local", "ParallelCorpus": "parallel", "concatenate": "parallel",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'corpora' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"corpora.{_LAZY[name]}"), name)

"""Write into each data card what was counted on this machine: `python -m corpora.measure NAME…`.

Rewrites the `[counts]` and `[seen]` tables at the end of the card; the rest is written by hand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpora.cards import names
from corpora.library import load
from corpora.parallel import ParallelCorpus
from corpora.splits import SPLITS

_MARK = "# Measured by `python -m corpora.measure`; not edited by hand."


def counts(corpus: ParallelCorpus) -> dict[str, Any]:
    """Everything a card's `[counts]` holds."""
    whole = corpus.sizes()
    found: dict[str, Any] = {**corpus.counts, **whole, "hash": corpus.content_hash[:8]}
    if corpus.no_training:
        found["no_training"] = corpus.no_training
    found["dropped"] = dict(corpus.drops)
    if corpus.trainable:
        parts = {split: corpus.select(split).sizes() for split in SPLITS}
        found["splits"] = {
            split: {key: one[key] for key in ("units", "documents", "k_eff")}
            for split, one in parts.items()
        }
    return found


def write(name: str) -> None:
    """Count a corpus and rewrite the measured end of its card."""
    corpus = load(name)
    path = Path(__file__).parent / "cards" / f"{name}.toml"
    by_hand = path.read_text("utf-8").partition(_MARK)[0].rstrip()
    tables = {"counts": counts(corpus), "seen": dict(corpus.sources)}
    measured = "\n\n".join(_toml(key, value) for key, value in tables.items() if value)
    path.write_text(f"{by_hand}\n\n{_MARK}\n\n{measured}\n", "utf-8")


def _toml(title: str, table: Mapping[str, Any]) -> str:
    """One TOML table; tables inside it become inline ones."""
    return "\n".join(
        [f"[{title}]", *(f"{_key(key)} = {_value(one)}" for key, one in table.items())]
    )


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() else json.dumps(key)


if __name__ == "__main__":
    for one in sys.argv[1:] or names():
        write(one)

"""What one encode of a corpus leaves behind: counts per unit, histograms of ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.tokenization.files import read_npz, write_npz

Mode = Literal["unit", "joined"]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class VocabularyFacts:
    """What metrics need to know of a vocabulary, by id; `n` ids, from 0 to the largest.

    `token_bytes` is -1 for an id without bytes of its own. `partial` marks tokens that are not
    valid UTF-8 alone, among the ids that occur in the text (others are not looked at).
    """

    name: str
    kind: str
    digest: str
    size: int  # declared entries; n may be one more (ids from 1) or fewer
    unk_id: int | None
    token_bytes: NDArray[np.int32] = field(repr=False)  # [n]
    partial: Flags = field(repr=False)  # [n]
    fallback: Flags = field(repr=False)  # [n], `<0xE4>` pieces

    def __len__(self) -> int:
        return len(self.token_bytes)


@dataclass(frozen=True)
class TokenStatistics:
    """What one encode of a corpus with one family leaves behind. In mode `joined`, units = 1."""

    family: str
    mode: Mode
    languages: tuple[str, ...]
    tokens: Counts = field(repr=False)  # [units, languages]
    unknown: Counts = field(repr=False)  # [units, languages], UNK tokens
    round_trip: Flags = field(repr=False)  # [units, languages]: decode(encode(x)) == normalise(x)
    histograms: tuple[Counts, ...] = field(repr=False)  # per language, [len(vocabularies[l])]
    vocabularies: tuple[VocabularyFacts, ...]  # per language

    def save(self, path: Path) -> None:
        """Write an `.npz` whose bytes depend on the content only. Only ids that occur are kept."""
        arrays = {"tokens": self.tokens, "unknown": self.unknown, "round_trip": self.round_trip}
        distinct = list({id(facts): facts for facts in self.vocabularies}.values())
        for place, histogram in enumerate(self.histograms):
            seen = np.flatnonzero(histogram)
            arrays |= {f"ids_{place}": seen, f"counts_{place}": histogram[seen]}
        for place, facts in enumerate(distinct):
            arrays |= {
                f"bytes_{place}": facts.token_bytes,
                f"partial_{place}": np.flatnonzero(facts.partial),
                f"fallback_{place}": np.flatnonzero(facts.fallback),
            }
        serves = [next(i for i, one in enumerate(distinct) if one is f) for f in self.vocabularies]
        about = {
            "family": self.family,
            "mode": self.mode,
            "languages": self.languages,
            "serves": serves,
            "vocabularies": [{key: getattr(one, key) for key in _FACTS} for one in distinct],
        }
        write_npz(path, arrays, about)

    @classmethod
    def load(cls, path: Path) -> TokenStatistics:
        """Read what `save` wrote; InputError if it is not that."""
        arrays, about = read_npz(path)
        try:
            distinct = [
                _facts_from(arrays, place, fields)
                for place, fields in enumerate(about["vocabularies"])
            ]
            facts = [distinct[place] for place in about["serves"]]
            histograms = [
                _dense(arrays[f"ids_{place}"], arrays[f"counts_{place}"], len(one))
                for place, one in enumerate(facts)
            ]
            return cls(
                about["family"],
                about["mode"],
                tuple(about["languages"]),
                arrays["tokens"],
                arrays["unknown"],
                arrays["round_trip"],
                tuple(histograms),
                tuple(facts),
            )
        except (KeyError, IndexError, TypeError, ValueError) as wrong:
            raise InputError(f"{path} holds no token statistics ({wrong!r})") from None


@dataclass(frozen=True)
class TextStatistics:
    """Sizes of the texts themselves, which no vocabulary changes."""

    languages: tuple[str, ...]
    bytes: Counts = field(repr=False)  # [units, languages], UTF-8
    characters: Counts = field(repr=False)  # [units, languages], code points

    def save(self, path: Path) -> None:
        """Write an `.npz` whose bytes depend on the content only."""
        arrays = {"bytes": self.bytes, "characters": self.characters}
        write_npz(path, arrays, {"languages": self.languages})

    @classmethod
    def load(cls, path: Path) -> TextStatistics:
        """Read what `save` wrote; InputError if it is not that."""
        arrays, about = read_npz(path)
        try:
            return cls(tuple(about["languages"]), arrays["bytes"], arrays["characters"])
        except (KeyError, TypeError) as wrong:
            raise InputError(f"{path} holds no text statistics ({wrong!r})") from None


_FACTS = ("name", "kind", "digest", "size", "unk_id")


def _facts_from(
    arrays: Mapping[str, NDArray[Any]], place: int, fields: Mapping[str, Any]
) -> VocabularyFacts:
    lengths = arrays[f"bytes_{place}"]
    partial = _marked(arrays[f"partial_{place}"], len(lengths))
    fallback = _marked(arrays[f"fallback_{place}"], len(lengths))
    about = {key: fields[key] for key in _FACTS}
    return VocabularyFacts(**about, token_bytes=lengths, partial=partial, fallback=fallback)


def _marked(ids: NDArray[Any], n: int) -> Flags:
    flags = np.zeros(n, bool)
    flags[ids] = True
    return flags


def _dense(ids: NDArray[Any], counts: NDArray[Any], n: int) -> Counts:
    histogram = np.zeros(n, np.int64)
    histogram[ids] = counts
    return histogram

"""Floors: what a model must beat before its bits say anything about a language.

`floor-order0` draws characters independently, `floor-kn5` is an interpolated Kneser-Ney 5-gram over
the very token sequences the models read, `floor-xz` a general compressor. A model above KN-5 ranks
languages by how slowly it learns them (see docs/training.md).
"""

import lzma
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.training.batches import cut
from bench.training.data import RunData
from bench.training.kneser_ney import KneserNey

Floats = NDArray[np.float64]
UNICODE_SCALARS = 0x110000 - 0x800  # code points that are not surrogates
KN_ORDER = 5


def floor(
    name: str, data: RunData, language: str, context_units: int, split: str
) -> Floats | float:
    """Bits of each unit of a held-out split, float64 [units]; for xz only their mean.

    `context_units` is what the models of the comparison are given.
    """
    if name not in FLOORS:
        raise InputError(f"unknown floor {name!r}: use one of {', '.join(FLOORS)}")
    return FLOORS[name](data, language, data.context_units(context_units), split)


def order0_bits(train: Sequence[str], held_out: Sequence[str]) -> Floats:
    """Bits of each unit, its end included, under independent characters.

    Escape by Witten and Bell's method C: with N symbols of T types seen (the end of a unit is one),
    a seen character has p = count / (N + T); all unseen ones share T / (N + T) evenly over the
    Unicode scalar values that were not seen.
    """
    counts = Counter(character for text in train for character in text)
    types = len(counts) + 1
    symbols = counts.total() + len(train) + types
    escape = types / symbols / (UNICODE_SCALARS - len(counts))
    cost = {character: -np.log2(n / symbols) for character, n in counts.items()}
    unseen, end = -np.log2(escape), -np.log2(len(train) / symbols)
    return np.array([end + sum(cost.get(c, unseen) for c in text) for text in held_out])


def xz_bits(train: Sequence[str], held_out: Sequence[str]) -> float:
    """Mean bits per unit: 8 · (xz(train + held out) - xz(train)) / units, preset 9 extreme.

    Units are UTF-8, each ended by a line feed, in corpus order.
    """
    known, new = (_joined(texts) for texts in (train, held_out))
    return 8.0 * (_compressed(known + new) - _compressed(known)) / len(held_out)


def _order0(data: RunData, language: str, context_units: int, split: str) -> Floats:
    return order0_bits(data.splits["train"].texts[language], data.splits[split].texts[language])


def _kn5(data: RunData, language: str, context_units: int, split: str) -> Floats:
    train, held_out = data.splits["train"], data.splits[split]
    known = cut(train.documents, context_units)
    model = KneserNey(train.streams[language], known, KN_ORDER)
    return model.unit_bits(held_out.streams[language], cut(held_out.documents, context_units))


def _xz(data: RunData, language: str, context_units: int, split: str) -> float:
    return xz_bits(data.splits["train"].texts[language], data.splits[split].texts[language])


def _joined(texts: Sequence[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def _compressed(data: bytes) -> int:
    return len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))


Floor = Callable[[RunData, str, int, str], Floats | float]
FLOORS: Mapping[str, Floor] = {"floor-order0": _order0, "floor-kn5": _kn5, "floor-xz": _xz}

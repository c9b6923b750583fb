"""What a table is chosen to save: signs, bits, or the tokens of a vocabulary.

A gain says what an atom costs spelled out, and what a glyph costs that is used so often. Costs are
whole numbers, so that sums have no order and the same text gives the same table everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.errors import InputError
from bench.vocabularies.glyphs.atoms import Places

_PARTS = 16  # of a bit


@dataclass(frozen=True)
class Gain:
    """`spelling`: distinct atoms -> the cost of each; `price`: uses -> the cost of a glyph."""

    spelling: Callable[[Sequence[str]], Places]
    price: Callable[[Places], Places]


Gains = Callable[[Mapping[str, int]], Gain]
"""The distinct atoms of a text and how often each occurs -> a gain."""


def _one(uses: Places) -> Places:
    return np.ones(len(uses), np.int64)


def _lengths(atoms: Sequence[str]) -> Places:
    return np.fromiter(map(len, atoms), np.int64, len(atoms))


def signs(_: Mapping[str, int]) -> Gain:
    """A character costs one, a glyph costs one: the glyph text becomes short."""
    return Gain(_lengths, _one)


def bits(atoms: Mapping[str, int]) -> Gain:
    """Shannon's code: a sign used n times costs log2(N / n), N the characters of the text.

    In sixteenths of a bit.
    """
    counts: Counter[str] = Counter()
    for atom, often in atoms.items():
        for character in atom:
            counts[character] += often
    total = np.log2(max(1, counts.total()))

    def price(uses: Places) -> Places:
        return np.asarray(np.rint(_PARTS * (total - np.log2(np.maximum(uses, 1)))), np.int64)

    of = np.fromiter(counts.values(), np.int64, len(counts))
    cost = dict(zip(counts, price(of).tolist(), strict=True))

    def spelling(some: Sequence[str]) -> Places:
        return np.array([sum(map(cost.__getitem__, atom)) for atom in some], np.int64)

    return Gain(spelling, price)


def tokens(count: Callable[[Sequence[str]], Places]) -> Gains:
    """An atom costs its tokens in a vocabulary, `count(atoms)`; a glyph is one token."""
    return lambda _: Gain(count, _one)


GAINS: Mapping[str, Gains] = {"signs": signs, "bits": bits}


def gain(name: str) -> Gains:
    """The gain of that name; InputError for another."""
    if name not in GAINS:
        raise InputError(f"no gain {name!r}: choose {' or '.join(GAINS)}")
    return GAINS[name]

"""Longest match at word boundaries, for all positions at once.

From each atom the longest phrase that begins there is found level by level: runs of one atom, then
of two where some phrase continues, and so on. The leftmost longest matches are then a walk along
these lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.vocabularies.glyphs.atoms import GAP, Atoms, Hashes, Places

_BLOOM = 18  # bits of a hash that are looked at first


@dataclass(frozen=True)
class Matches:
    """Per atom of a text: the longest phrase that begins there (0 atoms, phrase -1: none)."""

    lengths: Places  # [atoms]
    phrases: Places  # [atoms]
    shorter: Places  # [atoms], the longest phrase but one, in atoms
    second: Places  # [atoms], that phrase


@dataclass(frozen=True)
class Matcher:
    """The phrases of a table, ready to be found."""

    phrases: Sequence[str]

    @cached_property
    def atoms(self) -> Atoms:
        """The phrases' own atoms, a gap after each phrase."""
        return Atoms.of(self.phrases)

    @cached_property
    def firsts(self) -> Places:
        """The atom with which each phrase begins, [phrases]."""
        return np.append(0, self._gaps[:-1] + 1) if len(self.phrases) else np.zeros(0, np.int64)

    @cached_property
    def sizes(self) -> Places:
        """Atoms of each phrase, [phrases]."""
        return self._gaps - self.firsts

    @cached_property
    def _gaps(self) -> Places:
        return np.flatnonzero(self.atoms.points[self.atoms.starts[:-1]] == GAP)

    @cached_property
    def _index(self) -> _Index:
        """The hashes of all phrases and of all their beginnings."""
        keys, whole, goes_on = [], [], []
        alive = np.arange(len(self.phrases))
        length = 1
        while len(alive):
            keys.append(self.atoms.hashes(self.firsts[alive], length))
            ends = self.sizes[alive] == length
            whole.append(np.where(ends, alive, -1))
            goes_on.append(~ends)
            alive, length = alive[~ends], length + 1
        if not keys:
            return _Index.of(np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, bool))
        return _Index.of(np.concatenate(keys), np.concatenate(whole), np.concatenate(goes_on))

    def find(self, text: Atoms) -> Matches:
        """The longest phrase, and the longest but one, at every atom."""
        n, index = len(text), self._index
        lengths, shorter = np.zeros(n, np.int64), np.zeros(n, np.int64)
        phrases, second = np.full(n, -1), np.full(n, -1)
        alive, length = np.arange(n), 1
        while len(alive):
            alive = alive[: np.searchsorted(alive, n - length, side="right")]
            alive, entry = index.look_up(alive, text.hashes(alive, length))
            ends = index.phrase[entry] >= 0
            here, phrase = alive[ends], index.phrase[entry[ends]]
            shorter[here], second[here] = lengths[here], phrases[here]
            lengths[here], phrases[here] = length, phrase
            alive, length = alive[index.goes_on[entry]], length + 1
        return Matches(lengths, phrases, shorter, second)


@dataclass(frozen=True)
class _Index:
    """Sorted hashes; for each the phrase it is (or -1), and whether a phrase goes on from it."""

    keys: Hashes
    phrase: Places
    goes_on: NDArray[np.bool_]
    bloom: NDArray[np.bool_]

    @classmethod
    def of(cls, keys: Hashes, phrase: Places, goes_on: NDArray[np.bool_]) -> _Index:
        sorted_keys, inverse = np.unique(keys, return_inverse=True)
        whole = np.full(len(sorted_keys), -1)
        np.maximum.at(whole, inverse, phrase)
        on = np.zeros(len(sorted_keys), bool)
        np.logical_or.at(on, inverse, goes_on)
        bloom = np.zeros(1 << _BLOOM, bool)
        bloom[sorted_keys >> np.uint64(64 - _BLOOM)] = True
        return cls(sorted_keys, whole, on, bloom)

    def look_up(self, atoms: Places, hashes: Hashes) -> tuple[Places, Places]:
        """The atoms whose hash is known, and the entry of each."""
        maybe = np.flatnonzero(self.bloom[hashes >> np.uint64(64 - _BLOOM)])
        entry = np.searchsorted(self.keys, hashes[maybe])
        entry = np.minimum(entry, max(0, len(self.keys) - 1))
        known = self.keys[entry] == hashes[maybe] if len(self.keys) else np.zeros(len(maybe), bool)
        return atoms[maybe[known]], entry[known]


def walk(lengths: Places) -> Places:
    """The atoms at which a leftmost-longest reading stands, in order.

    Where nothing matches it goes one atom further.
    """
    steps = np.maximum(lengths, 1).tolist()
    stands: list[int] = []
    place, end = 0, len(steps)
    add = stands.append
    while place < end:
        add(place)
        place += steps[place]
    return np.array(stands, np.int64)

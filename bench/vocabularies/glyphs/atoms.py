"""Texts as arrays: where words begin, and a number for every run of words.

An atom is the least that a glyph can stand for: the stem of a word with the one space before it,
the ending of a word, a single Chinese or Japanese character, or any other single character. A
phrase is a run of atoms: a stem, an ending, a word, several words.

Stem and ending are parted by spelling alone: at the longest of `ENDINGS` in which the word ends, if
three letters are left before it.
The list is part of the table's version, since coding depends on it.

A run is known by a 64-bit polynomial hash of its characters, read off prefix sums: the hash of any
run costs one subtraction and one product. Hashes only propose; `matching` compares characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.uint32]
Places = NDArray[np.int64]
Hashes = NDArray[np.uint64]

GAP = 0x110000  # stands between texts; no character has this number
_OTHER, _WORD, _SPACE = 0, 1, 2
_NO_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORDS = re.compile(rf"[^\W{_NO_SPACES}\u0000-\u0020]+|[\u0300-\u036f]+")
_ENGLISH = "s es ed er ing ly"
_RUSSIAN = (
    "а е и о у ы ь ю я ам ами ат ах ая ев его ее ей ем ему ет ешь ие ий им ими ит их ию ия ла ли "
    "ло ов ого ое ой ом ому ть ую ут ые ый ым ыми ых ют юю ям ями ях яя ят"
)
ENDINGS = (*_ENGLISH.split(), *_RUSSIAN.split())
_STEM = 3  # letters that an ending leaves at least
_BASE = 0x9E3779B97F4A7C15  # odd, so that its powers have inverses modulo 2^64
_STEP = 2**16


@dataclass(frozen=True)
class Atoms:
    """Texts laid end to end with a gap after each, and where their atoms begin."""

    points: Points  # [characters], gaps included
    starts: Places  # [atoms + 1], the last one is the end

    @classmethod
    def of(cls, texts: Sequence[str]) -> Atoms:
        """Atoms of some texts. No atom runs from one text into the next."""
        joined = "\0".join(texts) + "\0"
        points = np.frombuffer(joined.encode("utf-32-le"), np.uint32).copy()
        ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1) - 1
        points[ends] = GAP
        return cls(points, _starts(points))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def _sums(self) -> Hashes:
        """Σ character · base^place, before each character."""
        sums = np.zeros(len(self.points) + 1, np.uint64)
        spread = (self.points.astype(np.uint64) + np.uint64(1)) * np.uint64(0xBF58476D1CE4E5B9)
        np.cumsum(spread * _powers(_BASE, len(spread)), out=sums[1:])
        return sums

    @cached_property
    def _unshift(self) -> Hashes:
        return _powers(pow(_BASE, -1, 2**64), len(self.points) + 1)

    @cached_property
    def at_starts(self) -> tuple[Hashes, Hashes]:
        """Prefix sums and inverse powers where atoms begin."""
        return self._sums[self.starts], self._unshift[self.starts]

    def hashes(self, atoms: Places, length: int) -> Hashes:
        """Of the runs of `length` atoms that begin at these atoms; the runs must fit."""
        sums, unshift = self.at_starts
        found: Hashes = (sums[atoms + length] - sums[atoms]) * unshift[atoms]
        return found

    def spelled(self, atom: int, length: int) -> str:
        """The characters of a run."""
        run = self.points[self.starts[atom] : self.starts[atom + length]]
        return run.tobytes().decode("utf-32-le")


def _starts(points: Points) -> Places:
    kinds = _kinds()[points]
    word = kinds == _WORD
    begins = np.ones(len(points) + 1, bool)
    begins[1:-1] = ~(word[1:] & (kinds[:-1] != _OTHER))
    begins[_endings(points, word, begins)] = True
    return np.flatnonzero(begins)


def _endings(points: Points, word: NDArray[np.bool_], begins: NDArray[np.bool_]) -> Places:
    """Where the endings of words begin."""
    ends = np.flatnonzero(word[:-1] & ~word[1:]) + 1
    starts = np.flatnonzero(begins)
    starts = starts[np.searchsorted(starts, ends) - 1]
    starts = starts + (points[starts] == ord(" "))
    long = ends - starts > _STEM
    starts, ends = starts[long], ends[long]
    letters, lengths = _ending_lengths()
    last = letters[points[ends - 1]], letters[points[ends - 2]], letters[points[ends - 3]]
    found = lengths[last]
    cut = (found > 0) & (ends - found >= starts + _STEM)
    return np.asarray((ends - found)[cut])


@lru_cache(maxsize=1)
def _ending_lengths() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """A number for each letter (0: in no ending), and the length of the ending of a word whose
    last, last but one and last but two letters have these numbers."""
    alphabet = sorted(set("".join(ENDINGS)))
    letters = np.zeros(GAP + 1, np.uint8)
    letters[[ord(letter) for letter in alphabet]] = np.arange(1, len(alphabet) + 1)
    lengths = np.zeros((len(alphabet) + 1,) * 3, np.int64)
    for ending in sorted(ENDINGS, key=len):
        lengths[tuple(int(letters[ord(letter)]) for letter in reversed(ending))] = len(ending)
    return letters, lengths


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """What each code point is to an atom, uint8 [code points and the gap]."""
    points = np.arange(GAP, dtype=np.uint32)
    points[0xD800:0xE000] = 0  # surrogates are no characters
    every = points.tobytes().decode("utf-32-le")
    kinds = np.full(GAP + 1, _OTHER, np.uint8)
    for found in _WORDS.finditer(every):
        kinds[found.start() : found.end()] = _WORD
    kinds[ord(" ")] = _SPACE
    return kinds


@lru_cache(maxsize=4)
def _grown(base: int, steps: int) -> Hashes:
    powers = np.full(steps * _STEP, base, np.uint64)
    powers[0] = 1
    return np.cumprod(powers, dtype=np.uint64)


def _powers(base: int, count: int) -> Hashes:
    """1, base, base², … modulo 2^64."""
    return _grown(base, 1 << max(0, (count - 1) // _STEP).bit_length())[:count]

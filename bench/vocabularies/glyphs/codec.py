"""Text to glyph text and back, exactly.

>>> codec = Codec(GlyphTable((" of the", " key"), (2, 1)))
>>> coded = codec.encode("the key of the house")
>>> [f"{ord(c):X}" if ord(c) > 127 else c for c in coded][3:5]
['E002', 'E001']
>>> codec.decode(coded)
'the key of the house'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.checks import utf8
from bench.vocabularies.glyphs.atoms import GAP, Atoms, Places, Points
from bench.vocabularies.glyphs.matching import Matcher, walk
from bench.vocabularies.glyphs.table import GlyphTable

_CHUNK = 2**18  # characters at a time: arrays stay in the processor's cache


@dataclass(frozen=True)
class Found:
    """The glyphs in a text, left to right, none touching another's characters."""

    phrases: Places  # [glyphs]
    begins: Places  # [glyphs], characters
    ends: Places  # [glyphs]


@dataclass(frozen=True)
class Codec:
    """Writes texts with a table's glyphs, and reads them back."""

    table: GlyphTable

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.table.phrases)

    @cached_property
    def _codes(self) -> Points:
        return np.frombuffer(self.table.glyphs.encode("utf-32-le"), np.uint32)

    def find(self, text: Atoms) -> Found:
        """Leftmost longest phrases at the borders of atoms."""
        matches = self._matcher.find(text)
        stands = walk(matches.lengths)
        stands = stands[matches.phrases[stands] >= 0]
        phrases = matches.phrases[stands]
        begins, ends = text.starts[stands], text.starts[stands + matches.lengths[stands]]
        true = self._same(text.points, phrases, begins, ends)
        return Found(phrases[true], begins[true], ends[true])

    def _same(
        self, points: Points, phrases: Places, begins: Places, ends: Places
    ) -> NDArray[np.bool_]:
        """Whether the characters are those of the phrase: equal hashes only make it likely."""
        spelled = self._matcher.atoms
        lengths = ends - begins
        first = np.cumsum(lengths) - lengths
        shift = np.arange(int(lengths.sum()))
        here = shift + np.repeat(begins - first, lengths)
        there = shift + np.repeat(spelled.starts[self._matcher.firsts[phrases]] - first, lengths)
        right = np.ones(len(phrases), bool)
        wrong = np.flatnonzero(points[here] != spelled.points[there])
        right[np.searchsorted(first, wrong, side="right") - 1] = False
        return right

    def encode(self, text: str) -> str:
        """The glyph text. InputError: an unpaired surrogate."""
        return "".join(self.encode_all(_parts(text)))

    def encode_all(self, texts: Sequence[str]) -> list[str]:
        """The glyph text of each text. InputError: an unpaired surrogate."""
        utf8(texts)
        coded: list[str] = []
        for some in _batches(texts):
            coded += self._encode(some)
        return coded

    def _encode(self, texts: Sequence[str]) -> list[str]:
        atoms = Atoms.of(texts)
        found, points = self.find(atoms), atoms.points
        covered = np.zeros(len(points) + 1, np.int8)
        covered[found.begins] = 1
        covered[found.ends] -= 1
        gap = points == GAP
        spelled = (np.cumsum(covered, dtype=np.int8)[:-1] == 0) & ~gap
        escaped = spelled & self._reserved(points)
        written = spelled.astype(np.int8) + escaped
        written[found.begins] = 1
        points[found.begins] = self._codes[found.phrases]
        signs = np.repeat(points, written)
        after = np.cumsum(written, dtype=np.int64)
        signs[after[escaped] - 2] = ord(self.table.alphabet.escape)
        whole = signs.tobytes().decode("utf-32-le")
        return [whole[a:b] for a, b in pairwise([0, *after[gap].tolist()])]

    def _reserved(self, points: Points) -> NDArray[np.bool_]:
        """Which characters are glyphs or the escape sign."""
        spans = [(points >= low) & (points <= high) for low, high in self.table.alphabet.ranges]
        return np.asarray(np.logical_or.reduce(spans))

    def decode(self, coded: str, line: int = 1) -> str:
        """The text. InputError, with the place (`line`: that of its start): no glyph text."""
        parts = self._escapes.split(coded)
        plain, escaped = parts[::2], parts[1::2]
        try:
            for number, part in enumerate(plain):
                parts[2 * number] = "".join(map(self._spelling.__getitem__, part))
            if all(map(self._is_reserved.match, escaped)):
                return "".join(parts)
        except _NoGlyph:
            pass
        raise InputError(self._complaint(coded, line))

    @cached_property
    def _is_reserved(self) -> re.Pattern[str]:
        return re.compile(f"[{self.table.alphabet.pattern}]")

    @cached_property
    def _escapes(self) -> re.Pattern[str]:
        """An escape sign and the character that it stands before."""
        return re.compile(f"{self.table.alphabet.escape}(.?)", re.DOTALL)

    @cached_property
    def _spelling(self) -> _Spelling:
        pairs = zip(self.table.glyphs, self.table.phrases, strict=True)
        return _Spelling(dict(pairs), self._is_reserved)

    def _complaint(self, coded: str, line: int) -> str:
        """What is wrong with a glyph text, and at which character of which line."""
        after, known = 0, set(self.table.glyphs)
        for sign in self._is_reserved.finditer(coded):
            place, glyph = sign.start(), sign[0]
            if place < after:
                continue  # behind an escape sign
            if glyph != self.table.alphabet.escape:
                if glyph not in known:
                    return _at(coded, place, line) + (
                        f"U+{ord(glyph):04X} is no glyph of this table; decode with the table "
                        "that coded the text"
                    )
            elif self._is_reserved.match(coded, place + 1):
                after = place + 2
            else:
                return _at(coded, place, line) + (
                    f"broken escape: U+{ord(glyph):04X} must stand before a reserved character; "
                    "restore the coded file"
                )
        raise AssertionError("a sound glyph text")


class _NoGlyph(Exception):
    pass


class _Spelling(dict[str, str]):
    """Glyph -> phrase; any other character is itself, a reserved one is refused."""

    def __init__(self, phrases: dict[str, str], reserved: re.Pattern[str]) -> None:
        super().__init__(phrases)
        self._reserved = reserved

    def __missing__(self, sign: str) -> str:
        if self._reserved.match(sign):
            raise _NoGlyph
        self[sign] = sign
        return sign


def _at(coded: str, place: int, line: int) -> str:
    column = place - (coded.rfind("\n", 0, place) + 1) + 1
    return f"line {line + coded.count(chr(10), 0, place)}, character {column}: "


def _parts(text: str) -> list[str]:
    """The text in chunks that end where a line does, which no phrase runs over."""
    parts, start = [], 0
    while len(text) - start > _CHUNK:
        end = text.find("\n", start + _CHUNK) + 1
        if not end:
            break
        parts.append(text[start:end])
        start = end
    return [*parts, text[start:]]


def _batches(texts: Sequence[str]) -> list[Sequence[str]]:
    """Texts of about a chunk together."""
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    chunk = np.cumsum(sizes) // _CHUNK
    cuts = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), len(texts)]
    return [texts[a:b] for a, b in pairwise(cuts) if a < b]

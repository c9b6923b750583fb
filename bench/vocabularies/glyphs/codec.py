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

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.checks import utf8
from bench.vocabularies.glyphs.alphabet import Alphabet
from bench.vocabularies.glyphs.atoms import Atoms, Places, Points
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

    @cached_property
    def _reserved(self) -> re.Pattern[str]:
        return re.compile(f"[{self.table.alphabet.pattern}]")

    def find(self, text: Atoms) -> Found:
        """Leftmost longest phrases at word boundaries."""
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
        utf8([text])
        return "".join(self._encode(part) for part in _parts(text))

    def _encode(self, text: str) -> str:
        atoms = Atoms.of([text])
        found = self.find(atoms)
        points = atoms.points
        covered = np.zeros(len(points) + 1, np.int8)
        covered[found.begins] = 1
        covered[found.ends] -= 1
        keep = np.cumsum(covered, dtype=np.int8)[:-1] == 0
        keep[found.begins] = True
        keep[-1] = False  # the gap after the text
        literal = keep.copy()
        literal[found.begins] = False
        points[found.begins] = self._codes[found.phrases]
        written = points[keep]
        if self._reserved.search(text):
            written = self._escaped(written, literal[keep])
        return str(written.tobytes().decode("utf-32-le"))

    def _escaped(self, points: Points, literal: NDArray[np.bool_]) -> Points:
        """An escape sign before each literal character that is reserved."""
        spans = [(points >= low) & (points <= high) for low, high in self.table.alphabet.ranges]
        signs = np.flatnonzero(np.logical_or.reduce(spans) & literal)
        return np.insert(points, signs, ord(self.table.alphabet.escape)).astype(np.uint32)

    def decode(self, coded: str, line: int = 1) -> str:
        """The text. InputError, with the place (`line`: that of its start): no glyph text."""
        first, *escaped = coded.split(self.table.alphabet.escape)
        try:
            if not escaped:
                return "".join(map(self._spelling.__getitem__, first))
            return self._spell(first) + self._unescaped(escaped)
        except _Broken:
            raise InputError(self._complaint(coded, line)) from None

    def _spell(self, part: str) -> str:
        return "".join(map(self._spelling.__getitem__, part))

    def _unescaped(self, parts: Sequence[str]) -> str:
        """Each part begins with the character that was escaped; an escaped escape is empty."""
        out, after = [], iter(parts)
        escape = self.table.alphabet.escape
        for part in after:
            if part == "":
                part = escape + next(after, "")
            if not self._reserved.match(part):
                raise _Broken
            out.append(part[0] + self._spell(part[1:]))
        return "".join(out)

    @cached_property
    def _spelling(self) -> _Spelling:
        pairs = zip(self.table.glyphs, self.table.phrases, strict=True)
        return _Spelling(dict(pairs), self._reserved)

    def _complaint(self, coded: str, line: int) -> str:
        return complaint(coded, line, self.table.alphabet, self.table.glyphs)


class _Broken(Exception):
    pass


class _Spelling(dict[str, str]):
    """Glyph -> phrase; any other character is itself, a reserved one is refused."""

    def __init__(self, phrases: dict[str, str], reserved: re.Pattern[str]) -> None:
        super().__init__(phrases)
        self._reserved = reserved

    def __missing__(self, sign: str) -> str:
        if self._reserved.match(sign):
            raise _Broken
        self[sign] = sign
        return sign


def complaint(coded: str, line: int, signs: Alphabet, glyphs: str) -> str:
    """What is wrong with a glyph text, and at which character of which line."""
    place = 0
    known = set(glyphs)
    reserved = re.compile(f"[{signs.pattern}]")
    while place < len(coded):
        sign = coded[place]
        if sign == signs.escape:
            if not reserved.match(coded, place + 1):
                return _at(coded, place, line) + (
                    f"broken escape: U+{ord(sign):04X} must stand before a reserved character; "
                    "restore the coded file"
                )
            place += 1
        elif sign not in known and reserved.match(sign):
            return _at(coded, place, line) + (
                f"U+{ord(sign):04X} is no glyph of this table; decode with the table that coded "
                "the text"
            )
        place += 1
    raise AssertionError("a sound glyph text")


def _at(coded: str, place: int, line: int) -> str:
    before = coded[:place]
    column = place - (before.rfind("\n") + 1) + 1
    return f"character {column} of line {line + before.count(chr(10))}: "


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

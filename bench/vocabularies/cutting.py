"""Cutting plain text into words with arrays, as the published expressions cut it.

Byte-level BPE works inside words, and most words of a text have been seen before. Who has the words
needs to merge each distinct one once. An expression that finds them costs as much as the merging,
so the rules of the published ones (`patterns.py`) are written here over whole arrays of characters.

Plain text is letters, digits, signs and spaces whose Unicode category has not changed since version
3.2, which every engine's tables agree on. Texts with anything else (other white space, combining
marks, newer characters) are not cut here: the expression itself has them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import starmap
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.vocabularies.patterns import (
    CL100K,
    DEEPSEEK,
    GPT2,
    LLAMA3,
    O200K,
    QWEN,
    QWEN36,
    TEKKEN,
)

Mask = NDArray[np.bool_]
Kinds = NDArray[np.uint8]
Places = NDArray[np.int64]

# Kinds of character, a bit each; 0 is text that is not plain.
UPPER, LOWER, EITHER, NUMBER, SIGN, SPACE, END, HAN = (np.uint8(1 << bit) for bit in range(8))
LETTER = UPPER | LOWER | EITHER
_KIND_OF = {"Lu": UPPER, "Lt": UPPER, "Ll": LOWER, "Lm": EITHER, "Lo": EITHER}
_KIND_OF_CLASS = {"N": NUMBER, "P": SIGN, "S": SIGN}
_BEYOND = 0x10000  # the last slot of the table: everything outside the Basic Multilingual Plane
_LONG_S = 0x17F  # the same letter as "s" where case is ignored
_HAN_RANGES = ((0x4E00, 0x9FA5), (0x3040, 0x309F), (0x30A0, 0x30FF))  # as DeepSeek writes them
_APOSTROPHE = ord("'")


@dataclass(frozen=True)
class Rules:
    """What tells the published expressions apart on plain text."""

    digits: int | None  # at most so many digits are a word; None: all, with the space before them
    contraction: Literal["own", "suffix"] | None = None  # `'s`: a word, or the end of one
    any_case: bool = True  # `'S` is a contraction too
    sign_joins: bool = True  # a single sign before letters belongs to them
    case: bool = False  # a capital after a small letter starts a word
    han: bool = False  # runs of Han and kana are words of their own


RULES = {
    GPT2: Rules(None, "own", any_case=False, sign_joins=False),
    CL100K: Rules(3, "own"),
    LLAMA3: Rules(3, "own"),
    QWEN: Rules(1, "own"),
    QWEN36: Rules(1, "own"),
    O200K: Rules(3, "suffix", case=True),
    TEKKEN: Rules(1, case=True),
    DEEPSEEK: Rules(3, han=True),
}


@dataclass(frozen=True)
class Words:
    """The words of some texts: word i is `data[ends[i - 1] : ends[i]]`, in order of the texts."""

    data: bytes
    bounds: Places  # [words + 1], bytes; a separator between texts is a word too
    of_text: Mask  # [words], False for a separator
    per_text: Places  # [texts]


def plain(texts: Sequence[str], rules: Rules) -> Mask:
    """Which texts `cut` knows how to cut, bool [texts]."""
    points, kinds, ends = _read(texts)
    odd = kinds == 0
    odd[1:] |= (points[1:] == _APOSTROPHE) & (points[:-1] == _APOSTROPHE)
    if rules.case:  # the expression looks back to the last such letter
        odd[1:] |= (kinds[1:] == UPPER) & (kinds[:-1] == EITHER)
    if rules.contraction == "suffix":  # one contraction right after another
        near = np.flatnonzero(points == _APOSTROPHE)
        odd[near[1:][np.diff(near) < 4]] = True
    if rules.han:  # a sign joins English letters only
        letters = (kinds & LETTER) > 0
        odd[1:] |= letters[1:] & letters[:-1] & ((points[1:] < 128) != (points[:-1] < 128))
    known = np.ones(len(texts), bool)
    known[np.searchsorted(ends, np.flatnonzero(odd))] = False
    return known


def cut(texts: Sequence[str], rules: Rules) -> Words:
    """The words of plain texts."""
    points, kinds, ends = _read(texts)
    if rules.han:
        for first, last in _HAN_RANGES:
            kinds[(points >= first) & (points <= last)] = HAN
    places = np.flatnonzero(_starts(points, kinds, rules))
    widths = 1 + (points >= 0x80).astype(np.uint8) + (points >= 0x800)
    offsets = np.zeros(len(points) + 1, np.int64)
    np.cumsum(widths, out=offsets[1:])
    of_text = kinds[places] != END
    per_text = np.diff(np.searchsorted(places, ends), prepend=-1) - 1
    return Words(_lines(texts).encode(), np.append(offsets[places], offsets[-1]), of_text, per_text)


def _read(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Kinds, Places]:
    """Code points of all texts with an end after each, their kinds, and where the ends are."""
    points = np.frombuffer(_lines(texts).encode("utf-32-le"), np.uint32)
    kinds = _kinds()[np.minimum(points, _BEYOND)]
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(sizes + 1) - 1
    kinds[ends] = END
    return points, kinds, ends


def _lines(texts: Sequence[str]) -> str:
    """All texts, an end after each."""
    return "\n".join(texts) + "\n" if texts else ""


def _starts(points: NDArray[np.uint32], kinds: Kinds, rules: Rules) -> Mask:
    """Where a word starts, bool [characters]."""
    before = np.concatenate([[END], kinds[:-1]])
    letter, was_letter = (kinds & LETTER) > 0, (before & LETTER) > 0
    starts: Mask = (kinds != before) & ~(letter & was_letter) | (kinds == END)
    space, after_space = kinds == SPACE, before == SPACE
    joins = [LETTER, SIGN, *([NUMBER] if rules.digits is None else [])]
    starts &= ~(after_space & (kinds & np.bitwise_or.reduce(joins) > 0))
    starts |= space & after_space & _lets_go(kinds, rules)
    if rules.sign_joins:
        starts &= ~_joined_by_sign(points, kinds, before, rules)
    if rules.case:
        starts |= (kinds == UPPER) & (before == LOWER)
    if rules.digits:
        _cut_numbers(starts, kinds, rules.digits)
    if rules.contraction:
        _cut_contractions(starts, points, kinds, rules)
    return starts


def _lets_go(kinds: Kinds, rules: Rules) -> Mask:
    """Whether a run of spaces gives its last one, if this is it, to what follows."""
    follows = np.append(kinds[1:], END)
    keeps = SPACE | END | (NUMBER | HAN if rules.han else np.uint8(0))
    free: Mask = (follows & keeps) == 0
    return free


def _joined_by_sign(points: NDArray[np.uint32], kinds: Kinds, before: Kinds, rules: Rules) -> Mask:
    """Letters right after a sign that stands alone, no space before it."""
    long_before = np.concatenate([[END], before[:-1]])
    joined: Mask = ((kinds & LETTER) > 0) & (before == SIGN) & ((long_before & (SIGN | SPACE)) == 0)
    if rules.han:
        joined &= (points < 128) & (np.concatenate([[0], points[:-1]]) < 128)
    return joined


def _cut_numbers(starts: Mask, kinds: Kinds, digits: int) -> None:
    """Every run of digits in pieces of `digits`, from its start."""
    places = np.flatnonzero(kinds == NUMBER)
    if digits == 1 or not len(places):
        starts[places] = True
        return
    first = np.diff(places, prepend=-2) > 1
    begin = np.maximum.accumulate(np.where(first, places, 0))
    starts[places] = (places - begin) % digits == 0


def _cut_contractions(starts: Mask, points: NDArray[np.uint32], kinds: Kinds, rules: Rules) -> None:
    """`'s`, `'t`, `'re`, … each after what it shortens."""
    places = np.flatnonzero((points[:-1] == _APOSTROPHE) & ((kinds[1:] & LETTER) > 0))
    previous = kinds[places - 1]
    previous[places == 0] = END
    if rules.contraction == "own":
        places = places[(previous & (SIGN | SPACE)) == 0]
    else:
        places = places[(previous & LETTER) > 0]
    first, second = (_folded(points, places + shift, rules.any_case) for shift in (1, 2))
    pairs = starmap(_length, zip(first.tolist(), second.tolist(), strict=True))
    lengths = np.fromiter(pairs, np.int64, len(places))
    places, lengths = places[lengths > 0], lengths[lengths > 0]
    starts[places] = rules.contraction == "own"
    starts[places + 1] = False
    starts[places[lengths == 2] + 2] = False
    starts[places + 1 + lengths] = True


def _folded(points: NDArray[np.uint32], places: Places, any_case: bool) -> NDArray[Any]:
    found = points[np.minimum(places, len(points) - 1)]
    return np.where((found >= 65) & (found <= 90), found + 32, found) if any_case else found


def _length(first: int, second: int) -> int:
    """Letters of the contraction that these two begin, 0 if they begin none."""
    if chr(first) in "sdmt":
        return 1
    return 2 if (chr(first) + chr(second)) in ("ll", "ve", "re") else 0


@cache
def _kinds() -> Kinds:
    """The kind of each code point of the Basic Multilingual Plane, and 0 for all beyond."""
    old = unicodedata.ucd_3_2_0.category
    table = np.zeros(_BEYOND + 1, np.uint8)
    for point in range(_BEYOND):
        character = chr(point)
        now = unicodedata.category(character)
        kind = _KIND_OF.get(now) or _KIND_OF_CLASS.get(now[0])
        if kind is not None and old(character) == now:
            table[point] = kind
    table[_LONG_S] = 0
    table[ord(" ")] = SPACE
    return table

"""Runs of atoms that a text repeats: what a glyph might stand for.

Runs of one atom are counted, then of two among those whose parts are repeated, and so on: a run can
be repeated only if the runs at its two ends, shorter by one atom, are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.glyphs.atoms import GAP, Atoms, Hashes, Places
from bench.vocabularies.glyphs.table import LONGEST

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Limits:
    """What a phrase may be: `longest` atoms, or with `lines` a whole line of more."""

    longest: int = 16
    lines: bool = True
    minimum: int = 2  # occurrences; a phrase seen once is an accident of the sample

    @property
    def atoms(self) -> int:
        """Atoms of the longest phrase that a table can hold: each has a character at least."""
        return LONGEST if self.lines else min(self.longest, LONGEST)

    def __post_init__(self) -> None:
        if self.longest < 1 or self.minimum < 2:
            raise InputError("a phrase has at least 1 atom and occurs at least 2 times; "
                             f"got {self.longest} and {self.minimum}")  # fmt: skip


LIMITS = Limits()


@dataclass(frozen=True)
class Kinds:
    """The distinct atoms of a text, in the order in which they come first."""

    of: Places  # [atoms of the text], the kind of each
    spelled: list[str]  # [kinds]; "\\0" for a gap
    counts: Places  # [kinds]
    gap: Mask  # [kinds]

    @classmethod
    def in_text(cls, text: Atoms) -> Kinds:
        """Told apart by their hashes."""
        first, kinds, counts = _unique(text.hashes(np.arange(len(text)), 1))
        begins, ends = text.starts[first].tolist(), text.starts[first + 1].tolist()
        whole = characters(text)
        spelled = [whole[a:b] for a, b in zip(begins, ends, strict=True)]
        return cls(kinds, spelled, counts, text.points[text.starts[first]] == GAP)


def characters(text: Atoms) -> str:
    """All characters of a text, "\\0" for a gap."""
    points = np.where(text.points == GAP, 0, text.points).astype(np.uint32)
    return points.tobytes().decode("utf-32-le")


def repeated(text: Atoms, allowed: Mask, limits: Limits) -> Iterator[tuple[int, Places, Places]]:
    """By length in atoms: where each repeated run of allowed atoms begins, and its occurrences.

    `allowed` [atoms] says what may be part of a run; a gap may not.
    """
    alive, length = np.flatnonzero(allowed), 1
    while len(alive) and length <= limits.atoms:
        first, inverse, counts = _unique(text.hashes(alive, length))
        often = counts >= limits.minimum
        found, occurrences = alive[first[often]], counts[often]
        if length > limits.longest:
            whole = _whole_lines(text, found, length)
            found, occurrences = found[whole], occurrences[whole]
        yield length, found, occurrences
        alive = alive[often[inverse]]
        alive = alive[_goes_on(text, allowed, alive, length)]
        length += 1


def _goes_on(text: Atoms, allowed: Mask, alive: Places, length: int) -> Mask:
    """Whether the run one atom longer may be repeated: its tail is."""
    tails = np.zeros(len(text) + 1, bool)
    tails[alive] = True
    ends = allowed[np.minimum(alive + length, len(text) - 1)]
    return np.asarray(tails[alive + 1] & ends)


def _whole_lines(text: Atoms, atoms: Places, length: int) -> Mask:
    ends = text.points[text.starts[atoms + length]] == GAP
    begins = (atoms == 0) | (text.points[text.starts[atoms] - 1] == GAP)
    return np.asarray(begins & ends)


def _unique(hashes: Hashes) -> tuple[Places, Places, Places]:
    """In the order of first occurrence: where each comes first, the number of each, counts."""
    _, first, inverse, counts = np.unique(
        hashes, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[inverse], counts[order]

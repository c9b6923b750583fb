"""What a stream leaves behind: sums by group of documents, and histograms. They add up.

Document number d of the stream is summed into group d mod `groups`, as `resampling.grouped` does.
So memory does not grow with the text, and with fewer documents than groups nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.resampling import GROUPS

if TYPE_CHECKING:
    from bench.tokenization import TextStatistics, TokenStatistics
    from bench.tokenization.statistics import VocabularyFacts

Counts = NDArray[np.int64]


@dataclass
class Documents:
    """The documents so far: how many, Σ of their squared sizes, and the one that is open."""

    number: int = 0
    squares: int = 0
    last: str | None = None
    size: int = 0  # of the last one so far

    def place(self, names: Sequence[str]) -> Counts:
        """The number of the document of each unit; a document's units stand together.

        A unit without a document's name is one of its own.
        """
        placed = np.empty(len(names), np.int64)
        for unit, name in enumerate(names):
            if name != self.last or not name:
                self.number, self.last, self.size = self.number + 1, name, 0
            self.squares += 2 * self.size + 1  # (m + 1)² - m²
            self.size += 1
            placed[unit] = self.number - 1
        return placed


@dataclass(frozen=True)
class FamilySums:
    """One vocabulary family: tokens by group [groups, languages]; the rest by language."""

    tokens: Counts
    unknown: Counts  # [languages], UNK tokens
    lost: Counts  # [languages], units that do not come back
    histograms: tuple[Counts, ...] = field(repr=False)
    vocabularies: tuple[VocabularyFacts, ...] = field(repr=False)

    @classmethod
    def of(cls, seen: TokenStatistics, place: Counts, groups: int) -> FamilySums:
        """The sums of one batch, whose unit i is in group `place[i]`."""
        return cls(_grouped(seen.tokens, place, groups), seen.unknown.sum(axis=0),
                   (~seen.round_trip).sum(axis=0), seen.histograms, seen.vocabularies)  # fmt: skip

    def plus(self, other: FamilySums, shift: int = 0) -> FamilySums:
        """Both; group g of the other is group g + `shift` here."""
        pairs = list(zip(self.vocabularies, other.vocabularies, strict=True))
        if any(a.digest != b.digest for a, b in pairs):
            raise InputError(f"two vocabularies are called {pairs[0][0].name!r}: parts of one text "
                             "are added only if they were encoded with the same")  # fmt: skip
        histograms = zip(self.histograms, other.histograms, strict=True)
        return FamilySums(
            self.tokens + np.roll(other.tokens, shift, axis=0),
            self.unknown + other.unknown,
            self.lost + other.lost,
            tuple(a + b for a, b in histograms),
            tuple(replace(a, partial=a.partial | b.partial) for a, b in pairs),
        )


@dataclass(frozen=True)
class Sums:
    """Everything seen so far; `sizes` [groups, 1 + 2 · languages] are units, bytes, characters."""

    languages: tuple[str, ...]
    sizes: Counts
    families: Mapping[str, FamilySums]
    documents: Documents
    dropped: int = 0  # units with no text in some language
    finished: bool = False  # read to the end, of the text or of its part

    @classmethod
    def nothing(cls, languages: Sequence[str], groups: int = GROUPS) -> Sums:
        """Before the first batch."""
        sizes = np.zeros((groups, 1 + 2 * len(languages)), np.int64)
        return cls(tuple(languages), sizes, {}, Documents())

    @property
    def groups(self) -> int:
        """In how many groups documents are summed."""
        return len(self.sizes)

    @property
    def units(self) -> int:
        """Units seen."""
        return int(self.sizes[:, 0].sum())

    def with_batch(
        self,
        names: Sequence[str],
        texts: TextStatistics,
        tokens: Mapping[str, TokenStatistics],
        dropped: int,
    ) -> Sums:
        """And one batch more; `names` are the documents of its units."""
        documents = replace(self.documents)
        place = documents.place(names) % self.groups
        columns = np.hstack([np.ones((len(names), 1), np.int64), texts.bytes, texts.characters])
        found = {name: FamilySums.of(one, place, self.groups) for name, one in tokens.items()}
        families = {n: self.families[n].plus(f) if n in self.families else f
                    for n, f in found.items()}  # fmt: skip
        sizes = self.sizes + _grouped(columns, place, self.groups)
        return Sums(self.languages, sizes, families, documents, self.dropped + dropped)

    def skipping(self, dropped: int) -> Sums:
        """The same, with so many units dropped."""
        return replace(self, dropped=self.dropped + dropped)

    def plus(self, other: Sums) -> Sums:
        """Both parts of a text, this one first: the same as if it had been read in one go.

        Raises InputError for parts of different languages, vocabularies or numbers of groups.
        """
        mine, theirs = ((one.languages, one.groups, sorted(one.families)) for one in (self, other))
        if mine != theirs:
            raise InputError(f"parts of different runs: {mine} and {theirs}: add parts of one")
        shift = self.documents.number % self.groups
        families = {n: f.plus(other.families[n], shift) for n, f in self.families.items()}
        documents = replace(
            other.documents,
            number=self.documents.number + other.documents.number,
            squares=self.documents.squares + other.documents.squares,
        )
        sizes = self.sizes + np.roll(other.sizes, shift, axis=0)
        return Sums(self.languages, sizes, families, documents, self.dropped + other.dropped,
                    self.finished and other.finished)  # fmt: skip


def _grouped(columns: Counts, place: Counts, groups: int) -> Counts:
    found = np.zeros((groups, columns.shape[1]), np.int64)
    np.add.at(found, place, columns)
    return found

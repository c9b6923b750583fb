"""Which phrases get a glyph: many candidates, then the least useful are dropped, again and again.

A candidate is a run of atoms seen at least twice. It starts with the gain that it would have
alone: count · (cost of spelling it − 1). Then the text is read with the whole table (leftmost
longest match), each phrase's loss is what its uses would cost without it,

    loss(p) = uses(p) · (cost of p by the other glyphs and by spelling − 1),

and the quarter with the smallest losses goes, until the size is met. This is how Unigram
vocabularies are pruned (Kudo 2018, arXiv 1804.10959), with longest match in place of the lattice.
Everything is integer arithmetic with fixed ties, so the same text gives the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.checks import utf8
from bench.vocabularies.glyphs.alphabet import PRIVATE, Alphabet
from bench.vocabularies.glyphs.atoms import GAP, Atoms, Hashes, Places
from bench.vocabularies.glyphs.matching import Matcher, walk
from bench.vocabularies.glyphs.table import GlyphTable, is_phrase

Spelling = Callable[[Sequence[str]], NDArray[np.int64]]  # distinct atoms -> what each costs

MINIMUM = 2  # a phrase seen once is an accident of the sample
_SEEDS = 8  # candidates for each glyph of the table
_KEPT = 0.75  # of the phrases, in each round


@dataclass(frozen=True)
class Limits:
    """What a phrase may be: `longest` atoms; whole lines may be longer if `lines` is set."""

    longest: int = 12
    lines: bool = True
    minimum: int = MINIMUM


def characters(atoms: Sequence[str]) -> NDArray[np.int64]:
    """Spelling costs one for each character: makes the glyph text short."""
    return np.fromiter(map(len, atoms), np.int64, len(atoms))


def learn(
    texts: Sequence[str],
    size: int,
    *,
    spelling: Spelling = characters,
    limits: Limits = Limits(),
    signs: Alphabet = PRIVATE,
) -> GlyphTable:
    """A table of exactly `size` glyphs; InputError if the texts have fewer useful phrases."""
    for table in tables(texts, [size], spelling=spelling, limits=limits, signs=signs):
        return table
    raise AssertionError("no size")


def tables(
    texts: Sequence[str],
    sizes: Sequence[int],
    *,
    spelling: Spelling = characters,
    limits: Limits = Limits(),
    signs: Alphabet = PRIVATE,
) -> Iterator[GlyphTable]:
    """One table for each size, the largest first, from one run of the pruning."""
    utf8(texts)
    learner = _Learner(_lines(texts), spelling, limits, signs)
    wanted = sorted(set(sizes), reverse=True)
    phrases = learner.candidates(_SEEDS * wanted[0])
    for size in wanted:
        phrases, uses = learner.prune(phrases, size)
        yield _table(phrases, uses, signs)


def _table(phrases: Sequence[str], uses: Places, signs: Alphabet) -> GlyphTable:
    """The most used first."""
    order = sorted(range(len(phrases)), key=lambda place: (-int(uses[place]), phrases[place]))
    return GlyphTable(
        tuple(phrases[place] for place in order), tuple(int(uses[place]) for place in order), signs
    )


def _lines(texts: Sequence[str]) -> list[str]:
    """No phrase runs over the end of a line, so that a text can be coded line by line."""
    return [line for text in texts for line in text.split("\n")]


class _Learner:
    def __init__(
        self, lines: Sequence[str], spelling: Spelling, limits: Limits, signs: Alphabet
    ) -> None:
        self.text, self.limits, self.signs = Atoms.of(lines), limits, signs
        first, self.kinds, self.spelled = _distinct(self.text)
        self.allowed = np.array([is_phrase(atom, signs) for atom in self.spelled])[self.kinds]
        costs = spelling(self.spelled)
        costs[first_gap(self.text, first)] = 0
        self.cost_before = np.concatenate([[0], np.cumsum(costs[self.kinds])])
        self.by_atom = dict(zip(self.spelled, costs.tolist(), strict=True))

    def cost(self, atoms: Places, length: int) -> Places:
        """What spelling the runs of `length` atoms costs."""
        return np.asarray(self.cost_before[atoms + length] - self.cost_before[atoms])

    def candidates(self, count: int) -> list[str]:
        """The phrases of the largest gain, had each the text for itself."""
        found: list[tuple[int, str]] = []
        for length, atoms, counts in self._repeated():
            gains = counts * (self.cost(atoms, length) - 1)
            best = np.argsort(-gains, kind="stable")[:count]
            for place in best[gains[best] > 0].tolist():
                found.append((-int(gains[place]), self.text.spelled(int(atoms[place]), length)))
        phrases = (phrase for _, phrase in sorted(found))
        return [phrase for phrase in phrases if is_phrase(phrase, self.signs)][:count]

    def _repeated(self) -> Iterator[tuple[int, Places, Places]]:
        """By length: an atom where each repeated run begins, and how often it occurs."""
        alive = np.flatnonzero(self.allowed)
        length = 1
        longest = np.iinfo(np.int64).max if self.limits.lines else self.limits.longest
        while len(alive) and length <= longest:
            hashes = self.text.hashes(alive, length)
            first, inverse, counts = _unique(hashes)
            often = counts >= self.limits.minimum
            if length <= self.limits.longest:
                yield length, alive[first[often]], counts[often]
            elif (whole := self._whole_lines(alive[first[often]], length)).any():
                yield length, alive[first[often]][whole], counts[often][whole]
            alive = alive[often[inverse]]
            alive = alive[self._goes_on(alive, length)]
            length += 1

    def _whole_lines(self, atoms: Places, length: int) -> NDArray[np.bool_]:
        points, starts = self.text.points, self.text.starts
        ends = points[starts[atoms + length]] == GAP
        begins = (atoms == 0) | (points[starts[atoms] - 1] == GAP)
        return np.asarray(begins & ends)

    def _goes_on(self, alive: Places, length: int) -> NDArray[np.bool_]:
        """Whether the run one atom longer may be a phrase and may be repeated: its tail is."""
        tails = np.zeros(len(self.text) + 1, bool)
        tails[alive] = True
        allowed = self.allowed[np.minimum(alive + length, len(self.text) - 1)]
        return np.asarray(tails[alive + 1] & allowed)

    def prune(self, phrases: list[str], size: int) -> tuple[list[str], Places]:
        """Drop the least useful until `size` are left; the phrases and their uses."""
        losses = self.losses(phrases)[1]
        while True:
            useful = np.flatnonzero(losses > 0)
            if len(useful) < size:
                raise InputError(
                    f"the text supports {len(useful):,} useful glyphs, {size:,} were asked for; "
                    "ask for fewer or give more text"
                )
            phrases, losses = [phrases[place] for place in useful.tolist()], losses[useful]
            kept = _largest(losses, max(size, int(len(phrases) * _KEPT)))
            chosen = [phrases[place] for place in kept.tolist()]
            uses, remaining = self.losses(chosen)
            if len(chosen) > size:
                phrases, losses = chosen, remaining
            elif (remaining > 0).all():
                return chosen, uses
            else:  # some are never read beside these; others take their place
                losses[kept[remaining <= 0]] = 0

    def losses(self, phrases: Sequence[str]) -> tuple[Places, Places]:
        """Uses of each phrase, and what they would cost without it."""
        matcher = Matcher(phrases)
        matches = matcher.find(self.text)
        stands = walk(matches.lengths)
        read = matches.phrases[stands]
        uses = np.bincount(read[read >= 0], minlength=len(phrases))
        return uses, uses * (self._otherwise(matcher) - 1)

    def _otherwise(self, matcher: Matcher) -> Places:
        """What each phrase costs by the other phrases: longest match, itself left out."""
        own = matcher.atoms
        matches = matcher.find(own)
        lengths = matches.lengths
        lengths[matcher.firsts] = matches.shorter[matcher.firsts]
        stands = walk(lengths)
        costs = np.where(lengths[stands] > 0, 1, self._spelled_cost(own, stands))
        phrase_of = np.searchsorted(matcher.firsts, stands, side="right") - 1
        return np.bincount(phrase_of, weights=costs, minlength=len(matcher.phrases)).astype(
            np.int64
        )

    def _spelled_cost(self, own: Atoms, stands: Places) -> Places:
        ends = own.starts[stands + 1]
        begins = own.starts[stands]
        joined = (
            np.where(own.points == GAP, 0, own.points)
            .astype(np.uint32)
            .tobytes()
            .decode("utf-32-le")
        )
        cost = self.by_atom
        spans = zip(begins.tolist(), ends.tolist(), strict=True)
        return np.array([cost.get(joined[a:b], 0) for a, b in spans], np.int64)


def _largest(values: Places, count: int) -> Places:
    """Where the largest values are, in the order of their places."""
    return np.sort(np.argsort(-values, kind="stable")[:count])


def first_gap(text: Atoms, first: Places) -> NDArray[np.bool_]:
    """Which distinct atoms are gaps."""
    return np.asarray(text.points[text.starts[first]] == GAP)


def _distinct(text: Atoms) -> tuple[Places, Places, list[str]]:
    """Where each distinct atom comes first, the distinct atom of each atom, their characters."""
    first, kinds, _ = _unique(text.hashes(np.arange(len(text)), 1))
    points = np.where(text.points == GAP, 0, text.points).astype(np.uint32)
    joined = points.tobytes().decode("utf-32-le")
    begins, ends = text.starts[first], text.starts[first + 1]
    spelled = [joined[a:b] for a, b in zip(begins.tolist(), ends.tolist(), strict=True)]
    return first, kinds, spelled


def _unique(hashes: Hashes) -> tuple[Places, Places, Places]:
    """In the order of first occurrence: where each comes first, the number of each, counts."""
    _, first, inverse, counts = np.unique(
        hashes, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[inverse], counts[order]

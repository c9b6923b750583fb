"""Which phrases get a glyph: many candidates, then the least useful are dropped, again and again.

A candidate is a run of atoms seen at least twice (`runs`). It starts with the gain that it would
have alone. Then the text is read with the whole table (leftmost longest match), each phrase's loss
is what its uses would cost without it,

    loss(p) = uses(p) · (cost of p by the other glyphs and by spelling - cost of its glyph),

and the quarter with the smallest losses goes, until the size is met. This is how Unigram
vocabularies are pruned (Kudo 2018, arXiv 1804.10959), with longest match in place of the lattice.
Everything is integer arithmetic with fixed ties, so the same text gives the same table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from bench.errors import InputError
from bench.vocabularies.checks import utf8
from bench.vocabularies.glyphs.alphabet import PRIVATE, Alphabet
from bench.vocabularies.glyphs.atoms import GAP, Atoms, Places
from bench.vocabularies.glyphs.gains import Gains, signs
from bench.vocabularies.glyphs.matching import Matcher, walk
from bench.vocabularies.glyphs.runs import LIMITS, Kinds, Limits, characters, repeated
from bench.vocabularies.glyphs.table import GlyphTable, is_phrase

_SEEDS, _FEWEST = 8, 4096  # candidates for each glyph of the table, and for a small one
_KEPT = 0.75  # of the phrases, in each round


def learn(
    texts: Sequence[str],
    size: int,
    *,
    gains: Gains = signs,
    limits: Limits = LIMITS,
    alphabet: Alphabet = PRIVATE,
) -> GlyphTable:
    """A table of exactly `size` glyphs; InputError if the texts have fewer useful phrases."""
    return next(tables(texts, [size], gains=gains, limits=limits, alphabet=alphabet))


def tables(
    texts: Sequence[str],
    sizes: Sequence[int],
    *,
    gains: Gains = signs,
    limits: Limits = LIMITS,
    alphabet: Alphabet = PRIVATE,
) -> Iterator[GlyphTable]:
    """One table for each size, the largest first, from one run of the pruning."""
    utf8(texts)
    wanted = sorted(set(sizes), reverse=True)
    if wanted[-1] < 1:
        raise InputError(f"a table of {wanted[-1]} glyphs is none; ask for at least one")
    alphabet.glyphs(wanted[0])  # refuses what it has no glyphs for, before any work
    learner = _Learner(_lines(texts), gains, alphabet)
    phrases = learner.candidates(max(_FEWEST, _SEEDS * wanted[0]), limits)
    for size in wanted:
        phrases, uses = learner.prune(phrases, size)
        yield _table(phrases, uses, alphabet)


def _table(phrases: Sequence[str], uses: Places, alphabet: Alphabet) -> GlyphTable:
    """The most used first."""
    order = sorted(range(len(phrases)), key=lambda place: (-int(uses[place]), phrases[place]))
    chosen = tuple(phrases[place] for place in order)
    return GlyphTable(chosen, tuple(int(uses[place]) for place in order), alphabet)


def _lines(texts: Sequence[str]) -> list[str]:
    """No phrase runs over the end of a line, so that a text can be coded line by line.

    A carriage return before the end is no part of the line: it would keep whole lines from ending.
    """
    return [line.removesuffix("\r") for text in texts for line in text.split("\n")]


class _Learner:
    """A text read again and again, and what its atoms and glyphs cost."""

    def __init__(self, lines: Sequence[str], gains: Gains, alphabet: Alphabet) -> None:
        self.text, self.alphabet = Atoms.of(lines), alphabet
        kinds = Kinds.in_text(self.text)
        self.allowed = np.array([is_phrase(one, alphabet) for one in kinds.spelled])[kinds.of]
        often: Counter[str] = Counter()  # a NUL of the text is spelled as a gap is
        for spelled, count in zip(kinds.spelled, kinds.counts.tolist(), strict=True):
            often[spelled] += count
        self.gain = gains(often)
        costs = np.where(kinds.gap, 0, self.gain.spelling(kinds.spelled))
        self.cost_before = np.concatenate([[0], np.cumsum(costs[kinds.of])])
        told = zip(kinds.spelled, costs.tolist(), kinds.gap.tolist(), strict=True)
        self.cost = {spelled: cost for spelled, cost, gap in told if not gap}

    def candidates(self, count: int, limits: Limits) -> list[str]:
        """The phrases of the largest gain, had each the text for itself."""
        found: list[tuple[int, str]] = []
        for length, atoms, counts in repeated(self.text, self.allowed, limits):
            spelled = self.cost_before[atoms + length] - self.cost_before[atoms]
            gains = counts * (spelled - self.gain.price(counts))
            best = np.argsort(-gains, kind="stable")[:count]
            for place in best[gains[best] > 0].tolist():
                found.append((-int(gains[place]), self.text.spelled(int(atoms[place]), length)))
        phrases = (phrase for _, phrase in sorted(found))
        return [phrase for phrase in phrases if is_phrase(phrase, self.alphabet)][:count]

    def prune(self, phrases: list[str], size: int) -> tuple[list[str], Places]:
        """Drop the least useful until `size` are left; the phrases and their uses."""
        losses = self.losses(phrases)[1] if phrases else np.zeros(0, np.int64)
        while True:
            useful = np.flatnonzero(losses > 0)
            if len(useful) < size:
                raise InputError(
                    f"the text supports about {len(useful):,} useful glyphs, {size:,} were asked "
                    "for; ask for fewer or give more text"
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
        """Uses of each phrase, and what they would cost more without it."""
        matcher = Matcher(phrases)
        matches = matcher.find(self.text)
        read = matches.phrases[walk(matches.lengths)]
        uses = np.bincount(read[read >= 0], minlength=len(phrases))
        prices = self.gain.price(uses)
        return uses, uses * (self._otherwise(matcher, prices) - prices)

    def _otherwise(self, matcher: Matcher, prices: Places) -> Places:
        """What each phrase costs by the other phrases: longest match, itself left out."""
        own, first = matcher.atoms, matcher.firsts
        matches = matcher.find(own)
        lengths, phrases = matches.lengths, matches.phrases
        lengths[first], phrases[first] = matches.shorter[first], matches.second[first]
        stands = walk(lengths)
        read = phrases[stands]
        costs = np.where(read >= 0, prices[read], self._spelled_out(own, stands))
        whole = np.searchsorted(first, stands, side="right") - 1
        total = np.bincount(whole, weights=costs, minlength=len(matcher.phrases))
        return np.asarray(total.astype(np.int64))

    def _spelled_out(self, own: Atoms, stands: Places) -> Places:
        """The cost of spelling out single atoms; of a gap none."""
        whole = characters(own)
        spans = zip(own.starts[stands].tolist(), own.starts[stands + 1].tolist(), strict=True)
        costs = np.array([self.cost.get(whole[a:b], 0) for a, b in spans], np.int64)
        return np.where(own.points[own.starts[stands]] == GAP, 0, costs)


def _largest(values: Places, count: int) -> Places:
    """Where the largest values are, in the order of their places."""
    return np.sort(np.argsort(-values, kind="stable")[:count])

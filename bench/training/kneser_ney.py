"""Interpolated modified Kneser-Ney over token sequences, in numpy.

Chen & Goodman 1999, with the adjusted counts of Heafield et al. 2013: an n-gram of the highest
order, or one that begins where its sequence begins, counts how often it occurs; any other counts
how many different tokens precede it. Below the unigrams lies the uniform distribution over all V+1
ids. The start of a sequence is a symbol of its own: it is history, never predicted.

An n-gram is a number: the rank of (history's number, last token) among all such pairs in train, so
that training is a sort per order and scoring a binary search per order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.training.batches import Ints, Sequences, Stream, lengths

Floats = NDArray[np.float64]
UNSEEN = -1


@dataclass(frozen=True)
class _Order:
    """The n-grams of one order: sorted keys, and what smoothing needs of each."""

    keys: Ints  # history · ids + token, sorted
    kept: Floats  # (adjusted count - discount) / total of the history
    backoff: Floats  # [histories] weight of the lower order, 1 where nothing followed


class KneserNey:
    """An n-gram model of a train stream; raises nothing, for every id has some probability."""

    def __init__(self, stream: Stream, sequences: Sequences, order: int = 5) -> None:
        self._ids = stream.eou + 2  # tokens, EOU, start
        tokens, depth = _laid_out(stream, sequences)
        numbers = [_unigrams(tokens, depth)]
        keys = [np.arange(self._ids)]
        for n in range(2, order + 1):
            pairs = _pairs(numbers[-1], tokens, depth, n, self._ids)
            inside = pairs >= 0
            known, inverse = np.unique(pairs[inside], return_inverse=True)
            keys.append(known)
            numbers.append(np.full(len(tokens), UNSEEN))
            numbers[-1][inside] = inverse
        self._orders = [self._smooth(n, keys, numbers, depth) for n in range(1, order + 1)]

    def unit_bits(self, stream: Stream, sequences: Sequences) -> Floats:
        """Bits of each unit, float64 [units]; `sequences` must hold every unit in order."""
        tokens, depth = _laid_out(stream, sequences)
        predicted = self._probabilities(tokens, depth)[depth > 0]
        return np.add.reduceat(-np.log2(predicted), stream.starts[:-1])

    def _smooth(self, n: int, keys: list[Ints], numbers: list[Ints], depth: Ints) -> _Order:
        """Discounted counts of order n and the weight that each history leaves to order n - 1."""
        counts = _adjusted(n, keys, numbers, depth)
        discounts = _discounts(counts)
        history = keys[n - 1] // self._ids if n > 1 else np.zeros(self._ids, np.int64)
        histories = len(keys[n - 2]) if n > 1 else 1
        taken = discounts[np.minimum(counts, 3)]
        totals = np.bincount(history, counts, histories)
        left = np.bincount(history, taken, histories)
        seen = totals > 0
        backoff = np.divide(left, totals, out=np.ones(histories), where=seen)
        kept = np.divide(counts - taken, totals[history], out=np.zeros(len(counts)),
                         where=seen[history])  # fmt: skip
        return _Order(keys[n - 1], kept, backoff)

    def _probabilities(self, tokens: Ints, depth: Ints) -> Floats:
        """Of each token after its history, interpolated from the unigrams up."""
        found = np.full(len(tokens), 1.0 / (self._ids - 1))
        number = np.zeros(len(tokens), np.int64)  # the empty history
        for n, order in enumerate(self._orders, start=1):
            history = np.roll(number, 1) if n > 1 else number
            usable = (depth >= n - 1) & (history != UNSEEN) & (depth > 0 if n == 1 else True)
            key = history * self._ids + tokens
            place = np.minimum(np.searchsorted(order.keys, key), len(order.keys) - 1)
            known = usable & (order.keys[place] == key)
            lower = np.where(usable, order.backoff[np.where(usable, history, 0)], 1.0) * found
            found = lower + np.where(known, order.kept[place], 0.0)
            number = tokens.copy() if n == 1 else np.where(known, place, UNSEEN)
        return found


def _laid_out(stream: Stream, sequences: Sequences) -> tuple[Ints, Ints]:
    """Sequences one after the other, each after its start symbol, and each token's depth in it."""
    sizes = lengths(sequences, stream)
    ends = np.cumsum(sizes + 1)
    starts = ends - sizes - 1
    depth = np.arange(int(ends[-1])) - np.repeat(starts, sizes + 1)
    tokens = np.full(len(depth), stream.eou + 1, np.int64)
    first = np.repeat(stream.starts[sequences.starts], sizes)
    tokens[depth > 0] = stream.ids[first + depth[depth > 0] - 1]
    return tokens, depth


def _unigrams(tokens: Ints, depth: Ints) -> Ints:
    return tokens.copy()


def _pairs(lower: Ints, tokens: Ints, depth: Ints, n: int, ids: int) -> Ints:
    """(number of the history, token) as one key where n tokens of a sequence are there, else -1."""
    history = np.roll(lower, 1)
    return np.where(depth >= n - 1, history * ids + tokens, UNSEEN)


def _adjusted(n: int, keys: list[Ints], numbers: list[Ints], depth: Ints) -> Ints:
    """Adjusted counts of the n-grams of order n; 0 for the start symbol alone."""
    size, mine = len(keys[n - 1]), numbers[n - 1]
    at_start = depth == n - 1
    if n == len(keys):
        return np.bincount(mine[depth >= n - 1], minlength=size)
    counts = np.bincount(mine[at_start], minlength=size) if n > 1 else np.zeros(size, np.int64)
    longer = numbers[n]
    inside = np.flatnonzero(longer != UNSEEN)
    _, representative = np.unique(longer[inside], return_index=True)
    return counts + np.bincount(mine[inside[representative]], minlength=size)


def _discounts(counts: Ints) -> Floats:
    """Discounts of counts 0, 1, 2 and 3+, from how many n-grams occur once to four times."""
    n1, n2, n3, n4 = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(float)
    fallback = np.array([0.0, 0.5, 1.0, 1.5])
    if min(n1, n2, n3) == 0:
        return fallback
    y = n1 / (n1 + 2 * n2)
    found = np.array([0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    valid = (found[1:] > 0) & (found[1:] <= [1.0, 2.0, 3.0])
    return found if valid.all() else fallback

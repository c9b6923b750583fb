"""Meaning batches: at step t every language has seen the same aligned units in the same order.

A sequence is up to k whole units of one document. Which units make a sequence, and which sequences
make a step, never depends on a language; what differs between languages is how many tokens the
same units take. Position is data: step t of an epoch follows from (seed, epoch) alone, so a run
resumes anywhere without a loader's state.

A sequence of units u1 u2 … is read as `[EOU] u1 EOU u2 EOU …`. The one extra id, EOU = V, starts a
sequence and ends every unit, so a model over V tokens has V + 1 ids, and the targets of a sequence
are its tokens and one EOU a unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
LENGTH_QUANTILE = 0.999
IGNORED = -100  # the target of a padded position: no loss, no gradient
CHUNK_PRICE = 64  # padded tokens that one more forward and backward pass is worth


@dataclass(frozen=True)
class Stream:
    """All units of one language and split in one array, each followed by EOU.

    Unit i is `ids[starts[i] : starts[i + 1]]`, its EOU included.
    """

    ids: NDArray[np.int32]  # [tokens + units]
    starts: Ints  # [units + 1]
    eou: int

    @classmethod
    def of(cls, ids: NDArray[np.integer], offsets: Ints, eou: int) -> "Stream":
        """The stream of texts whose tokens are `ids[offsets[i] : offsets[i + 1]]`."""
        units = len(offsets) - 1
        starts = np.asarray(offsets, np.int64) + np.arange(units + 1)
        stream = np.full(int(offsets[-1] - offsets[0]) + units, eou, np.int32)
        is_token = np.ones(len(stream), bool)
        is_token[starts[1:] - offsets[0] - 1] = False
        stream[is_token] = ids[offsets[0] : offsets[-1]]
        return cls(stream, starts - offsets[0], eou)

    @property
    def units(self) -> int:
        """How many units."""
        return len(self.starts) - 1


@dataclass(frozen=True)
class Sequences:
    """Sequence i holds the whole units `starts[i] … stops[i] - 1`, all of one document."""

    starts: Ints  # [sequences]
    stops: Ints  # [sequences]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> "Sequences":
        return Sequences(self.starts[chosen], self.stops[chosen])

    @property
    def units(self) -> Ints:
        """Units of each sequence."""
        return self.stops - self.starts


def cut(documents: Ints, context_units: int) -> Sequences:
    """Sequences of `context_units` units from each document's start; the last may be shorter.

    `documents` is the document index of each unit; a document's units must stand together.
    """
    units = len(documents)
    first = np.flatnonzero(np.diff(documents, prepend=-1))  # of each document
    sizes = np.diff(first, append=units)
    within = np.arange(units) - np.repeat(first, sizes)
    starts = np.flatnonzero(within % context_units == 0)
    return Sequences(starts, np.append(starts[1:], units)[: len(starts)])


def lengths(sequences: Sequences, stream: Stream) -> Ints:
    """Targets of each sequence in one language: its tokens and one EOU a unit."""
    return np.asarray(stream.starts[sequences.stops] - stream.starts[sequences.starts])


def within_limits(sequences: Sequences, streams: Mapping[str, Stream]) -> NDArray[np.bool_]:
    """Which sequences no language finds longer than 99.9% of its sequences, bool [sequences].

    The others are left out of training in every language, so that the content stays the same.
    """
    keep = np.ones(len(sequences), bool)
    for stream in streams.values():
        sizes = lengths(sequences, stream)
        keep &= sizes <= np.quantile(sizes, LENGTH_QUANTILE, method="higher")
    return keep


def steps_per_epoch(sequences: Sequences, batch_units: int) -> int:
    """Steps in which an epoch sees every sequence once, about `batch_units` units a step."""
    return max(1, round(int(sequences.units.sum()) / batch_units))


def epoch(sequences: Sequences, batch_units: int, seed: int, number: int) -> list[Ints]:
    """Sequence indices of each step of an epoch, a pure function of (seed, number).

    Steps are cut where the units seen pass equal shares of the epoch, so they hold the same number
    of units to within a sequence.
    """
    order = np.random.default_rng([seed, number]).permutation(len(sequences))
    seen = np.cumsum(sequences.units[order])
    steps = steps_per_epoch(sequences, batch_units)
    ends = np.searchsorted(seen, seen[-1] * np.arange(1, steps) / steps)
    return np.split(order, ends)


def chunks(sizes: Ints, capacity: int) -> list[Ints]:
    """Cut a step's sequences into rectangles: indices into `sizes`, similar lengths together.

    Chooses the cut of the sorted lengths that minimises padded tokens plus CHUNK_PRICE a chunk,
    with at most `capacity` padded tokens in a chunk of several sequences. The gradient of a step
    is the sum over its chunks, so this changes nothing but the time taken and the last bits.
    """
    order = np.argsort(sizes, kind="stable")
    ordered = sizes[order]
    best, previous = np.zeros(len(sizes) + 1), np.zeros(len(sizes) + 1, np.int64)
    for stop in range(1, len(sizes) + 1):
        padded = np.arange(stop, 0, -1) * ordered[stop - 1]  # a chunk from each earlier start
        padded_cost = np.where(padded <= capacity, padded, np.inf)
        padded_cost[-1] = padded[-1]
        costs = best[:stop] + padded_cost + CHUNK_PRICE
        previous[stop] = int(np.argmin(costs))
        best[stop] = costs[previous[stop]]
    pieces, stop = [], len(sizes)
    while stop:
        pieces.append(order[previous[stop] : stop])
        stop = int(previous[stop])
    return pieces


@dataclass(frozen=True)
class Chunk:
    """One rectangle for the model: inputs and targets, int64 [sequences, longest]."""

    inputs: Ints
    targets: Ints
    positions: Ints  # of each target in the stream, -1 where padded


def fill(sequences: Sequences, stream: Stream, multiple: int = 1) -> Chunk:
    """Lay sequences out as rows, padded on the right to the longest, rounded up to `multiple`."""
    first = stream.starts[sequences.starts][:, None]
    sizes = lengths(sequences, stream)[:, None]
    width = -(-int(sizes.max(initial=0)) // multiple) * multiple
    column = np.arange(width)[None, :]
    positions = np.where(column < sizes, first + column, -1)
    targets = np.where(positions >= 0, stream.ids[positions], IGNORED).astype(np.int64)
    inputs = np.full_like(targets, stream.eou)
    inputs[:, 1:] = np.where(positions >= 0, targets, stream.eou)[:, :-1]
    return Chunk(inputs, targets, positions)


def rectangles(
    sequences: Sequences, stream: Stream, capacity: int, multiple: int = 1
) -> Sequence[Sequences]:
    """The sequences of one step, cut by `chunks`; lengths count rounded up to `multiple`."""
    rounded = -(-lengths(sequences, stream) // multiple) * multiple
    return [sequences[piece] for piece in chunks(rounded, capacity)]

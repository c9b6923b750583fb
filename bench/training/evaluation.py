"""Held-out bits per unit of meaning.

A unit's bits are the sum of -log2 p over its tokens and its EOU, each conditioned on the preceding
units of its sequence, which are the same units in every language. Every unit is scored whole,
however long. The model computes in fp32 whatever it was trained in; sums are in float64.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.training.batches import Sequences, Stream, fill, lengths

if TYPE_CHECKING:
    from tokenformer import LanguageModel

CHUNK_TOKENS = 2048


def unit_bits(
    model: "LanguageModel",
    stream: Stream,
    sequences: Sequences,
    capacity: int = CHUNK_TOKENS,
) -> NDArray[np.float64]:
    """Bits of each unit, float64 [units]; `sequences` must hold every unit of the stream once.

    `capacity` bounds the padded tokens of a forward pass and does not change the result beyond
    the rounding of fp32. The model is left in the mode it came in.
    """
    import torch

    was_training, device = model.training, next(model.parameters()).device
    nats = np.zeros(len(stream.ids))
    model.eval()
    with torch.no_grad():
        for piece in _rectangles(sequences, stream, capacity):
            chunk = fill(piece, stream)
            inputs, targets = (
                torch.from_numpy(side).to(device) for side in (chunk.inputs, chunk.targets)
            )
            found = model.nll(inputs, targets).double().cpu().numpy()
            there = chunk.positions >= 0
            nats[chunk.positions[there]] = found[there]
    model.train(was_training)
    return np.add.reduceat(nats, stream.starts[:-1]) / math.log(2)


def unigram_bits(train: Stream, held_out: Stream) -> float:
    """Bits per unit of the tokens drawn independently with their train frequencies, add one.

    What a model that has learned no order would reach: a run above it late is `diverged`.
    """
    counts = np.bincount(train.ids, minlength=train.eou + 1) + 1.0
    surprise = -np.log2(counts / counts.sum())
    return float(surprise[held_out.ids].sum() / held_out.units)


def _rectangles(sequences: Sequences, stream: Stream, capacity: int) -> list[Sequences]:
    """Sequences of similar length together, as many as fit; no search, for there may be many."""
    sizes = lengths(sequences, stream)
    order = np.argsort(sizes, kind="stable")
    pieces, start = [], 0
    for stop in range(1, len(order) + 1):
        full = stop < len(order) and (stop + 1 - start) * sizes[order[stop]] > capacity
        if full or stop == len(order):
            pieces.append(sequences[order[start:stop]])
            start = stop
    return pieces

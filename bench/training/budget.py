"""How many steps a budget buys, from the data alone, before a model exists."""

from collections.abc import Mapping

import numpy as np

from bench.costs.flops import Flops
from bench.training.batches import Sequences, Stream, epoch, lengths, steps_per_epoch
from bench.training.spec import Budget


def steps(
    budget: Budget, flops: Flops, sequences: Sequences, streams: Mapping[str, Stream],
    batch_units: int, seed: int,
) -> int:  # fmt: skip
    """Steps that come nearest to the budget; at least one.

    `content` needs no look at tokens, so it is the same in every language. `token` and `flop` add
    up what the planned batches hold, without padding, over all `streams`.
    """
    per_epoch = steps_per_epoch(sequences, batch_units)
    if budget.kind == "content":
        return max(1, round(budget.amount * per_epoch))
    worth = _worth(budget, flops, sequences, streams)
    spent, taken, number = 0.0, 0, 0
    while True:
        for batch in epoch(sequences, batch_units, seed, number):
            more = float(worth[batch].sum())
            if spent + more / 2 > budget.amount:
                return max(1, taken)
            spent, taken = spent + more, taken + 1
        number += 1


def _worth(
    budget: Budget, flops: Flops, sequences: Sequences, streams: Mapping[str, Stream]
) -> np.ndarray:
    """Of each sequence, in the budget's currency, float64 [sequences]."""
    worth = np.zeros(len(sequences))
    for stream in streams.values():
        long = lengths(sequences, stream).astype(np.float64)
        tokens = budget.kind == "token"
        worth += long if tokens else flops.linear * long + flops.quadratic * long * long
    return worth

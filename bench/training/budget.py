"""How many steps a budget buys, from the data alone, before a model exists."""

from collections.abc import Mapping

import numpy as np

from bench.costs.flops import Flops
from bench.training.batches import Sequences, Stream, epoch, lengths, steps_per_epoch
from bench.training.spec import Budget


def steps(
    budget: Budget, flops: Flops, sequences: Sequences, streams: Mapping[str, Stream],
    batch_units: int, seed: int, offset: int = 0,
) -> int:  # fmt: skip
    """Steps that come nearest to the budget; at least one.

    `content` needs no look at tokens, so it is the same in every language. `token` and `flop` add
    up what the planned batches hold, without padding, over all `streams`, from the step `offset`
    on, where a later stage begins.
    """
    per_epoch = steps_per_epoch(sequences, batch_units)
    if budget.kind == "content":
        return max(1, round(budget.amount * per_epoch))
    worth = _worth(budget, flops, sequences, streams)
    number, first = divmod(offset, per_epoch)
    spent, taken = 0.0, 0
    while True:
        for batch in epoch(sequences, batch_units, seed, number)[first:]:
            more = float(worth[batch].sum())
            if spent + more / 2 > budget.amount:
                return max(1, taken)
            spent, taken = spent + more, taken + 1
        number, first = number + 1, 0


def _worth(
    budget: Budget, flops: Flops, sequences: Sequences, streams: Mapping[str, Stream]
) -> np.ndarray:
    """Of each sequence, in the budget's currency, float64 [sequences]."""
    worth = np.zeros(len(sequences))
    for stream in streams.values():
        tokens = lengths(sequences, stream).astype(np.float64)
        by_token = budget.kind == "token"
        worth += tokens if by_token else flops.linear * tokens + flops.quadratic * tokens * tokens
    return worth

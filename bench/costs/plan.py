"""What a training run will cost, before it runs: tokens, FLOPs and seconds.

Seconds are FLOPs over the rate of square matrix products on the machine, times the share of it
that a step of this kind reaches. The shares below are for models of 5M parameters over 8,192 ids
on two cores (eager PyTorch): the Transformer's were measured, the TokenFormer's follow from its
measured 1.24 and 1.25 times the Transformer's time. A plan orders runs and sizes a wait.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.costs import flops
from bench.costs.shape import Shape

UTILISATION = {
    ("transformer", "fp32"): 0.52,
    ("tokenformer", "fp32"): 0.42,
    ("transformer", "bf16"): 0.20,
    ("tokenformer", "bf16"): 0.16,
}
"""Share of the matrix-product rate that a training step reaches, by family and precision."""


@dataclass(frozen=True)
class Price:
    """A run's predicted tokens, training FLOPs and seconds."""

    tokens: int
    flops: float
    seconds: float

    def times(self, passes: float) -> "Price":
        """The price of so many passes over the same content."""
        return Price(round(passes * self.tokens), passes * self.flops, passes * self.seconds)


def training_price(
    shape: Shape,
    sequences: npt.ArrayLike,
    rate: float,
    *,
    epochs: float = 1.0,
    precision: str = "fp32",
    checkpointing: bool = False,
) -> Price:
    """The price of `epochs` passes over `sequences` (their lengths in tokens).

    `rate` is the machine's matrix-product rate in FLOPs a second at that precision; FLOPs are
    those of the `matmul` convention, which is what the machine computes.
    """
    lengths = np.asarray(sequences, dtype=np.int64)
    each = flops.training(shape, "matmul", recompute=checkpointing)
    once = each.linear * int(lengths.sum()) + each.quadratic * int((lengths**2).sum())
    spent = epochs * once
    share = UTILISATION.get((shape.family, precision), UTILISATION[shape.family, "fp32"])
    return Price(round(epochs * int(lengths.sum())), spent, spent / (rate * share))

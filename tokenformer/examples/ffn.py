"""How a Pattention differs from a feed-forward block: measured, not argued.

    python -m tokenformer.examples.ffn

A Pattention with n slots and a GELU block of width n without biases have the same two matrices.
They differ in one thing: before the GELU, Pattention divides each token's scores by their norm.
So (1) its output does not grow with its input, (2) turning the norm into a constant gives back the
feed-forward block exactly, (3) a new unit with a zero input weight leaves both unchanged, but a
new unit that scores moves every other unit of a Pattention, and none of a feed-forward block.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tokenformer import Pattention

WIDTH, SLOTS = 64, 192


def feed_forward(layer: Pattention, x: Tensor, gain: float | Tensor = 1.0) -> Tensor:
    """GELU(gain · x Kᵀ) V: the block with the same matrices and no norm."""
    return F.gelu(gain * (x @ layer.keys.t())) @ layer.values


def sensitivity_to_size(layer: Pattention, x: Tensor) -> tuple[float, float]:
    """‖f(10 x)‖ / ‖f(x)‖ for the Pattention and for the feed-forward block."""
    pattention = layer(10 * x).norm() / layer(x).norm()
    block = feed_forward(layer, 10 * x).norm() / feed_forward(layer, x).norm()
    return float(pattention), float(block)


def distance_at_equal_norm(layer: Pattention, x: Tensor) -> float:
    """Relative difference to the block whose gain is, token by token, what the norm divides by."""
    gain = layer.scale / (x @ layer.keys.t()).norm(dim=-1, keepdim=True)
    return float((layer(x) - feed_forward(layer, x, gain)).norm() / layer(x).norm())


def reach_of_one_unit(layer: Pattention, x: Tensor) -> tuple[float, float]:
    """Mean relative change of the *other* units' weights when one unit's key is made 5 × longer."""
    changed = layer.keys.detach().clone()
    changed[0] *= 5
    shares = []
    for normed in (True, False):
        before, after = (
            _weights(x @ keys.t(), layer, normed)[:, 1:] for keys in (layer.keys, changed)
        )
        shares.append(float((after - before).norm() / before.norm()))
    return shares[0], shares[1]


def _weights(scores: Tensor, layer: Pattention, normed: bool) -> Tensor:
    return layer.weights(scores) if normed else F.gelu(scores)


@torch.no_grad()
def main() -> None:
    """Print the three measurements."""
    torch.manual_seed(0)
    layer, x = Pattention(WIDTH, WIDTH, SLOTS), torch.randn(512, WIDTH)
    pattention, block = sensitivity_to_size(layer, x)
    print(f"inputs 10 x as large: output x {pattention:.3f} (Pattention), x {block:.3f} (FFN)")
    print(
        f"feed-forward with the norm as its gain: difference {distance_at_equal_norm(layer, x):.1e}"
    )
    pattention, block = reach_of_one_unit(layer, x)
    print(f"one key 5 x as long moves the others by {pattention:.1%} (Pattention), {block:.1%}")


if __name__ == "__main__":
    main()

"""One autograd node for a whole Pattention (l2_gelu) that keeps one score-sized tensor.

Autograd over the plain arithmetic keeps the scores, the normalised scores and the weights, each
[tokens, slots]: more than a Transformer layer keeps. Here only u = s · scale / ‖s‖ is kept; the
weights GELU(u) are computed again in backward, and the scores are never needed:

    w = GELU(u)      dw = dy Vᵀ      du = dw · GELU'(u)      ds = r (du − u · (u·du) / scale²)

with r = scale / ‖s‖. The last term projects off the row's own direction, ‖u‖ being scale.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tokenformer.normalisation import inverse_norm, weights


def fused_pattention(x: Tensor, keys: Tensor, values: Tensor, scale: Tensor) -> Tensor:
    """GELU(x Kᵀ · scale / ‖x Kᵀ‖) V for x [tokens, d_in] -> [tokens, d_out]."""
    node: Any = FusedPattention
    y: Tensor = node.apply(x, keys, values, scale)[0]
    return y


class FusedPattention(torch.autograd.Function):
    """The node behind `fused_pattention`; keeps u [tokens, slots] only."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, keys: Tensor, values: Tensor, scale: Tensor) -> tuple[Tensor, ...]:  # noqa: D102
        scores = x @ keys.t()
        ratio = scale * inverse_norm(scores)
        unit = scores.mul_(ratio.to(scores.dtype))
        return F.gelu(unit) @ values, unit, ratio

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:  # noqa: D102
        x, keys, values, scale = inputs
        _, unit, ratio = output
        ctx.mark_non_differentiable(unit, ratio)
        ctx.save_for_backward(x, keys, values, scale, unit, ratio)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # noqa: D102
        x, keys, values, scale, unit, ratio = ctx.saved_tensors
        if torch.is_grad_enabled():  # somebody differentiates the gradient
            return _plain_gradients(x, keys, values, scale, grads[0])
        out = grads[0]
        inner = torch.ops.aten.gelu_backward(out @ values.t(), unit)
        along = (inner * unit).sum(-1, keepdim=True) / scale.square()
        d_values = F.gelu(unit).t() @ out
        d_scores = inner.addcmul_(unit, along.to(unit.dtype), value=-1).mul_(ratio.to(unit.dtype))
        return d_scores @ keys, d_scores.t() @ x, d_values, None


def _plain_gradients(
    x: Tensor, keys: Tensor, values: Tensor, scale: Tensor, out: Tensor
) -> tuple[Tensor | None, ...]:
    y = weights(x @ keys.t(), scale, "l2_gelu") @ values
    return (*torch.autograd.grad(y, (x, keys, values), out, create_graph=True), None)

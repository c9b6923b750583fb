"""One autograd node for a whole Pattention (l2_gelu) that keeps one score-sized tensor.

Autograd over the plain arithmetic keeps the scores, the normalised scores and the weights, each
[tokens, slots]: more than a Transformer layer keeps. Here only u = s · scale / ‖s‖ is kept; the
weights GELU(u) are computed again in backward, and the scores are never needed:

    w = GELU(u)     dw = r dy Vᵀ     du = dw · GELU'(u)     ds = du − u · (u·du) / scale²

with r = scale / ‖s‖, multiplied into dy because that has fewer columns. The last term projects
off the row's own direction, ‖u‖ being scale. All of it is done in place, in two score-sized
buffers. On CUDA the two elementwise parts are one Triton kernel each where Triton is present.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tokenformer.normalisation import weights


def fused_pattention(x: Tensor, keys: Tensor, values: Tensor, scale: Tensor) -> Tensor:
    """GELU(x Kᵀ · scale / ‖x Kᵀ‖) V for x [..., d_in] -> [..., d_out]."""
    node: Any = FusedPattention
    flat: Tensor = node.apply(x.reshape(-1, x.shape[-1]), keys, values, scale)[0]
    unflattened: Tensor = torch.ops.aten._unsafe_view(flat, [*x.shape[:-1], flat.shape[-1]])
    return unflattened


class FusedPattention(torch.autograd.Function):
    """The node behind `fused_pattention`; keeps u [tokens, slots] and r [tokens, 1]."""

    @staticmethod
    def forward(x: Tensor, keys: Tensor, values: Tensor, scale: Tensor) -> tuple[Tensor, ...]:  # noqa: D102
        unit = x @ keys.t()
        ratio, activated = normalise_gelu_(unit, scale)
        return activated @ values, unit, ratio

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:  # noqa: D102
        _, unit, ratio = output
        ctx.mark_non_differentiable(unit, ratio)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs, unit, ratio)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:  # noqa: D102
        x, keys, values, scale, unit, ratio = ctx.saved_tensors
        out = grads[0]
        if out is None:
            return None, None, None, None
        if torch.is_grad_enabled():  # somebody differentiates the gradient
            return _plain_gradients(x, keys, values, scale, out)
        d_weights = (out * ratio.to(out.dtype)) @ values.t()  # r here: d_out columns, not n
        d_scores, activated = normalise_gelu_backward_(d_weights, unit, scale)
        d_x = d_scores @ keys if ctx.needs_input_grad[0] else None
        return d_x, d_scores.t() @ x, activated.t() @ out, None


def normalise_gelu_(scores: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Turn scores [N, n] into u = s · r in place; return r = scale / ‖s‖ [N, 1] and GELU(u).

    r is 0 for a row of zeros, whose weights and gradients are then zeros.
    """
    if _on_triton(scores):
        from tokenformer.triton_kernels import forward

        return forward(scores, scale)
    wide = torch.float32 if scores.dtype == torch.float16 else None  # its squares overflow
    norm = torch.linalg.vector_norm(scores, dim=-1, keepdim=True, dtype=wide)
    ratio = (scale / norm).masked_fill_(norm == 0, 0.0)
    return ratio, F.gelu(scores.mul_(ratio.to(scores.dtype)))


def normalise_gelu_backward_(
    d_weights: Tensor, unit: Tensor, scale: Tensor
) -> tuple[Tensor, Tensor]:
    """Turn r times the weights' gradient into the scores' in place; return it and GELU(u) anew."""
    if _on_triton(d_weights):
        from tokenformer.triton_kernels import backward

        return backward(d_weights, unit, scale)
    d_unit = torch.ops.aten.gelu_backward.grad_input(d_weights, unit, grad_input=d_weights)
    buffer = torch.mul(d_unit, unit)
    along = (buffer.sum(-1, keepdim=True) / scale.square()).to(unit.dtype)
    return d_unit.addcmul_(unit, along, value=-1), torch.ops.aten.gelu.out(unit, out=buffer)


def _on_triton(scores: Tensor) -> bool:
    """On CUDA with Triton installed, and no fake tensor; float64 stays with PyTorch's kernels."""
    real = type(scores) is Tensor and scores.is_cuda and scores.dtype != torch.float64
    return real and _has_triton()


@cache
def _has_triton() -> bool:
    return find_spec("triton") is not None


def _plain_gradients(
    x: Tensor, keys: Tensor, values: Tensor, scale: Tensor, out: Tensor
) -> tuple[Tensor | None, ...]:
    y = weights(x @ keys.t(), scale, "l2_gelu") @ values
    return (*torch.autograd.grad(y, (x, keys, values), out, create_graph=True), None)

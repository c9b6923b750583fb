"""Cross-entropy straight from hidden states, in chunks of tokens.

At V = 8k the logits and their cross-entropy are a third of a small model's step, at 32k three
quarters; written plainly they also hold three logits-sized tensors. Here the logits exist once
(in the compute dtype) while they are small, and only a chunk at a time where they are large; then
backward multiplies them out again. The log-sum-exp is float32 in every case.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tokenformer.pattention import autocast_dtype

IGNORE = -100
KEPT_ELEMENTS = 2**26  # logits up to here are kept for backward: 256 MiB in float32
CHUNK_ELEMENTS = 2**24  # else this many are held at a time


def linear_cross_entropy(
    hidden: Tensor, weight: Tensor, targets: Tensor, *, keep_logits: bool | None = None
) -> Tensor:
    """-log softmax(hidden · weightᵀ)[target] in nats, float32 (float64 for double), like `targets`.

    hidden [..., d], weight [V, d], targets [...] integers; 0 where the target is -100.
    `keep_logits` holds them for backward; None keeps them up to 2^26 elements.
    """
    if hidden.shape[:-1] != targets.shape:
        shapes = f"{tuple(hidden.shape[:-1])} hidden states and {tuple(targets.shape)} targets"
        raise ValueError(f"{shapes} do not go together")
    dtype = autocast_dtype(hidden)
    if dtype is not None:
        hidden, weight = hidden.to(dtype), weight.to(dtype)
    flat, wanted = hidden.reshape(-1, hidden.shape[-1]), targets.reshape(-1)
    if torch.compiler.is_compiling():
        return _plain(flat, weight, wanted).view(targets.shape)
    if keep_logits is None:
        keep_logits = flat.shape[0] * weight.shape[0] <= KEPT_ELEMENTS
    node: Any = LinearCrossEntropy
    nats: Tensor = node.apply(flat, weight, wanted, keep_logits)[0]
    return nats.view(targets.shape)


def _plain(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    logits = hidden @ weight.t()
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return F.cross_entropy(wide, targets, ignore_index=IGNORE, reduction="none")


class LinearCrossEntropy(torch.autograd.Function):
    """Nats per token; see `linear_cross_entropy`."""

    @staticmethod
    def forward(  # noqa: D102
        hidden: Tensor, weight: Tensor, targets: Tensor, keep_logits: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        rows, vocabulary = hidden.shape[0], weight.shape[0]
        logits = hidden @ weight.t() if keep_logits else hidden.new_empty(0)
        wide = torch.float64 if hidden.dtype == torch.float64 else torch.float32
        nats = torch.empty(rows, dtype=wide, device=hidden.device)
        normaliser = torch.empty_like(nats)
        step = _chunk_rows(vocabulary, keep_logits)
        for start in range(0, rows, step):
            part = slice(start, start + step)
            chunk = logits[part] if keep_logits else hidden[part] @ weight.t()
            _forward_chunk(chunk.to(wide), targets[part], nats[part], normaliser[part])
        return nats, logits, normaliser

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:  # noqa: D102
        hidden, weight, targets, ctx.keep_logits = inputs
        _, logits, normaliser = output
        ctx.mark_non_differentiable(logits, normaliser)
        ctx.save_for_backward(hidden, weight, targets, logits, normaliser)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # noqa: D102
        hidden, weight, targets, logits, normaliser = ctx.saved_tensors
        d_hidden, d_weight = torch.empty_like(hidden), torch.zeros_like(weight)
        step = _chunk_rows(weight.shape[0], keep_logits=False)
        for start in range(0, hidden.shape[0], step):
            part = slice(start, start + step)
            chunk = logits[part] if ctx.keep_logits else hidden[part] @ weight.t()
            d_logits = _backward_chunk(chunk, targets[part], normaliser[part], grads[0][part])
            d_hidden[part] = d_logits @ weight
            d_weight.addmm_(d_logits.t(), hidden[part])
        return d_hidden, d_weight, None, None


def _chunk_rows(vocabulary: int, keep_logits: bool) -> int:
    elements = CHUNK_ELEMENTS // 64 if keep_logits else CHUNK_ELEMENTS
    return max(1, elements // vocabulary)


def _forward_chunk(logits: Tensor, targets: Tensor, nats: Tensor, normaliser: Tensor) -> None:
    ignored = targets == IGNORE
    wanted = logits.gather(1, targets.masked_fill(ignored, 0).unsqueeze(1)).squeeze(1)
    normaliser.copy_(torch.logsumexp(logits, 1))
    nats.copy_((normaliser - wanted).masked_fill_(ignored, 0.0))


def _backward_chunk(logits: Tensor, targets: Tensor, normaliser: Tensor, grad: Tensor) -> Tensor:
    """(softmax − one-hot) · grad, in the logits' dtype."""
    ignored = targets == IGNORE
    weight = grad.masked_fill(ignored, 0.0).unsqueeze(1)
    probabilities = (logits - normaliser.unsqueeze(1)).exp_().mul_(weight)
    index = targets.masked_fill(ignored, 0).unsqueeze(1)
    return probabilities.scatter_add_(1, index, -weight).to(logits.dtype)

"""Causal attention over short sequences on a CPU in bf16: whole score matrices, by matrix product.

There the fused kernel that serves every other case spends its time on converting tiles; below
a few hundred tokens the scores fit the cache, and three matrix products forward and four backward
are faster (docs/performance-tokenformer.md). Backward keeps the weights, [B, H, T, T] in bf16.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

LONGEST = 320  # tokens, above which the fused kernel catches up


def short(query: Tensor) -> bool:
    """Whether queries [B, T, H, k] are such a case; fake tensors and traced code are not."""
    return (
        query.dtype == torch.bfloat16
        and query.is_cpu
        and type(query) is Tensor
        and query.shape[1] <= LONGEST
        and not torch.compiler.is_compiling()
        and not torch._C._are_functorch_transforms_active()
    )


def attend_short(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """softmax(Q Kᵀ / √k, causal) V of [B, H, T, k], as scaled_dot_product_attention."""
    node: Any = ShortAttention
    mixed: Tensor = node.apply(query, key, value)
    return mixed


class ShortAttention(torch.autograd.Function):
    """See `attend_short`. The softmax accumulates in float32."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:  # noqa: D102
        query = query * (1 / math.sqrt(query.shape[-1]))
        scores = query @ key.transpose(-1, -2)
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        weights = scores.masked_fill_(future, -math.inf).softmax(-1)
        ctx.save_for_backward(query, key, value, weights)
        return weights @ value

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # noqa: D102
        (of_mixed,) = gradients
        query, key, value, weights = ctx.saved_tensors
        of_value = weights.transpose(-1, -2) @ of_mixed
        of_weights = of_mixed @ value.transpose(-1, -2)
        of_scores = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype)
        of_query = (of_scores @ key) * (1 / math.sqrt(query.shape[-1]))
        return of_query, of_scores.transpose(-1, -2) @ query, of_value

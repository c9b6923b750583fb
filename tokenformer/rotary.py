"""Rotary positions (arXiv 2104.09864) on the leading share of every head, in halves as GPT-NeoX."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tokenformer.config import ModelConfig

Rotation = tuple[Tensor, Tensor]  # cos and signed sin, each [T, rotary_width]


def rotation(
    config: ModelConfig, start: int, length: int, device: torch.device, dtype: torch.dtype
) -> Rotation:
    """Angles of positions start..start+length: position · base^(−2i / rotary_width).

    cos is (cos, cos) and sin is (−sin, sin) over the two halves, so that turning is
    x · cos + swap(x) · sin, with swap exchanging the halves.
    """
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    half = config.rotary_width // 2
    exponents = torch.arange(half, device=device, dtype=wide) / max(half, 1)
    positions = torch.arange(start, start + length, device=device, dtype=wide)
    angles = positions[:, None] * config.rotary_base**-exponents
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((cos, cos), -1), torch.cat((-sin, sin), -1)


def rotate_first_(x: Tensor, turn: Rotation, heads: int, head_width: int) -> Tensor:
    """Rotate the first `heads` heads of a projection x [B, T, d] and return it; x is overwritten.

    Only the rotated share is touched, where a copying form moves all of it. Backward is the turn
    the other way, so nothing is kept. Under torch.compile or torch.func the result is a copy.
    """
    if not turn[0].shape[-1]:
        return x
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        return _rotated_copy(x, turn, heads, head_width)
    node: Any = _RotateFirst
    rotated: Tensor = node.apply(x, *turn, heads, head_width)
    return rotated


class _RotateFirst(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, cos: Tensor, sin: Tensor, heads: int, head_width: int
    ) -> Tensor:
        ctx.mark_dirty(x)
        ctx.save_for_backward(cos, sin)
        ctx.shape = heads, head_width
        share = _rotary_share(x, cos, heads, head_width)
        share.copy_(_turned(share, cos, sin))
        return x

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        cos, sin = ctx.saved_tensors
        grad = grads[0].clone(memory_format=torch.contiguous_format)
        share = _rotary_share(grad, cos, *ctx.shape)
        share.copy_(_turned(share, cos, -sin))
        return grad, None, None, None, None


def _rotated_copy(x: Tensor, turn: Rotation, heads: int, head_width: int) -> Tensor:
    split = x.view(*x.shape[:2], -1, head_width)
    turned = _turned(_rotary_share(x, turn[0], heads, head_width), *turn).to(x.dtype)
    first = torch.cat((turned, split[:, :, :heads, turned.shape[-1] :]), -1)
    return torch.cat((first, split[:, :, heads:]), 2).flatten(2)


def _rotary_share(x: Tensor, cos: Tensor, heads: int, head_width: int) -> Tensor:
    """The view [B, T, heads, rotary_width] of what turns."""
    return x.view(*x.shape[:2], -1, head_width)[:, :, :heads, : cos.shape[-1]]


def _turned(share: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x · cos + swap(x) · sin in the angles' precision."""
    own, half = share.to(cos.dtype, copy=True), cos.shape[-1] // 2
    swapped = torch.cat((own[..., half:], own[..., :half]), -1)
    return own.mul_(cos[:, None, :]).addcmul_(swapped, sin[:, None, :])

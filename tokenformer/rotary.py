"""Rotary positions (arXiv 2104.09864) on the leading share of every head, in halves as GPT-NeoX."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tokenformer.config import ModelConfig

Rotation = tuple[Tensor, Tensor]  # cos and sin, each [T, rotary_width / 2]


def rotation(
    config: ModelConfig, start: int, length: int, device: torch.device, dtype: torch.dtype
) -> Rotation:
    """Angles of positions start..start+length: position · base^(−2i / rotary_width)."""
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    half = config.rotary_width // 2
    exponents = torch.arange(half, device=device, dtype=wide) / max(half, 1)
    positions = torch.arange(start, start + length, device=device, dtype=wide)
    angles = positions[:, None] * config.rotary_base**-exponents
    return angles.cos(), angles.sin()


def rotate(heads: Tensor, turn: Rotation) -> Tensor:
    """Rotate [B, T, H, k]: pairs (i, i + rotary_width/2) by their position's angles."""
    cos, sin = (part[:, None, :].to(heads.dtype) for part in turn)
    half = cos.shape[-1]
    left, right, rest = heads[..., :half], heads[..., half : 2 * half], heads[..., 2 * half :]
    return torch.cat((left * cos - right * sin, right * cos + left * sin, rest), -1)


def rotate_first_(x: Tensor, turn: Rotation, heads: int, head_width: int) -> Tensor:
    """Rotate the first `heads` heads of a projection x [B, T, d] and return it; x is overwritten.

    Only the rotated share is touched, where `rotate` copies all. Backward is the turn the other
    way, so nothing is kept. Under torch.compile or torch.func the copying form is used.
    """
    if not turn[0].shape[-1]:
        return x
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        split = x.view(*x.shape[:2], -1, head_width)
        turned = torch.cat((rotate(split[:, :, :heads], turn), split[:, :, heads:]), 2)
        return turned.flatten(2)
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
        _turn_(x, cos, sin, heads, head_width)
        return x

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        cos, sin = ctx.saved_tensors
        grad = grads[0].clone(memory_format=torch.contiguous_format)
        _turn_(grad, cos, -sin, *ctx.shape)
        return grad, None, None, None, None


def _turn_(x: Tensor, cos: Tensor, sin: Tensor, heads: int, head_width: int) -> None:
    cos, sin = (part[:, None, :].to(x.dtype) for part in (cos, sin))
    half = cos.shape[-1]
    split = x.view(*x.shape[:2], -1, head_width)[:, :, :heads]
    left, right = split[..., :half], split[..., half : 2 * half]
    before = left.clone()
    left.mul_(cos).addcmul_(right, sin, value=-1)
    right.mul_(cos).addcmul_(before, sin)

"""Rotary positions (arXiv 2104.09864) on the leading share of every head, in halves as GPT-NeoX."""

from __future__ import annotations

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
    if not half:
        return heads
    left, right, rest = heads[..., :half], heads[..., half : 2 * half], heads[..., 2 * half :]
    return torch.cat((left * cos - right * sin, right * cos + left * sin, rest), -1)

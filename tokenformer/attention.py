"""Causal attention between tokens, and its key-value cache. Shared by both models."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from tokenformer.rotary import Rotation, rotate


class KeyValueCache:
    """The keys and values of `length` earlier tokens, in room for `capacity`; [B, T, H, k]."""

    def __init__(self, like: Tensor, batch: int, capacity: int, heads: int, width: int) -> None:
        self.keys = like.new_empty(batch, capacity, heads, width)
        self.values = torch.empty_like(self.keys)
        self.length = 0

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append [B, T, H, k] and return everything so far. A full cache raises ValueError."""
        end = self.length + keys.shape[1]
        if end > self.keys.shape[1]:
            raise ValueError(f"{end} tokens do not fit a cache of {self.keys.shape[1]}")
        self.keys[:, self.length : end] = keys
        self.values[:, self.length : end] = values
        self.length = end
        return self.keys[:, :end], self.values[:, :end]


def split_heads(x: Tensor, heads: int) -> Tensor:
    """[B, T, H · k] -> [B, T, H, k]."""
    return x.view(*x.shape[:-1], heads, -1)


def attend(heads: Sequence[Tensor], turn: Rotation, cache: KeyValueCache | None) -> Tensor:
    """Rotary causal attention of queries, keys and values [B, T, H, k] -> [B, T, H · k]."""
    query, key, value = heads
    query, key = rotate(query, turn), rotate(key, turn)
    if cache is not None:
        key, value = cache.extend(key, value)
    mask = _mask(query, key)
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    mixed = F.scaled_dot_product_attention(query, key, value, mask, is_causal=mask is None)
    return mixed.transpose(1, 2).flatten(2)


def _mask(query: Tensor, key: Tensor) -> Tensor | None:
    """None for whole sequences; else which of the earlier tokens each new one may see."""
    new, seen = query.shape[1], key.shape[1]
    if new == seen:
        return None
    return torch.ones(new, seen, dtype=torch.bool, device=query.device).tril(seen - new)

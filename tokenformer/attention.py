"""Causal attention between tokens, and its key-value cache. Shared by both models."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from tokenformer.short_attention import attend_short, short


class KeyValueCache:
    """The keys and values of `length` earlier tokens, in room for `capacity`; [B, T, H, k]."""

    def __init__(self, batch: int, capacity: int, heads: int) -> None:
        self.batch, self.capacity, self.heads = batch, capacity, heads
        self.length = 0
        self.store: tuple[Tensor, Tensor] | None = None  # made on first use, in the dtype met there

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append [B, T, H, k] and return everything so far. A full cache raises ValueError."""
        end = self.length + keys.shape[1]
        if end > self.capacity:
            raise ValueError(f"{end} tokens do not fit a cache of {self.capacity}")
        if self.store is None:
            shape = (self.batch, self.capacity, *keys.shape[2:])
            self.store = keys.new_empty(shape), values.new_empty(shape)
        for held, new in zip(self.store, (keys, values), strict=True):
            held[:, self.length : end] = new
        self.length = end
        return self.store[0][:, :end], self.store[1][:, :end]


def split_heads(x: Tensor, heads: int) -> Tensor:
    """[B, T, H · k] -> [B, T, H, k]."""
    return x.view(*x.shape[:-1], heads, -1)


def attend(projected: Sequence[Tensor], heads: int, cache: KeyValueCache | None) -> Tensor:
    """Causal attention of (already rotated) queries, keys, values [B, T, d] -> [B, T, d]."""
    query, key, value = (split_heads(part, heads) for part in projected)
    if cache is not None:
        key, value = cache.extend(key, value)
    mask = _mask(query, key)
    whole_and_short = mask is None and short(query)
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    if whole_and_short:
        return attend_short(query, key, value).transpose(1, 2).flatten(2)
    mixed = F.scaled_dot_product_attention(query, key, value, mask, is_causal=mask is None)
    return mixed.transpose(1, 2).flatten(2)


def _mask(query: Tensor, key: Tensor) -> Tensor | None:
    """None for whole sequences; else which of the earlier tokens each new one may see."""
    new, seen = query.shape[1], key.shape[1]
    if new == seen:
        return None
    return torch.ones(new, seen, dtype=torch.bool, device=query.device).tril(seen - new)

"""The baseline: a Transformer over the same skeleton, without biases. 12d² parameters a layer."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tokenformer.attention import KeyValueCache, attend
from tokenformer.config import TransformerConfig
from tokenformer.model import Block, Context, LanguageModel, normal_
from tokenformer.rotary import rotate_first_

WEIGHT_STD = 0.02


class SelfAttention(nn.Module):
    """Multi-head attention with one weight for queries, keys and values."""

    def __init__(self, config: TransformerConfig, generator: torch.Generator | None) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = _weight(3 * config.width, config.width, WEIGHT_STD, generator)
        self.out = _weight(config.width, config.width, config.residual_std, generator)

    def forward(self, x: Tensor, context: Context) -> Tensor:
        """[B, T, d] -> [B, T, d]."""
        width = x.shape[-1] // self.heads
        qkv = rotate_first_(F.linear(x, self.qkv), context.rotation, 2 * self.heads, width)
        return F.linear(attend(qkv.chunk(3, -1), self.heads, context.state), self.out)

    def initial_state(self, batch: int, capacity: int) -> KeyValueCache:
        """An empty key-value cache."""
        return KeyValueCache(batch, capacity, self.heads)


class FeedForward(nn.Module):
    """GELU(x Wᵀ) W'ᵀ with the exact GELU."""

    def __init__(self, config: TransformerConfig, generator: torch.Generator | None) -> None:
        super().__init__()
        self.up = _weight(config.ffn_width, config.width, WEIGHT_STD, generator)
        self.down = _weight(config.width, config.ffn_width, config.residual_std, generator)

    def forward(self, x: Tensor, context: Context) -> Tensor:
        """[B, T, d] -> [B, T, d]."""
        return F.linear(F.gelu(F.linear(x, self.up)), self.down)

    def initial_state(self, batch: int, capacity: int) -> None:
        """Needs no memory."""


class Transformer(LanguageModel):
    """A causal language model of `config`; see `LanguageModel` for what it computes."""

    config: TransformerConfig

    def __init__(
        self, config: TransformerConfig, *, generator: torch.Generator | None = None
    ) -> None:
        def block() -> Block:
            tokens = SelfAttention(config, generator)
            return Block(tokens, FeedForward(config, generator), config.dropout)

        super().__init__(config, block, generator)


def _weight(rows: int, columns: int, std: float, generator: torch.Generator | None) -> nn.Parameter:
    return nn.Parameter(normal_(torch.empty(rows, columns), std, generator))

"""TokenFormer: every weight matrix is a Pattention, and the feed-forward block is one."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from tokenformer.attention import KeyValueCache, attend
from tokenformer.config import ModelConfig, TokenFormerConfig, TransformerConfig
from tokenformer.model import Block, Context, LanguageModel
from tokenformer.pattention import Pattention, in_compute_dtype
from tokenformer.rotary import rotate_first_
from tokenformer.transformer import Transformer


class PattentionAttention(nn.Module):
    """Multi-head attention whose queries, keys, values and output are Pattentions."""

    def __init__(self, config: TokenFormerConfig, generator: torch.Generator | None) -> None:
        super().__init__()
        self.heads = config.heads
        make = partial(_pattention, config, generator=generator)
        self.query, self.key, self.value = (make(config.slots) for _ in range(3))
        self.out = make(config.projection_slots, writes=True)

    def forward(self, x: Tensor, context: Context) -> Tensor:
        """[B, T, d] -> [B, T, d]."""
        x = in_compute_dtype(x)  # once, not in each of the three
        heads, width = self.heads, x.shape[-1] // self.heads
        query = rotate_first_(self.query(x), context.rotation, heads, width)
        key = rotate_first_(self.key(x), context.rotation, heads, width)
        mixed: Tensor = self.out(attend((query, key, self.value(x)), heads, context.state))
        return mixed

    def initial_state(self, batch: int, capacity: int) -> KeyValueCache:
        """An empty key-value cache."""
        return KeyValueCache(batch, capacity, self.heads)


class PattentionFeedForward(nn.Module):
    """The whole feed-forward block as one Pattention."""

    def __init__(self, config: TokenFormerConfig, generator: torch.Generator | None) -> None:
        super().__init__()
        self.pattention = _pattention(config, config.ffn_slots, True, generator)

    def forward(self, x: Tensor, context: Context) -> Tensor:
        """[B, T, d] -> [B, T, d]."""
        mixed: Tensor = self.pattention(x)
        return mixed

    def initial_state(self, batch: int, capacity: int) -> None:
        """Needs no memory."""


class TokenFormer(LanguageModel):
    """A causal language model of `config`; see `LanguageModel` for what it computes."""

    config: TokenFormerConfig

    def __init__(
        self, config: TokenFormerConfig, *, generator: torch.Generator | None = None
    ) -> None:
        def block() -> Block:
            tokens = PattentionAttention(config, generator)
            return Block(tokens, PattentionFeedForward(config, generator), config.dropout)

        super().__init__(config, block, generator)


def _pattention(
    config: TokenFormerConfig,
    slots: int,
    writes: bool = False,
    generator: torch.Generator | None = None,
) -> Pattention:
    """Values ~ N(0, 2 / (L √d)), as released, or zero; those of slots grown later are random."""
    width, std = config.width, config.value_std
    layer = Pattention(
        width, width, slots, config.normalisation, value_std=std, generator=generator
    )
    if writes and config.residual_init == "zero":
        nn.init.zeros_(layer.values)
    return layer


def build(config: ModelConfig, seed: int = 0) -> LanguageModel:
    """The model of `config` with weights drawn from `seed`; the global generator is not touched.

    Under `torch.device("meta")` nothing is allocated or drawn.
    """
    generator = torch.Generator().manual_seed(seed)
    if isinstance(config, TokenFormerConfig):
        return TokenFormer(config, generator=generator)
    if isinstance(config, TransformerConfig):
        return Transformer(config, generator=generator)
    raise ValueError(f"{type(config).__name__} is neither TransformerConfig nor TokenFormerConfig")

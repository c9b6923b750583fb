"""The skeleton of a language model; what mixes tokens and what mixes channels is exchangeable.

    x = embedding(ids);  per block: x += mix_tokens(norm(x)), x += mix_channels(norm(x));  logits

Pre-norm. Block norms are LayerNorm without parameters, the final one has them; input and output
embeddings are tied unless the config says otherwise. Sequences start at position 0 and are padded
on the right, so that under causal mixing the padding needs no mask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tokenformer.config import ModelConfig
from tokenformer.cross_entropy import linear_cross_entropy
from tokenformer.dropout import dropout
from tokenformer.rotary import Rotation, rotation

NORM_EPSILON = 1e-5
EMBEDDING_STD = 0.02


@dataclass(frozen=True)
class Context:
    """What a mixer may know beside its input.

    `state` is its own memory of earlier tokens while generating (a key-value cache, a recurrent
    state, the last token of a token shift), None in training; a mixer updates it in place.
    """

    rotation: Rotation
    state: Any | None = None


class Mixer(Protocol):
    """A token-mixing or a channel-mixing block: x [B, T, d] -> the residual [B, T, d]."""

    def __call__(self, x: Tensor, context: Context) -> Tensor:
        """The residual branch; causal in T."""

    def initial_state(self, batch: int, capacity: int) -> Any | None:
        """An empty memory for `capacity` tokens; None where the mixer needs none."""


class Block(nn.Module):
    """Two residual branches: tokens, then channels."""

    def __init__(self, tokens: nn.Module, channels: nn.Module, dropout: float) -> None:
        super().__init__()
        self.tokens, self.channels, self.dropout = tokens, channels, dropout

    def forward(self, x: Tensor, rotation: Rotation, states: Sequence[Any] | None) -> Tensor:
        """[B, T, d] -> [B, T, d]; `states` are the memories of the two mixers."""
        of_tokens, of_channels = states or (None, None)
        x = x + self._drop(self.tokens(_norm(x), Context(rotation, of_tokens)))
        return x + self._drop(self.channels(_norm(x), Context(rotation, of_channels)))

    def initial_states(self, batch: int, capacity: int) -> list[Any | None]:
        """Empty memories of the two mixers, for generating."""
        mixers = (cast(Mixer, self.tokens), cast(Mixer, self.channels))
        return [mixer.initial_state(batch, capacity) for mixer in mixers]

    def _drop(self, branch: Tensor) -> Tensor:
        return dropout(branch, self.dropout) if self.dropout and self.training else branch


def _norm(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=NORM_EPSILON)


class LanguageModel(nn.Module):
    """Embedding, blocks, norm, logits. `make_block` is called once a layer, in order.

    Weights are drawn in the order of the forward pass, from `generator` where one is given.
    """

    def __init__(
        self,
        config: ModelConfig,
        make_block: Callable[[], Block],
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.embedding = _embedding(config, generator)
        self.blocks = nn.ModuleList(make_block() for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width, eps=NORM_EPSILON)
        self.head = None if config.tied else _embedding(config, generator)

    @property
    def output_embedding(self) -> Tensor:
        """[V, d]: what hidden states are compared with."""
        return (self.embedding if self.head is None else self.head).weight

    def hidden(
        self, ids: Tensor, states: Sequence[Sequence[Any]] | None = None, start: int = 0
    ) -> Tensor:
        """ids [B, T] at positions start..start+T -> the normed last layer [B, T, d]."""
        x = self.embedding(ids)
        if self.config.dropout and self.training:
            x = dropout(x, self.config.dropout)
        turn = rotation(self.config, start, ids.shape[1], x.device, x.dtype)
        for layer, block in enumerate(self.blocks):
            x = block(x, turn, states[layer] if states else None)
        normed: Tensor = self.norm(x)
        return normed

    def forward(self, ids: Tensor) -> Tensor:
        """ids [B, T] -> logits [B, T, V]."""
        return F.linear(self.hidden(ids), self.output_embedding)

    def nll(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Nats per token [B, T], float32; 0 where the target is -100. See `cross_entropy`."""
        return linear_cross_entropy(self.hidden(ids), self.output_embedding, targets)

    def initial_states(self, batch: int, capacity: int) -> list[list[Any | None]]:
        """Empty memories for generating: for each block those of its two mixers."""
        return [cast(Block, block).initial_states(batch, capacity) for block in self.blocks]


def _embedding(config: ModelConfig, generator: torch.Generator | None) -> nn.Embedding:
    """N(0, 0.02), drawn once (nn.Embedding alone would draw from the global generator first)."""
    weight = normal_(torch.empty(config.vocabulary, config.width), EMBEDDING_STD, generator)
    return nn.Embedding(config.vocabulary, config.width, _weight=weight)


@torch.no_grad()
def normal_(weight: Tensor, std: float, generator: torch.Generator | None) -> Tensor:
    """Fill with N(0, std) in place; on the meta device nothing is drawn."""
    return weight if weight.is_meta else weight.normal_(std=std, generator=generator)

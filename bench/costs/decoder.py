"""A plain decoder for shapes that the suite does not train: shared keys, gates, learned positions.

It exists to be counted, not to be trained well: its matrix products and what autograd keeps of
them are those of the architecture. A mixture of experts runs as one dense block as wide as the
experts that a token goes through, which has their FLOPs but not their weights in memory.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.costs.shape import Shape
from tokenformer.cross_entropy import linear_cross_entropy


class Attention(nn.Module):
    """Grouped-query attention, or multi-head latent attention where the shape has it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, d, latent = shape, shape.width, shape.latent
        self.out = _linear(shape.value_width, d)
        self.query: nn.Module = _linear(d, shape.score_width)
        if latent is None:
            shared = shape.kv_heads * shape.head_width
            self.key, self.value = _linear(d, shared), _linear(d, shared)
            return
        if latent.query:
            inner = _linear(d, latent.query), _linear(latent.query, shape.score_width)
            self.query = nn.Sequential(*inner)
        self.down = _linear(d, latent.kv + latent.rope)
        self.up = _linear(latent.kv, shape.heads * shape.head_width + shape.value_width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, d] -> [B, T, d]."""
        query = self._heads(self.query(x), self.shape.heads)
        key, value = self._latent(x) if self.shape.latent else self._grouped(x)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def _grouped(self, x: Tensor) -> tuple[Tensor, Tensor]:
        times = self.shape.heads // self.shape.kv_heads
        key, value = (
            self._heads(project(x), self.shape.kv_heads).repeat_interleave(times, 1)
            for project in (self.key, self.value)
        )
        return key, value

    def _latent(self, x: Tensor) -> tuple[Tensor, Tensor]:
        shape, latent = self.shape, self.shape.latent
        assert latent is not None
        kept, rope = self.down(x).split((latent.kv, latent.rope), -1)
        own, value = self.up(kept).split((shape.heads * shape.head_width, shape.value_width), -1)
        turned = rope[:, None].expand(-1, shape.heads, -1, -1)
        return torch.cat((self._heads(own, shape.heads), turned), -1), self._heads(
            value, shape.heads
        )

    def _heads(self, x: Tensor, heads: int) -> Tensor:
        return x.view(*x.shape[:-1], heads, -1).transpose(1, 2)


class FeedForward(nn.Module):
    """GELU(x W) W', or (SiLU(x W) · x W'') W' where the shape is gated."""

    def __init__(self, shape: Shape, hidden: int, router: int = 0) -> None:
        super().__init__()
        self.up = _linear(shape.width, hidden)
        self.down = _linear(hidden, shape.width)
        self.gate = _linear(shape.width, hidden) if shape.gated else None
        self.router = _linear(shape.width, router) if router else None

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, d] -> [B, T, d]."""
        inner = self.up(x)
        inner = F.gelu(inner) if self.gate is None else F.silu(self.gate(x)) * inner
        mixed: Tensor = self.down(inner)
        if self.router is not None:
            mixed = mixed * self.router(x).sigmoid().amax(-1, keepdim=True)
        return mixed


class Block(nn.Module):
    """Pre-norm attention and feed-forward."""

    def __init__(self, shape: Shape, layer: int) -> None:
        super().__init__()
        self.before_tokens, self.before_channels = nn.RMSNorm(shape.width), nn.RMSNorm(shape.width)
        self.tokens = Attention(shape)
        experts = shape.experts
        if experts is None or layer < experts.dense_layers:
            self.channels = FeedForward(shape, shape.feed_forward)
        else:
            hidden = experts.width * (experts.active + experts.shared)
            self.channels = FeedForward(shape, hidden, experts.routed)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, d] -> [B, T, d]."""
        x = x + self.tokens(self.before_tokens(x))
        return x + self.channels(self.before_channels(x))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Embedding, blocks, norm, logits."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        learned = shape.positions == "learned"
        self.positions = nn.Embedding(shape.context, shape.width) if learned else None
        self.blocks = nn.ModuleList(Block(shape, layer) for layer in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width)
        self.head = None if shape.tied else nn.Embedding(shape.vocabulary, shape.width)

    @property
    def output_embedding(self) -> Tensor:
        """[V, d]: what hidden states are compared with."""
        return (self.embedding if self.head is None else self.head).weight

    def hidden(self, ids: Tensor) -> Tensor:
        """ids [B, T] -> the normed last layer [B, T, d]."""
        x = self.embedding(ids)
        if self.positions is not None:
            x = x + self.positions(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        return self.norm(x)  # type: ignore[no-any-return]

    def forward(self, ids: Tensor) -> Tensor:
        """ids [B, T] -> logits [B, T, V]."""
        return F.linear(self.hidden(ids), self.output_embedding)

    def nll(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Nats per token [B, T], as the suite's models compute them."""
        return linear_cross_entropy(self.hidden(ids), self.output_embedding, targets)


def _linear(inputs: int, outputs: int) -> nn.Linear:
    return nn.Linear(inputs, outputs, bias=False)

"""What speed is measured against: two small models written the usual way, sharing no code of ours.

`ReleasedTokenFormer` computes Pattention step by step as the released code does (an all-ones mask
is multiplied in, the norm is divided by, nothing is fused); `NanoGPT` is a Transformer in the
style of Karpathy's nanoGPT. Both take cross-entropy over the full logits.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tokenformer.config import ModelConfig, TokenFormerConfig


class ReleasedPattention(nn.Module):
    """The released arithmetic (l2_norm_gelu), operation by operation."""

    def __init__(self, width: int, slots: int) -> None:
        super().__init__()
        self.keys = nn.Parameter(torch.randn(slots, width) * 0.02)
        self.values = nn.Parameter(torch.randn(slots, width) * 0.02)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, d] -> [B, T, d]."""
        slots = self.keys.shape[0]
        scores = x @ self.keys.transpose(-2, -1)
        scores = scores * torch.ones(x.shape[-2], slots, dtype=x.dtype, device=x.device)
        norm = torch.norm(scores, p=2, dim=-1, keepdim=True)
        return F.gelu(scores / norm * math.sqrt(slots)) @ self.values


class ReleasedLayer(nn.Module):
    """Pre-norm attention and feed-forward, every weight a Pattention; rotary on a quarter."""

    def __init__(self, config: TokenFormerConfig) -> None:
        super().__init__()
        self.heads, self.turned = config.heads, config.rotary_width
        slots = [config.slots] * 3 + [config.projection_slots, config.ffn_slots]
        self.maps = nn.ModuleList(ReleasedPattention(config.width, n) for n in slots)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """[B, T, d] -> [B, T, d]; cos and sin are [T, rotary_width]."""
        query, key, value, out, ffn = self.maps
        h = F.layer_norm(x, x.shape[-1:])
        q, k, v = (self._split(map(h)) for map in (query, key, value))
        q, k = self._turn(q, cos, sin), self._turn(k, cos, sin)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + out(mixed.transpose(1, 2).reshape(x.shape))
        added: Tensor = x + ffn(F.layer_norm(x, x.shape[-1:]))
        return added

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def _turn(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        turned, rest = x[..., : self.turned], x[..., self.turned :]
        left, right = turned.chunk(2, -1)
        rotated = turned * cos + torch.cat((-right, left), -1) * sin
        return torch.cat((rotated.to(x.dtype), rest), -1)


class ReleasedTokenFormer(nn.Module):
    """The released model's arithmetic with a tied embedding."""

    def __init__(self, config: TokenFormerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.layers = nn.ModuleList(ReleasedLayer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)

    def nll(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Nats per token [B, T]."""
        x, (cos, sin) = self.embedding(ids), self._angles(ids.shape[1])
        for layer in self.layers:
            x = layer(x, cos, sin)
        return _cross_entropy(F.linear(self.norm(x), self.embedding.weight), targets)

    def _angles(self, length: int) -> tuple[Tensor, Tensor]:
        turned = self.config.rotary_width
        frequencies = 10_000.0 ** -(torch.arange(0, turned, 2).float() / turned)
        angles = torch.outer(torch.arange(length).float(), frequencies).repeat(1, 2)
        return angles.cos(), angles.sin()


class NanoLayer(nn.Module):
    """Attention and a four-times-wide feed-forward block, both of nn.Linear."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width, bias=False) for _ in range(2))
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, d] -> [B, T, d]."""
        shape = (*x.shape[:2], self.heads, -1)
        q, k, v = self.qkv(self.norms[0](x)).split(x.shape[-1], 2)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).contiguous().view(x.shape))
        added: Tensor = x + self.down(F.gelu(self.up(self.norms[1](x))))
        return added


class NanoGPT(nn.Module):
    """A Transformer with learned positions and a tied embedding."""

    def __init__(self, config: ModelConfig, context: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(context, config.width)
        nn.init.normal_(self.embedding.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        shape = config.width, config.heads
        self.layers = nn.ModuleList(NanoLayer(*shape) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width, bias=False)

    def nll(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Nats per token [B, T]."""
        x = self.embedding(ids) + self.positions(torch.arange(ids.shape[1], device=ids.device))
        for layer in self.layers:
            x = layer(x)
        return _cross_entropy(F.linear(self.norm(x), self.embedding.weight), targets)


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    flat = logits.view(-1, logits.shape[-1])
    return F.cross_entropy(flat, targets.reshape(-1), reduction="none").view(targets.shape)

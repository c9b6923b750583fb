"""Sampling text: the prompt once, then one token at a time over the mixers' memories."""

from __future__ import annotations

import torch
from torch import Tensor

from tokenformer.model import LanguageModel


@torch.no_grad()
def generate(
    model: LanguageModel,
    ids: Tensor,
    tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """ids [B, T] -> [B, T + tokens]. Temperature 0 takes the likeliest token.

    All prompts have the same length. An empty prompt, a negative temperature or a `top_k` below 1
    raises ValueError.
    """
    if ids.dim() != 2 or ids.shape[1] == 0:
        raise ValueError(
            f"ids {tuple(ids.shape)} must be [batch, length] with a length of at least 1"
        )
    if temperature < 0 or (top_k is not None and top_k < 1):
        raise ValueError(f"temperature {temperature} is negative or top_k {top_k} is below 1")
    was_training = model.training
    model.eval()
    states = model.initial_states(ids.shape[0], ids.shape[1] + tokens)
    fresh, start = ids, 0
    for _ in range(tokens):
        hidden = model.hidden(fresh, states, start)[:, -1]
        start += fresh.shape[1]
        fresh = _sample(
            hidden @ model.output_embedding.t().to(hidden.dtype), temperature, top_k, generator
        )
        ids = torch.cat((ids, fresh), 1)
    model.train(was_training)
    return ids


def _sample(
    logits: Tensor, temperature: float, top_k: int | None, generator: torch.Generator | None
) -> Tensor:
    if temperature == 0:
        return logits.argmax(-1, keepdim=True)
    if top_k is not None:
        least = logits.topk(min(top_k, logits.shape[-1]), -1).values[:, -1:]
        logits = logits.masked_fill(logits < least, float("-inf"))
    return torch.multinomial((logits.float() / temperature).softmax(-1), 1, generator=generator)

"""Cross-entropy straight from hidden states, in chunks of tokens.

At V = 8k the logits and their cross-entropy are a third of a small model's step, at 32k three
quarters; written plainly they also hold three logits-sized tensors. Here forward keeps one, the
softmax, which backward turns into the logits' gradient in place; where even one is too large it
keeps none and multiplies the logits out again. The log-sum-exp is float32 in every case, and so
is the embedding's gradient where chunks add up to it.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tokenformer.pattention import in_compute_dtype

IGNORE = -100
KEPT_ELEMENTS = 2**26  # a softmax of up to so many elements is kept: 256 MiB in float32
CHUNK_ELEMENTS = 2**22  # logits held at a time: 16 MiB in float32


def linear_cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """-log softmax(hidden · weightᵀ)[target] in nats, float32 (float64 for double), like `targets`.

    hidden [..., d], weight [V, d], targets [...] integers; 0 where the target is -100.
    """
    if hidden.shape[:-1] != targets.shape:
        shapes = f"{tuple(hidden.shape[:-1])} hidden states and {tuple(targets.shape)} targets"
        raise ValueError(f"{shapes} do not go together")
    flat, wanted = hidden.reshape(-1, hidden.shape[-1]), targets.reshape(-1)
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        return _plain(flat, weight, wanted).view(targets.shape)
    node: Any = LinearCrossEntropy
    compute = in_compute_dtype(flat).dtype
    nats: Tensor = node.apply(flat, weight, wanted, compute, torch.is_grad_enabled())
    return nats.view(targets.shape)


def _plain(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    logits = hidden @ weight.t()
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return F.cross_entropy(wide, targets, ignore_index=IGNORE, reduction="none")


class LinearCrossEntropy(torch.autograd.Function):
    """Nats per token; see `linear_cross_entropy`."""

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, compute: torch.dtype, grad: bool
    ) -> Tensor:
        ctx.save_for_backward(hidden, weight, targets)
        ctx.compute = compute
        size = hidden.shape[0] * weight.shape[0]
        keep = grad and size <= KEPT_ELEMENTS
        kept = hidden.new_empty(hidden.shape[0], weight.shape[0], dtype=compute) if keep else None
        logits = _Logits(hidden, weight, compute)
        nats = hidden.new_empty(hidden.shape[0], dtype=logits.wide)
        for part in logits.parts():
            nats[part] = logits.nats(part, targets[part])
            if kept is not None:
                kept[part] = logits.softmax
        ctx.kept = kept
        return nats

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # noqa: D102
        hidden, weight, targets = ctx.saved_tensors
        grad = grads[0].masked_fill(targets == IGNORE, 0.0).unsqueeze(1)
        index = targets.clamp_min(0).unsqueeze(1)
        if ctx.kept is not None:
            d_logits, ctx.kept = _gradient_(ctx.kept, index, grad), None
            d_hidden = d_logits @ weight.to(ctx.compute)
            d_weight = d_logits.t() @ hidden.to(ctx.compute)
        else:
            d_hidden, d_weight = _recomputed(hidden, weight, index, grad, ctx.compute)
        return d_hidden.to(hidden.dtype), d_weight.to(weight.dtype), None, None, None


class _Logits:
    """The logits of one chunk of tokens after another, in a buffer that is used again."""

    def __init__(self, hidden: Tensor, weight: Tensor, compute: torch.dtype) -> None:
        self.hidden, self.weight = hidden.to(compute), weight.to(compute).t()
        self.wide = torch.float64 if compute == torch.float64 else torch.float32
        self.step = max(1, min(hidden.shape[0], CHUNK_ELEMENTS // weight.shape[0]))
        self.buffer = hidden.new_empty(self.step, weight.shape[0], dtype=self.wide)
        self.softmax = self.buffer

    def parts(self) -> list[slice]:
        rows = self.hidden.shape[0]
        return [slice(at, min(at + self.step, rows)) for at in range(0, rows, self.step)]

    def nats(self, part: slice, targets: Tensor) -> Tensor:
        """Nats of one chunk; its softmax is in `self.softmax` until the next."""
        hidden = self.hidden[part]
        logits = hidden @ self.weight
        top = logits.amax(1).to(self.wide)
        wanted = logits.gather(1, targets.clamp_min(0).unsqueeze(1)).squeeze(1).to(self.wide)
        self.softmax = self.buffer[: hidden.shape[0]]
        if logits.dtype == self.wide:
            torch.softmax(logits, 1, out=self.softmax)
        else:
            self.softmax.copy_(torch.softmax(logits.to(self.wide), 1))
        # log Σ exp = top − log(largest probability), and that is at least 1/V
        nats = top - self.softmax.amax(1).log_() - wanted
        return nats.masked_fill_(targets == IGNORE, 0.0)


def _gradient_(softmax: Tensor, index: Tensor, grad: Tensor) -> Tensor:
    """(softmax − one-hot) · grad in place."""
    narrow = grad.to(softmax.dtype)
    return softmax.mul_(narrow).scatter_add_(1, index, -narrow)


def _recomputed(
    hidden: Tensor, weight: Tensor, index: Tensor, grad: Tensor, compute: torch.dtype
) -> tuple[Tensor, Tensor]:
    logits = _Logits(hidden, weight, compute)
    d_hidden = torch.empty_like(logits.hidden)
    d_weight = torch.zeros_like(weight, dtype=logits.wide)
    for part in logits.parts():
        logits.nats(part, index[part].squeeze(1))
        d_logits = _gradient_(logits.softmax, index[part], grad[part]).to(compute)
        d_hidden[part] = d_logits @ logits.weight.t()
        d_weight += d_logits.t() @ logits.hidden[part]
    return d_hidden, d_weight

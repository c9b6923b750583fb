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
CHUNK_ELEMENTS = 2**24  # else so many logits are held at a time: 64 MiB in float32
CACHED_ELEMENTS = 2**18  # the softmax takes so many at a time: 1 MiB, a core's cache
DEVICE_ELEMENTS = 2**22  # and so many elsewhere
ROWS = 16  # a CPU's bf16 kernels are compiled for each number of rows: that is rounded up


def linear_cross_entropy(
    hidden: Tensor, weight: Tensor, targets: Tensor, *, softmax_elements: int | None = None
) -> Tensor:
    """-log softmax(hidden · weightᵀ)[target] in nats, float32 (float64 for double), like `targets`.

    hidden [..., d], weight [V, d], targets [...] integers; 0 where the target is -100.
    `softmax_elements` is how many logits the softmax takes at a time, by default what suits the
    device; it changes memory and speed, not the result.
    """
    if hidden.shape[:-1] != targets.shape:
        shapes = f"{tuple(hidden.shape[:-1])} hidden states and {tuple(targets.shape)} targets"
        raise ValueError(f"{shapes} do not go together")
    flat, wanted = hidden.reshape(-1, hidden.shape[-1]), targets.reshape(-1)
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        return _plain(flat, weight, wanted).view(targets.shape)
    elements = softmax_elements or (CACHED_ELEMENTS if _plain_cpu(flat) else DEVICE_ELEMENTS)
    if not _plain_cpu(flat):  # elsewhere the shape must not depend on the data
        return _nats(flat, weight, wanted, elements).view(targets.shape)
    rows = _counted(wanted, ROWS if in_compute_dtype(flat).dtype == torch.bfloat16 else 1)
    if len(rows) == len(wanted):
        return _nats(flat, weight, wanted, elements).view(targets.shape)
    nats = _nats(flat[rows], weight, wanted[rows], elements)  # padding costs no logits
    return nats.new_zeros(len(wanted)).index_copy(0, rows, nats).view(targets.shape)


def _counted(targets: Tensor, multiple: int) -> Tensor:
    """Rows whose target counts, and as many others as make their number a multiple."""
    counts = targets != IGNORE
    rows = counts.nonzero().squeeze(1)
    lacking = -len(rows) % multiple
    if not lacking:
        return rows
    return torch.cat([rows, (~counts).nonzero().squeeze(1)[:lacking]])


def _plain_cpu(x: Tensor) -> bool:
    """On the CPU, and neither fake nor any other subclass."""
    return x.is_cpu and type(x) is Tensor


def _nats(hidden: Tensor, weight: Tensor, targets: Tensor, elements: int) -> Tensor:
    node: Any = LinearCrossEntropy
    compute = in_compute_dtype(hidden).dtype
    nats: Tensor = node.apply(hidden, weight, targets, compute, torch.is_grad_enabled(), elements)
    return nats


def _plain(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    logits = hidden @ weight.t()
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return F.cross_entropy(wide, targets, ignore_index=IGNORE, reduction="none")


class LinearCrossEntropy(torch.autograd.Function):
    """Nats per token; see `linear_cross_entropy`."""

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, compute: torch.dtype, grad: bool,
        elements: int,
    ) -> Tensor:  # fmt: skip
        ctx.save_for_backward(hidden, weight, targets)
        ctx.compute, ctx.kept, ctx.elements = compute, None, elements
        narrow, transposed = hidden.to(compute), weight.to(compute).t()
        if grad and hidden.shape[0] * weight.shape[0] <= KEPT_ELEMENTS:
            ctx.kept = narrow @ transposed
            return softmax_(ctx.kept, targets, elements)
        nats = _empty_nats(narrow)
        for at in _chunks(hidden.shape[0], weight.shape[0], CHUNK_ELEMENTS):
            nats[at] = softmax_(narrow[at] @ transposed, targets[at], elements)
        return nats

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # noqa: D102
        hidden, weight, targets = ctx.saved_tensors
        narrow, rows = hidden.to(ctx.compute), weight.to(ctx.compute)
        grad = grads[0].masked_fill(targets == IGNORE, 0.0).to(ctx.compute)
        if ctx.kept is not None:
            d_logits, ctx.kept = _gradient_(ctx.kept, targets, grad), None
            d_hidden, d_weight = d_logits @ rows, d_logits.t() @ narrow
        else:
            d_hidden, d_weight = _recomputed(narrow, rows, targets, grad, ctx.elements)
        return d_hidden.to(hidden.dtype), d_weight.to(weight.dtype), None, None, None, None


def softmax_(logits: Tensor, targets: Tensor, elements: int) -> Tensor:
    """Turn logits [N, V] into probabilities in place, and return nats [N] at least float32.

    So many `elements` are in the works at a time.

    log Σ exp is the largest logit minus the log of the largest probability, which is at least 1/V.
    """
    nats = _empty_nats(logits)
    for at in _chunks(logits.shape[0], logits.shape[1], elements):
        chunk, index = logits[at].to(nats.dtype), _index(targets[at])
        probabilities = torch.softmax(chunk, 1)
        wanted = chunk.gather(1, index).squeeze(1)
        nats[at] = chunk.amax(1) - probabilities.amax(1).log_() - wanted
        logits[at] = probabilities
    return nats.masked_fill_(targets == IGNORE, 0.0)


def _empty_nats(like: Tensor) -> Tensor:
    wide = like.dtype if like.dtype == torch.float64 else torch.float32
    return torch.empty(like.shape[0], dtype=wide, device=like.device)


def _index(targets: Tensor) -> Tensor:
    """Targets as a column to gather by, 0 where ignored; other negatives stay and are refused."""
    return targets.masked_fill(targets == IGNORE, 0).unsqueeze(1)


def _chunks(rows: int, columns: int, elements: int) -> list[slice]:
    step = max(1, elements // columns)
    return [slice(at, min(at + step, rows)) for at in range(0, rows, step)]


def _gradient_(probabilities: Tensor, targets: Tensor, grad: Tensor) -> Tensor:
    """(probabilities − one-hot) · grad in place; indexed, as scatter_add_ copies bf16 on a CPU."""
    rows = torch.arange(len(targets), device=targets.device)
    probabilities.mul_(grad.unsqueeze(1))[rows, targets.clamp_min(0)] -= grad
    return probabilities


def _recomputed(
    hidden: Tensor, weight: Tensor, targets: Tensor, grad: Tensor, elements: int
) -> tuple[Tensor, Tensor]:
    """Gradients of hidden states and weight; the weight's adds up in at least float32."""
    d_hidden = torch.empty_like(hidden)
    wide = hidden.dtype if hidden.dtype == torch.float64 else torch.float32
    d_weight = torch.zeros_like(weight, dtype=wide)
    for at in _chunks(hidden.shape[0], weight.shape[0], CHUNK_ELEMENTS):
        logits = hidden[at] @ weight.t()
        softmax_(logits, targets[at], elements)
        d_logits = _gradient_(logits, targets[at], grad[at])
        d_hidden[at] = d_logits @ weight
        d_weight += d_logits.t() @ hidden[at]
    return d_hidden, d_weight

"""Norm and GELU over a row of scores in one pass each way, for CUDA. Same contract as `fused`.

One program handles one row and holds it in registers, so each score is read and written once.
Imported only where CUDA and Triton are both there.
"""

# mypy: ignore-errors
from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def _gelu_cdf(u):
    return 0.5 * (1.0 + tl.math.erf(u * 0.7071067811865476))


@triton.jit
def _forward(scores, weights, ratios, scale_at, slots, BLOCK: tl.constexpr):
    row, column = tl.program_id(0).to(tl.int64), tl.arange(0, BLOCK)
    inside = column < slots
    s = tl.load(scores + row * slots + column, mask=inside, other=0.0).to(tl.float32)
    norm = tl.sqrt(tl.sum(s * s, axis=0))
    scale = tl.load(scale_at).to(tl.float32)
    ratio = tl.where(norm > 0, scale / tl.where(norm > 0, norm, 1.0), 0.0)
    u = s * ratio
    tl.store(scores + row * slots + column, u, mask=inside)
    tl.store(weights + row * slots + column, u * _gelu_cdf(u), mask=inside)
    tl.store(ratios + row, ratio)


@triton.jit
def _backward(d_weights, units, weights, scale_at, slots, BLOCK: tl.constexpr):
    row, column = tl.program_id(0).to(tl.int64), tl.arange(0, BLOCK)
    inside = column < slots
    u = tl.load(units + row * slots + column, mask=inside, other=0.0).to(tl.float32)
    dw = tl.load(d_weights + row * slots + column, mask=inside, other=0.0).to(tl.float32)
    cdf = _gelu_cdf(u)
    du = dw * (cdf + u * 0.3989422804014327 * tl.exp(-0.5 * u * u))
    scale = tl.load(scale_at).to(tl.float32)
    along = tl.sum(u * du, axis=0) / (scale * scale)
    tl.store(d_weights + row * slots + column, du - u * along, mask=inside)
    tl.store(weights + row * slots + column, u * cdf, mask=inside)


def forward(scores: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """See `fused.normalise_gelu_`."""
    rows, slots = scores.shape
    ratio = torch.empty(rows, 1, device=scores.device, dtype=torch.float32)
    activated = torch.empty_like(scores)
    _forward[(rows,)](scores, activated, ratio, scale, slots, **_launch(slots))
    return ratio, activated


def backward(d_weights: Tensor, unit: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """See `fused.normalise_gelu_backward_`."""
    rows, slots = unit.shape
    activated = torch.empty_like(unit)
    _backward[(rows,)](d_weights, unit, activated, scale, slots, **_launch(slots))
    return d_weights, activated


def _launch(slots: int) -> dict[str, int]:
    block = triton.next_power_of_2(slots)
    return {"BLOCK": block, "num_warps": min(16, max(4, block // 512))}

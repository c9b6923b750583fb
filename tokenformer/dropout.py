"""Dropout whose mask costs a few bits an element where drawing it would be a tenth of a step."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_LEVELS = 2**16


def dropout(x: Tensor, p: float) -> Tensor:
    """x with a share p of its elements set to zero and the rest divided by 1 - p, in training.

    On a CPU four elements share a 64-bit draw, and p is rounded to a multiple of 2⁻¹⁶; elsewhere,
    and in traced code, this is F.dropout.
    """
    if not x.is_cpu or type(x) is not Tensor or torch.compiler.is_compiling():
        return F.dropout(x, p)
    dropped = min(round(p * _LEVELS), _LEVELS - 1)  # what is kept is divided by its share
    draws = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    levels = draws.view(torch.int16)[: x.numel()].view(x.shape)
    kept = (levels >= dropped - _LEVELS // 2).to(x.dtype)
    return x * kept.mul_(_LEVELS / (_LEVELS - dropped))

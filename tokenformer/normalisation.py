"""Θ: from scores to weights over the slots. The plain path, differentiable by autograd.

    l2_gelu   GELU(s · scale / ‖s‖₂)        released, the default; scale = √n
    gelu_l2   g · scale / ‖g‖₂, g = GELU(s)                         scale = √n
    softmax   scale · exp(s) / Σ exp(s)                             scale = n

GELU is the exact one (erf). A row of zero scores gives weights of zero under the first two, and
gradients of zero: the released arithmetic divides by zero there.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tokenformer.config import Normalisation


def initial_scale(normalisation: Normalisation, slots: int) -> float:
    """The released scale: √n for the L2 norms, n for the softmax."""
    return float(slots) if normalisation == "softmax" else math.sqrt(slots)


def weights(scores: Tensor, scale: Tensor, normalisation: Normalisation) -> Tensor:
    """Scores [..., n] -> weights [..., n] in the scores' dtype."""
    if normalisation == "l2_gelu":
        return F.gelu(l2_normalise(scores, scale))
    if normalisation == "gelu_l2":
        return l2_normalise(F.gelu(scores), scale)
    return torch.softmax(scores, -1) * scale.to(scores.dtype)


def l2_normalise(rows: Tensor, scale: Tensor) -> Tensor:
    """rows · scale / ‖rows‖₂ along the last axis; zero where a row is zero."""
    return rows * (scale * inverse_norm(rows)).to(rows.dtype)


def inverse_norm(rows: Tensor) -> Tensor:
    """1 / ‖row‖₂ as [..., 1], at least float32; 0 for a zero row, and no NaN in its gradient."""
    wide = rows if rows.dtype == torch.float64 else rows.float()
    squares = wide.square().sum(-1, keepdim=True)
    positive = squares > 0
    return torch.where(positive, squares, 1.0).rsqrt() * positive


def norm_share(scores: Tensor, kept: Tensor, normalisation: Normalisation) -> Tensor:
    """How much of the norm the slots `kept` carry: the mean over tokens, as a factor on the scale.

    With the scale multiplied by it, dropping the other slots leaves the kept weights unchanged on
    average. Slots that never scored carry nothing: then it is 1 for the L2 norms.
    """
    if normalisation == "softmax":
        return torch.softmax(scores, -1)[:, kept].sum(-1).mean()
    energy = (scores if normalisation == "l2_gelu" else F.gelu(scores)).square()
    return (energy[:, kept].sum() / energy.sum()).sqrt()

"""Pattention: attention from tokens to parameters. Keys and values are the layer's weights.

    Pattention(X; K, V) = Θ(X Kᵀ) V        X [..., d_in], K [slots, d_in], V [slots, d_out]

(arXiv 2410.23168, section 3.2.) Without a bias it stands where an nn.Linear or a whole
feed-forward block stands, and its number of slots can grow while it keeps its function.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from tokenformer.config import NORMALISATIONS, Normalisation, require_positive
from tokenformer.fused import fused_pattention
from tokenformer.normalisation import initial_scale, weights

KEY_STD = 0.02  # the released initialisation


class Pattention(nn.Module):
    """Θ(X Kᵀ) V with `slots` learned keys [slots, d_in] and values [slots, d_out].

    `scale` (√slots, or slots for softmax) is a buffer: growth pins it so that the function is
    preserved. `value_std` defaults to 1/√slots, which keeps the output near the input's size.
    `fused=False` takes the plain path, which keeps three score-sized tensors for backward.
    """

    keys: nn.Parameter
    values: nn.Parameter
    scale: Tensor
    scale_origin: Tensor  # the scale right after the last growth, where annealing starts

    def __init__(
        self,
        d_in: int,
        d_out: int,
        slots: int,
        normalisation: Normalisation = "l2_gelu",
        *,
        value_std: float | None = None,
        fused: bool = True,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        for name, size in (("d_in", d_in), ("d_out", d_out), ("slots", slots)):
            require_positive(name, size)
        if normalisation not in NORMALISATIONS:
            raise ValueError(f"normalisation {normalisation!r} is not one of {NORMALISATIONS}")
        self.normalisation: Normalisation = normalisation
        self.value_std = 1 / math.sqrt(slots) if value_std is None else value_std
        self.fused = fused
        self.keys = nn.Parameter(torch.empty(slots, d_in, device=device, dtype=dtype))
        self.values = nn.Parameter(torch.empty(slots, d_out, device=device, dtype=dtype))
        scale = torch.tensor(initial_scale(normalisation, slots), device=device, dtype=dtype)
        self.register_buffer("scale", scale)
        self.register_buffer("scale_origin", scale.clone())
        self.reset_parameters(generator)

    @property
    def slots(self) -> int:
        """How many key-value pairs the layer has now."""
        return self.keys.shape[0]

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Keys ~ N(0, 0.02), values ~ N(0, value_std); on the meta device nothing is drawn."""
        if not self.keys.is_meta:
            self.keys.normal_(std=KEY_STD, generator=generator)
            self.values.normal_(std=self.value_std, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """[..., d_in] -> [..., d_out]. Another width or dtype of x raises ValueError."""
        self._check(x)
        x, keys, values = (in_compute_dtype(t) for t in (x, self.keys, self.values))
        if self.fused and self.normalisation == "l2_gelu" and not _traced():
            return fused_pattention(x, keys, values, self.scale)
        return self.weights(x @ keys.t()) @ values

    def weights(self, scores: Tensor) -> Tensor:
        """Θ: scores [..., slots] -> weights [..., slots], on the plain path."""
        return weights(scores, self.scale, self.normalisation)

    def _check(self, x: Tensor) -> None:
        if x.shape[-1] != self.keys.shape[1]:
            raise ValueError(
                f"input width {x.shape[-1]} is not the keys' width {self.keys.shape[1]}"
            )
        if in_compute_dtype(x).dtype != in_compute_dtype(self.keys).dtype:
            raise ValueError(f"input dtype {x.dtype} is not the keys' dtype {self.keys.dtype}")

    def extra_repr(self) -> str:
        """Shape and normalisation, as nn.Linear prints its own."""
        d_in, d_out = self.keys.shape[1], self.values.shape[1]
        return f"d_in={d_in}, d_out={d_out}, slots={self.slots}, {self.normalisation}"


def in_compute_dtype(x: Tensor) -> Tensor:
    """x as autocast would hand it to a matrix product; x itself where autocast is off."""
    device = x.device.type
    if device == "meta" or x.dtype == torch.float64 or not torch.is_autocast_enabled(device):
        return x
    return x.to(torch.get_autocast_dtype(device))


def _traced() -> bool:
    """Under torch.compile (which fuses by itself) and torch.func the plain path is taken."""
    return torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active()

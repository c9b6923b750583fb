"""TokenFormer, its growth, and the Transformer beside it.

Configs and parameter counts need no PyTorch; the rest is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tokenformer.config import (
    ModelConfig,
    TokenFormerConfig,
    TransformerConfig,
    from_dict,
    match,
    matched_pair,
    parameters,
    to_dict,
)
from tokenformer.presets import PRESETS, preset

if TYPE_CHECKING:
    from tokenformer.allocator import keep_freed_memory
    from tokenformer.checkpoint import load, save
    from tokenformer.growth import anneal_scale, grow, grow_optimizer, shrink
    from tokenformer.language import TokenFormer, build
    from tokenformer.model import LanguageModel
    from tokenformer.pattention import Pattention
    from tokenformer.released import from_released
    from tokenformer.sampling import generate
    from tokenformer.transformer import Transformer

_HOMES = {
    "LanguageModel": "model",
    "Pattention": "pattention",
    "TokenFormer": "language",
    "Transformer": "transformer",
    "anneal_scale": "growth",
    "build": "language",
    "from_released": "released",
    "generate": "sampling",
    "grow": "growth",
    "grow_optimizer": "growth",
    "keep_freed_memory": "allocator",
    "load": "checkpoint",
    "save": "checkpoint",
    "shrink": "growth",
}

__all__ = [
    "PRESETS",
    "LanguageModel",
    "ModelConfig",
    "Pattention",
    "TokenFormer",
    "TokenFormerConfig",
    "Transformer",
    "TransformerConfig",
    "anneal_scale",
    "build",
    "from_dict",
    "from_released",
    "generate",
    "grow",
    "grow_optimizer",
    "keep_freed_memory",
    "load",
    "match",
    "matched_pair",
    "parameters",
    "preset",
    "save",
    "shrink",
    "to_dict",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tokenformer' has no attribute {name!r}")
    return getattr(import_module(f"tokenformer.{_HOMES[name]}"), name)

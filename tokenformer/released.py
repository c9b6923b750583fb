"""The released checkpoints' tensor names (a GPT-NeoX pipeline: numbered layers, tied embedding).

    0.word_embeddings.weight                                   embedding.weight
    <i>.attention.{query,key,value}.{key,value}_param_tokens   blocks.<j>.tokens.….{keys,values}
    <i>.attention.proj.{key,value}_param_tokens                blocks.<j>.tokens.out.….
    <i>.mlp.{key,value}_param_tokens                           blocks.<j>.channels.pattention.….
    <last>.norm.{weight,bias}                                  norm.{weight,bias}

The numbers differ between ways of saving, so layers are taken in the order of theirs, and any
prefix before the number is ignored. Where a checkpoint is one file a layer
(`layer_02-model_00-model_states.pt`), put its number before each name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from tokenformer.checkpoint import fill
from tokenformer.config import TokenFormerConfig
from tokenformer.language import TokenFormer, build
from tokenformer.normalisation import initial_scale

_SLOTS = re.compile(
    r"(?:^|.*\.)(\d+)\.(attention\.(?:query|key|value|proj)|mlp)\.(key|value)_param_tokens$"
)
_OTHERS = {
    "word_embeddings.weight": "embedding.weight",
    "norm.weight": "norm.weight",
    "norm.bias": "norm.bias",
}
_HOMES = {
    "attention.query": "tokens.query",
    "attention.key": "tokens.key",
    "attention.value": "tokens.value",
    "attention.proj": "tokens.out",
    "mlp": "channels.pattention",
}


def from_released(tensors: Mapping[str, Tensor], heads: int) -> TokenFormer:
    """A TokenFormer with a released checkpoint's tensors; its shape is read off theirs.

    `heads` is not in the tensors: 12 for the 150M and 124M models, 16 for the others. Rotary
    frequencies are recomputed and skipped here. A name that is none of the released ones raises
    ValueError, and so does a tensor that is missing or has another shape.
    """
    found = _renamed({name: value for name, value in tensors.items() if "inv_freq" not in name})
    config = _config(found, heads)
    for block in range(config.layers):
        for home in _HOMES.values():
            slots = found[f"blocks.{block}.{home}.keys"].shape[0]
            scale = torch.tensor(initial_scale("l2_gelu", slots)).to(
                found["embedding.weight"].dtype
            )
            found[f"blocks.{block}.{home}.scale"] = scale
            found[f"blocks.{block}.{home}.scale_origin"] = scale.clone()
    with torch.device("meta"):
        model = build(config)
    fill(model, found)
    assert isinstance(model, TokenFormer)
    return model


def _renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    numbers = sorted({int(match[1]) for name in tensors if (match := _SLOTS.match(name))})
    order = {number: place for place, number in enumerate(numbers)}
    return {_rename(name, order): value for name, value in tensors.items()}


def _rename(name: str, order: Mapping[int, int]) -> str:
    if match := _SLOTS.match(name):
        return f"blocks.{order[int(match[1])]}.{_HOMES[match[2]]}.{match[3]}s"
    for ending, ours in _OTHERS.items():
        if name == ending or name.endswith("." + ending):
            return ours
    raise ValueError(f"{name} is no tensor of a released TokenFormer")


def _config(found: Mapping[str, Tensor], heads: int) -> TokenFormerConfig:
    layers = sum(name.endswith("tokens.query.keys") for name in found)
    wanted = ["embedding.weight", "norm.weight", "norm.bias"]
    wanted += [
        f"blocks.{block}.{home}.{part}"
        for block in range(max(layers, 1))
        for home in _HOMES.values()
        for part in ("keys", "values")
    ]
    if missing := [name for name in wanted if name not in found]:
        raise ValueError(f"a TokenFormer has {missing[0]}, the released tensors have not")
    vocabulary, width = found["embedding.weight"].shape
    slots, projection, ffn = (
        found[f"blocks.0.{home}.keys"].shape[0]
        for home in ("tokens.query", "tokens.out", "channels.pattention")
    )
    return TokenFormerConfig(
        vocabulary, width, layers, heads, slots=slots, projection_slots=projection, ffn_slots=ffn
    )

"""Growing: more slots, the same function. And shrinking, whose error is reported.

A new slot with a zero key scores zero on every input, so it adds nothing, provided that the scale
stays at √n_old: under √n_new every old weight would change. Its value is random, so its key has a
gradient from the first step. (With key and value both zero neither has one: such a slot is dead
for ever.) Preserved means up to the order of summation: 1e-14 relative in double.

The released code does something else: new keys and values are random and the scale is √n_new, so
that the loss jumps. Every way is a named method, since results differ:

    method       new keys   new values   scale
    preserve     zero       random       pinned          the default
    anneal       zero       random       pinned, then moved to √n_new by `anneal_scale`
    released     random     random       √n_new
    zero_keys    zero       random       √n_new          changes the function by 14–115%
    zero_values  random     zero         √n_new          changes it by 3–6%
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, cast, get_args

import torch
from torch import Tensor, nn

from tokenformer.config import TokenFormerConfig, require_positive
from tokenformer.language import TokenFormer
from tokenformer.normalisation import initial_scale, norm_share
from tokenformer.pattention import KEY_STD, Pattention

Method = Literal["preserve", "anneal", "released", "zero_keys", "zero_values"]
Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class _Start:
    keys: bool  # drawn at random, else zero
    values: bool
    pinned: bool  # the scale stays


_STARTS = {
    "preserve": _Start(keys=False, values=True, pinned=True),
    "anneal": _Start(keys=False, values=True, pinned=True),
    "released": _Start(keys=True, values=True, pinned=False),
    "zero_keys": _Start(keys=False, values=True, pinned=False),
    "zero_values": _Start(keys=True, values=False, pinned=False),
}


def grow(
    module: Module,
    slots: int,
    *,
    projection_slots: int | None = None,
    ffn_slots: int | None = None,
    method: Method = "preserve",
    seed: int = 0,
) -> Module:
    """A grown copy of a Pattention or of a whole TokenFormer; old slots come first, unchanged.

    In a model `slots` are those of Q, K and V; the projection and the feed-forward block grow by
    the same factor unless their slots are given. New slots are drawn from `seed`. Fewer slots than
    there are raise ValueError, and so does preserving a softmax, where a score of zero still
    weighs exp(0).
    """
    if method not in _STARTS:
        raise ValueError(f"method {method!r} is not one of {', '.join(get_args(Method))}")
    generator = torch.Generator().manual_seed(seed)
    if isinstance(module, Pattention):
        return cast(Module, _grow_layer(module, slots, _STARTS[method], generator))
    if not isinstance(module, TokenFormer):
        raise ValueError(f"{type(module).__name__} is neither a Pattention nor a TokenFormer")
    config = resized(module.config, slots, projection_slots, ffn_slots)
    start = _STARTS[method]
    grown = _rebuild(module, config, lambda layer, n: _grow_layer(layer, n, start, generator))
    return cast(Module, grown)


def resized(
    config: TokenFormerConfig, slots: int, projection_slots: int | None, ffn_slots: int | None
) -> TokenFormerConfig:
    """The config with other numbers of slots; those not given keep their ratio to `slots`."""
    require_positive("slots", slots)
    if projection_slots is None:
        projection_slots = round(config.projection_slots * slots / config.slots)
    if ffn_slots is None:
        ffn_slots = round(config.ffn_slots * slots / config.slots)
    return replace(config, slots=slots, projection_slots=projection_slots, ffn_slots=ffn_slots)


def anneal_scale(module: nn.Module, fraction: float) -> None:
    """Move every scale, in place, to origin + fraction · (√n − origin); for softmax n, not √n.

    `origin` is the scale right after the last growth. A layer that never grew does not change.
    """
    if not 0.0 <= fraction <= 1.0:
        raise ValueError(f"fraction {fraction} is outside 0..1")
    for _, layer in _pattentions(module):
        target = initial_scale(layer.normalisation, layer.slots)
        layer.scale.copy_(layer.scale_origin + fraction * (target - layer.scale_origin))


def _rebuild(
    model: TokenFormer, config: TokenFormerConfig, resize: Callable[[Pattention, int], Pattention]
) -> TokenFormer:
    """A copy of `model` in the shape of `config`, each Pattention made by `resize`."""
    sizes = {"out": config.projection_slots, "pattention": config.ffn_slots}
    other = copy.deepcopy(model)
    other.config = config
    for name, layer in list(_pattentions(model)):
        home, _, last = name.rpartition(".")
        setattr(other.get_submodule(home), last, resize(layer, sizes.get(last, config.slots)))
    return other.train(model.training)


def _pattentions(module: nn.Module) -> Iterator[tuple[str, Pattention]]:
    for name, layer in module.named_modules():
        if isinstance(layer, Pattention):
            yield name, layer


@torch.no_grad()
def _grow_layer(
    layer: Pattention, slots: int, start: _Start, generator: torch.Generator
) -> Pattention:
    require_positive("slots", slots)
    added = slots - layer.slots
    if added < 0:
        raise ValueError(f"cannot grow to {slots} slots from {layer.slots}: use shrink")
    if start.pinned and layer.normalisation == "softmax":
        raise ValueError("softmax gives a zero score weight: growth cannot preserve it")
    keys = _new_rows(layer.keys, added, KEY_STD if start.keys else 0.0, generator)
    values = _new_rows(layer.values, added, layer.value_std if start.values else 0.0, generator)
    scale = float(layer.scale) if start.pinned else initial_scale(layer.normalisation, slots)
    return _with_slots(layer, keys, values, scale)


def _new_rows(old: Tensor, added: int, std: float, generator: torch.Generator) -> Tensor:
    drawn = torch.randn(added, old.shape[1], generator=generator, dtype=torch.float64) * std
    return torch.cat((old, drawn.to(old)))


def _with_slots(layer: Pattention, keys: Tensor, values: Tensor, scale: float) -> Pattention:
    """The layer with other keys, values and scale; everything else as it was."""
    other = Pattention(
        keys.shape[1],
        values.shape[1],
        keys.shape[0],
        layer.normalisation,
        value_std=layer.value_std,
        fused=layer.fused,
        device="meta",
    )
    other.keys = nn.Parameter(keys, layer.keys.requires_grad)
    other.values = nn.Parameter(values, layer.values.requires_grad)
    other.scale = torch.full_like(layer.scale, scale)
    other.scale_origin = other.scale.clone()
    return other.train(layer.training)


def grow_optimizer(
    optimizer: torch.optim.Optimizer,
    old: nn.Module,
    new: nn.Module,
    *,
    moments: Literal["carry", "reset"] = "carry",
) -> torch.optim.Optimizer:
    """An optimizer of the same kind and settings for the grown model.

    "carry" keeps the state of the old slots (zero for new ones) and the step count; "reset"
    starts afresh, as the released code does. Parameters are matched by name.
    """
    if moments not in ("carry", "reset"):
        raise ValueError(f"moments {moments!r} is neither 'carry' nor 'reset'")
    names: dict[Any, str] = {parameter: name for name, parameter in old.named_parameters()}
    grown = dict(new.named_parameters())
    groups = [
        {**group, "params": [grown[names[parameter]] for parameter in group["params"]]}
        for group in optimizer.param_groups
    ]
    make: Any = type(optimizer)
    other: torch.optim.Optimizer = make(groups)
    if moments == "carry":
        for parameter, state in optimizer.state.items():
            target = grown[names[parameter]]
            other.state[target] = {key: _padded(value, target) for key, value in state.items()}
    return other


def _padded(value: object, like: Tensor) -> object:
    """A state tensor of a parameter with rows of zeros for the new slots; others are copied."""
    if not isinstance(value, Tensor):
        return copy.copy(value)
    if value.dim() != like.dim() or value.shape == like.shape:
        return value.clone()
    padded = value.new_zeros(like.shape)
    padded[: value.shape[0]] = value
    return padded


@dataclass(frozen=True)
class Shrunk:
    """A smaller copy and ‖its output − the old output‖ / ‖the old output‖ on the inputs given."""

    module: Pattention | TokenFormer
    error: float


@torch.no_grad()
def shrink(
    module: Pattention | TokenFormer,
    slots: int,
    inputs: Tensor,
    *,
    projection_slots: int | None = None,
    ffn_slots: int | None = None,
) -> Shrunk:
    """Keep the slots that add most to the output on `inputs` (layer: [..., d_in]; model: ids).

    Saliency of slot j: mean over tokens of |weight_j| times ‖value_j‖. The scale is multiplied by
    the share of the norm that the kept slots carry, so that their weights stay as they were on
    average. The error is that of the layer's output, or of the model's last hidden states.
    """
    if isinstance(module, Pattention):
        smaller = _shrink_layer(module, slots, inputs)
        return Shrunk(smaller, _relative(smaller(inputs), module(inputs)))
    config = resized(module.config, slots, projection_slots, ffn_slots)
    seen: dict[Pattention, Tensor] = {}
    hooks = [
        layer.register_forward_pre_hook(lambda layer, args: seen.__setitem__(layer, args[0]))
        for _, layer in _pattentions(module)
    ]
    was_training = module.training
    before = module.eval().hidden(inputs)
    for hook in hooks:
        hook.remove()
    model = _rebuild(module, config, lambda layer, n: _shrink_layer(layer, n, seen[layer]))
    error = _relative(model.eval().hidden(inputs), before)
    module.train(was_training)
    return Shrunk(model.train(was_training), error)


def _shrink_layer(layer: Pattention, slots: int, inputs: Tensor) -> Pattention:
    require_positive("slots", slots)
    if slots > layer.slots:
        raise ValueError(f"cannot shrink to {slots} slots from {layer.slots}: use grow")
    scores = inputs.reshape(-1, inputs.shape[-1]) @ layer.keys.t()
    size = layer.weights(scores).abs().mean(0) * layer.values.norm(dim=1)
    kept = size.topk(slots).indices.sort().values
    share = norm_share(scores, kept, layer.normalisation)
    return _with_slots(layer, layer.keys[kept], layer.values[kept], float(layer.scale * share))


def _relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).norm() / wanted.norm())

"""From a model shape in the cost cards to a model that trains, and back to its FLOPs."""

from collections.abc import Mapping
from typing import Any

from bench.costs import flops, shapes
from bench.costs.shape import Shape
from bench.errors import InputError
from bench.training.spec import RunSpec
from tokenformer.config import ModelConfig, ResidualInit, TokenFormerConfig, from_dict

CONVENTION = "matmul"  # what the training runs count: every product the machine computes


def model_fields(
    name: str, dropout: float = 0.1, residual_init: ResidualInit = "released"
) -> dict[str, Any]:
    """The fields of a config of a packaged shape or a TOML file, without its vocabulary.

    The initialisation is named where it is not the released one: keys of earlier runs stay.
    """
    shape = shapes.load(name)
    fields: dict[str, Any] = {
        "architecture": shape.family,
        "width": shape.width,
        "layers": shape.layers,
        "heads": shape.heads,
        "dropout": dropout,
    }
    if shape.family == "tokenformer":
        fields |= {"slots": shape.slots, "ffn_slots": shape.ffn_slots}
    else:
        fields["ffn_width"] = shape.feed_forward
    if residual_init != "released":
        fields["residual_init"] = residual_init
    same = _shape(name, config({**fields}, shape.vocabulary))
    differs = (same.body, same.embedding) != (shape.body, shape.embedding)
    if differs or not shape.tied or shape.positions != "rotary":
        raise InputError(
            f"model shape {name!r} cannot be trained here: use one with plain "
            "multi-head attention, rotary positions, no gate and tied embeddings"
        )
    return fields


def config(fields: Mapping[str, Any], vocabulary: int) -> ModelConfig:
    """The config of a stage's model over `vocabulary` ids."""
    try:
        return from_dict({**fields, "vocabulary": vocabulary})
    except (TypeError, ValueError) as error:
        raise InputError(f"training: {error}: correct the model's fields") from None


def stage_configs(spec: RunSpec, vocabulary: int) -> list[ModelConfig]:
    """The config of every stage's model: the first is given, the others are grown from it."""
    from tokenformer.growth import resized

    configs = [config(spec.stages[0].model, vocabulary)]
    for stage in spec.stages[1:]:
        sizes = {name: stage.growth.get(name) for name in ("projection_slots", "ffn_slots")}
        before = configs[-1]
        if not isinstance(before, TokenFormerConfig) or "slots" not in stage.growth:
            raise InputError(f"training: stage {stage.name!r} grows a {before.architecture}: only "
                             "a tokenformer grows, to a number of slots")  # fmt: skip
        try:
            configs.append(resized(before, stage.growth["slots"], **sizes))
        except ValueError as error:
            raise InputError(f"training: stage {stage.name!r}: {error}: correct it") from None
        _refuse_shrinking(stage.name, before, configs[-1])
    for one in configs:
        training_flops(one)  # refuses what it cannot count
    return configs


def _refuse_shrinking(stage: str, before: ModelConfig, after: ModelConfig) -> None:
    for name in ("slots", "projection_slots", "ffn_slots"):
        had, has = getattr(before, name), getattr(after, name)
        if has < had:
            raise InputError(f"training: stage {stage!r} has {has} {name} after {had}: a model only"
                             " grows, give more")  # fmt: skip


def training_flops(of: ModelConfig) -> flops.Flops:
    """FLOPs of a forward and a backward pass over a sequence, matrix products only."""
    return flops.training(_shape(of.architecture, of), CONVENTION)


def _shape(name: str, of: ModelConfig) -> Shape:
    pattention = isinstance(of, TokenFormerConfig)
    if pattention and getattr(of, "projection_slots", 0) != getattr(of, "slots", 0):
        raise InputError("training: projection_slots differ from slots: give equal numbers")
    return Shape(
        name=name,
        family="tokenformer" if pattention else "transformer",
        layers=of.layers,
        width=of.width,
        heads=of.heads,
        kv_heads=of.heads,
        head_width=of.head_width,
        vocabulary=of.vocabulary,
        context=1,
        feed_forward=getattr(of, "ffn_width", 0),
        slots=getattr(of, "slots", 0),
        ffn_slots=getattr(of, "ffn_slots", 0),
        tied=of.tied,
        block_norm_gains=False,
    )

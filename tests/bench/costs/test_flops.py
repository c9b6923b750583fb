"""FLOPs: published figures to the digit, the conventions' formulas, a counter beside them."""

from dataclasses import replace

import pytest

from bench.costs import flops, shapes
from bench.costs.flops import Flops
from bench.costs.shape import Shape
from bench.errors import InputError

CHINCHILLA_A4 = Shape("a4", "transformer", 10, 640, 10, 10, 64, 32_000, 2048, feed_forward=2560)


def test_chinchilla_table_a4_without_embedding_and_logits() -> None:
    items = flops.items(CHINCHILLA_A4, "chinchilla")
    counted = flops.total(
        item for name, item in items.items() if name not in ("embedding", "logits")
    )
    assert flops.TRAINING * counted.of(2048) == 929_877_196_800


def test_palm_at_gpt2() -> None:
    assert flops.training(shapes.load("gpt2"), "palm").of(1024) == 879_894_724_608


def test_palm_is_6n_and_12lhks_a_token() -> None:
    shape, s = shapes.load("llama-2-7b"), 777
    per_token = 6 * shape.parameters + 12 * shape.layers * shape.heads * shape.head_width * s
    assert flops.training(shape, "palm").of(s) == per_token * s


def test_kaplan_leaves_out_logits_which_are_half_of_a_small_model() -> None:
    shape, s = CHINCHILLA_A4, 500
    body = 2 * shape.body + 2 * shape.layers * s * shape.width
    assert flops.forward(shape, "kaplan").of(s) == body * s
    assert flops.group(shape, "logits", "kaplan") is None
    small = replace(shape, layers=4, width=128, heads=4, kv_heads=4, head_width=32,
                    feed_forward=512, vocabulary=8192)  # fmt: skip
    logits = flops.group(small, "logits")
    assert logits is not None
    assert logits.of(256) / flops.forward(small).of(256) == pytest.approx(0.53, abs=0.02)


def test_narayanan_without_recompute() -> None:
    shape, s = shapes.load("gpt2"), 1024
    layers, d, vocabulary = shape.layers, shape.width, shape.vocabulary
    formula = 72 * s * layers * d**2 * (1 + s / (6 * d) + vocabulary / (12 * layers * d))
    assert flops.training(shape, "narayanan").of(s) == pytest.approx(formula, rel=1e-12)
    with pytest.raises(InputError, match=r"12.width² weights"):
        flops.items(shapes.load("llama-3-8b"), "narayanan")


def test_exact_is_matmul_with_the_pairs_that_a_causal_model_needs() -> None:
    shape, s = shapes.load("gpt2"), 1024
    dense, causal = (flops.group(shape, "attention", name) for name in ("matmul", "exact"))
    assert dense is not None
    assert causal is not None
    assert causal.of(s) * 2 * s == dense.of(s) * (s + 1)
    ratio = flops.forward(shape, "exact").of(s) / flops.forward(shape, "matmul").of(s)
    assert ratio == pytest.approx(1 - 0.066, abs=0.001)


def test_a_tokenformer_counted_as_a_transformer_is_a_mistake() -> None:
    shape = shapes.load("tokenformer-150m")
    linear = flops.group(shape, "linear", "matmul")
    assert linear is not None
    assert linear.linear == 2 * 16 * shape.width**2 * shape.layers
    with pytest.raises(InputError):
        flops.items(shape, "narayanan")


def test_training_is_three_forwards_and_four_with_checkpointing() -> None:
    shape = shapes.load("gpt2")
    assert flops.training(shape) == flops.forward(shape) * 3
    assert flops.training(shape, recompute=True) == flops.forward(shape) * 4


def test_groups_are_the_whole() -> None:
    shape = shapes.load("deepseek-v3")
    for name in ("exact", "matmul", "chinchilla", "palm"):
        parts = [flops.group(shape, group, name) or Flops(0) for group in flops.GROUPS]
        assert flops.total(parts) == flops.forward(shape, name)


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(InputError, match="unknown FLOP convention 'megatron'"):
        flops.items(CHINCHILLA_A4, "megatron")


@pytest.mark.parametrize("name", shapes.names())
def test_matmul_is_what_the_counter_sees(name: str) -> None:
    """Forward and backward on the meta device, where attention is seen too; within 0.1%."""
    from bench.costs.step import matmul_flops

    whole = shapes.load(name)
    shape = replace(whole, layers=min(4, whole.layers))  # every layer costs the same, see below
    counted, trained = matmul_flops(shape, 256)
    assert counted == pytest.approx(flops.forward(shape, "matmul").of(256), rel=1e-3)
    assert trained == pytest.approx(flops.training(shape, "matmul").of(256), rel=1e-3)


def test_the_counter_over_all_layers() -> None:
    from bench.costs.step import matmul_flops

    for name in ("gpt2", "tokenformer-124m"):
        shape = shapes.load(name)
        assert matmul_flops(shape, 1024)[1] == flops.training(shape, "matmul").of(1024)


@pytest.mark.parametrize("name", shapes.names())
def test_layers_are_alike(name: str) -> None:
    """From four layers on, each further one adds the same FLOPs."""
    shape = replace(shapes.load(name), layers=5)
    one = flops.forward(shape).of(99) - flops.forward(replace(shape, layers=4)).of(99)
    many = flops.forward(replace(shape, layers=40)).of(99) - flops.forward(shape).of(99)
    assert many == 35 * one

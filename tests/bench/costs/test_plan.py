"""The price of a run before it runs."""

import pytest

from bench.costs import flops, shapes
from bench.costs.plan import training_price


def test_flops_are_those_of_the_sequences() -> None:
    shape = shapes.load("tokenformer-2m")
    price = training_price(shape, [10, 20, 30], rate=1e11, epochs=2)
    each = flops.training(shape, "matmul")
    assert price.flops == 2 * sum(each.of(s) for s in (10, 20, 30))
    assert price.tokens == 120
    assert price.seconds == pytest.approx(price.flops / (1e11 * 0.42))


def test_checkpointing_runs_the_forward_again() -> None:
    shape = shapes.load("gpt2")
    once, again = (
        training_price(shape, [512], 1e12, checkpointing=flag).flops for flag in (False, True)
    )
    assert again / once == pytest.approx(4 / 3)

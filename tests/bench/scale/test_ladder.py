"""The ladder's rungs are those of the paper; tests/bench/training runs it scaled down."""

from dataclasses import replace

import pytest

from bench import profile
from bench.arms import run_spec
from bench.costs import shapes
from bench.training.models import stage_configs

SIZES = {"124m": 124e6, "354m": 354e6, "757m": 757e6, "1.4b": 1.4e9}


@pytest.mark.parametrize("rung", SIZES)
def test_transformers_are_of_the_size_of_their_rung(rung):
    shape = shapes.load(f"transformer-{rung}")
    assert shape.body + shape.embedding == pytest.approx(SIZES[rung], rel=0.02)


@pytest.mark.parametrize(
    ("arm", "rungs"), [("grown-12-layers", [576, 2140]), ("grown-24-layers", [768, 1792, 3432])]
)
def test_models_grow_through_the_rungs_of_the_paper(arm, rungs):
    training = profile.load("ladder").training
    chosen = next(one for one in training.arms if one.name == arm)
    settings = training.changed(chosen)
    spec = run_spec(settings, chosen.models[0], ("en",), 0, "bf16", chosen)
    configs = stage_configs(replace(spec), 50304)
    assert [one.slots for one in configs] == rungs
    assert [one.ffn_slots for one in configs] == [4 * one for one in rungs]

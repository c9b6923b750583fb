"""The arms of the profile `ladder`, scaled down, run to their end: the same stages, tiny models."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench import profile
from bench.arms import run_spec
from bench.errors import InputError
from bench.profile import Arm
from bench.training import rows, run
from bench.training.data import RunData
from bench.training.spec import RunSpec, Stage

ARMS = {"grown-12-layers": 2, "grown-24-layers": 3}  # and their rungs
SMALLER = 48  # times
TINY = {"width": 16, "heads": 2, "layers": 2}


def smaller(sizes: Mapping[str, Any]) -> dict[str, Any]:
    """Two layers of width 16, and a share of the slots."""
    small = {**sizes, **{name: size for name, size in TINY.items() if name in sizes}}
    scaled = ("slots", "ffn_slots", "ffn_width")
    return {**small, **{name: sizes[name] // SMALLER for name in scaled if name in sizes}}


def scaled_down(model: str | None, arm: Arm, **changes: Any) -> RunSpec:
    """The run that the profile asks for, with its stages' models made tiny, on this machine."""
    training = profile.load("ladder").training
    assert training is not None
    little = {"epochs": 6.0, "batch_units": 16, "lr": 1e-2, "device": "cpu", "chunk_tokens": 1024}
    settings = training.changed(arm).model_copy(update={**little, **changes})
    spec = run_spec(settings, model or arm.models[0], ("en",), 0, "bf16", arm)

    def tiny(stage: Stage) -> Stage:
        return replace(stage, model=smaller(stage.model), growth=smaller(stage.growth))

    return replace(spec, stages=tuple(tiny(stage) for stage in spec.stages))


@pytest.mark.parametrize(("name", "rungs"), ARMS.items())
def test_a_model_grows_to_the_top(data: RunData, tmp_path: Path, name: str, rungs: int) -> None:
    training = profile.load("ladder").training
    assert training is not None
    arm = next(one for one in training.arms if one.name == name)
    found = rows.training_rows(run.run(scaled_down(None, arm), data, tmp_path))
    assert len(found) == rungs
    sizes = [row["parameters_body"] for row in found]
    assert sizes == sorted(set(sizes))
    assert found[-1]["units"] == pytest.approx(rungs * found[0]["units"], rel=0.1)
    assert found[-1]["bits_per_unit"] < found[0]["bits_per_unit"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_run_on_a_gpu_that_is_not_there_is_refused(data: RunData, tmp_path: Path) -> None:
    spec = scaled_down("transformer-124m", Arm(name="scratch"), device="cuda")
    with pytest.raises(InputError, match="no CUDA device"):
        run.run(spec, data, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_transformer_stands_beside_it(data: RunData, tmp_path: Path) -> None:
    arm = Arm(name="scratch")
    spec = scaled_down("transformer-1.4b", arm, budgets=(1.0,))
    result = run.run(spec, data, tmp_path)
    bits = [point["bits"]["en"] for point in result.points]
    assert len(rows.training_rows(result)) == 1
    assert bits[-1] < bits[0]

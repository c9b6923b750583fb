from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bench.training import batches
from bench.training.data import RunData
from bench.training.loop import Trainer
from bench.training.models import config, training_flops
from bench.training.spec import Optimiser, RunSpec
from tokenformer import build

Spec = Callable[..., RunSpec]
TOKENFORMER = {"architecture": "tokenformer", "width": 16, "layers": 2, "heads": 2}
TRANSFORMER = {"architecture": "transformer", "width": 16, "layers": 2, "heads": 2}


def trainer(data: RunData, spec: RunSpec, seed: int = 0) -> Trainer:
    sequences = batches.cut(data.splits["train"].documents, 3)
    streams = {one: data.splits["train"].streams[one] for one in spec.languages}
    return Trainer(spec, 0, build(config(spec.stages[0].model, 257), seed), streams, sequences)


def gradients(of: Trainer) -> np.ndarray[Any, Any]:
    """The first step's gradient, flat, read before the optimizer uses it."""
    taken = []
    of.optimiser.register_step_pre_hook(
        lambda *_: taken.extend(p.grad.numpy().ravel() for p in of.model.parameters())
    )
    assert of.step(1.0)
    return np.concatenate(taken)


@pytest.mark.parametrize("fields", [TRANSFORMER, TOKENFORMER])
def test_how_a_step_is_cut_does_not_change_its_gradient(
    data: RunData, spec: Spec, fields: dict[str, Any]
) -> None:
    unclipped = Optimiser(clip=1e9)
    whole, cut = (
        gradients(trainer(data, spec(chunk_tokens=n, fields=fields, optimiser=unclipped)))
        for n in (10_000, 1)
    )
    np.testing.assert_allclose(cut, whole, atol=1e-6 * abs(whole).max())


def test_the_gradient_is_that_of_nats_per_unit(data: RunData, spec: Spec) -> None:
    """loss_scale × total nats / units, written out with one sequence at a time."""
    import torch

    of = trainer(data, spec(optimiser=Optimiser(clip=1e9, loss_scale=0.3), fields=TRANSFORMER))
    batch = of.sequences[batches.epoch(of.sequences, 16, 0, 0)[0]]
    twin = build(config(TRANSFORMER, 257), 0)
    for i in range(len(batch)):
        chunk = batches.fill(batch[np.array([i])], of.streams["en"])
        nats = twin.nll(torch.from_numpy(chunk.inputs), torch.from_numpy(chunk.targets)).sum()
        (nats * 0.3 / int(batch.units.sum())).backward()
    expected = np.concatenate([p.grad.numpy().ravel() for p in twin.parameters()])
    np.testing.assert_allclose(gradients(of), expected, atol=1e-6 * abs(expected).max())


def test_bf16_follows_fp32_and_counts_its_padding(data: RunData, spec: Spec) -> None:
    two = [trainer(data, spec(precision=p, fields=TOKENFORMER)) for p in ("fp32", "bf16")]
    plain, rounded = (gradients(one) for one in two)
    assert np.linalg.norm(rounded - plain) < 0.05 * np.linalg.norm(plain)
    counters = [one.counters for one in two]
    assert counters[0].flops_useful == counters[1].flops_useful
    assert counters[0].flops_spent < counters[1].flops_spent


def test_a_clipped_step_is_counted(data: RunData, spec: Spec) -> None:
    for clip, counted in ((1e-6, 1), (1e9, 0)):
        of = trainer(data, spec(optimiser=Optimiser(clip=clip)))
        of.step(1.0)
        assert of.counters.clipped == counted


@pytest.mark.parametrize("fields", [TRANSFORMER, TOKENFORMER])
def test_flops_are_those_of_a_counter(fields: dict[str, Any]) -> None:
    """Forward and backward of one sequence on the meta device, where nothing is hidden."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    of = config(fields, 257)
    with torch.device("meta"):
        model, ids = build(of), torch.zeros(1, 48, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        model(ids).sum().backward()
    assert counter.get_total_flops() == pytest.approx(training_flops(of).of(48), rel=1e-3)

"""The two models over one skeleton: shapes, counts, causality, cross-entropy, where they run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from tokenformer import (
    TokenFormerConfig,
    TransformerConfig,
    build,
    from_dict,
    match,
    matched_pair,
    parameters,
    preset,
    to_dict,
)

PAIR = matched_pair(vocabulary=97, width=32, layers=2, heads=4)


@pytest.fixture(params=PAIR, ids=lambda config: config.architecture)
def config(request: pytest.FixtureRequest):
    return request.param


def batch(config, length=12, rows=3):
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(0, config.vocabulary, (rows, length + 1), generator=generator)
    targets = ids[:, 1:].clone()
    targets[0, length // 2 :] = -100
    return ids[:, :-1], targets


@pytest.mark.parametrize(
    ("name", "millions"), [("growth-124m", 123.57), ("growth-124m-to-354m", 354.19)]
)
def test_parameter_counts_of_the_paper(name, millions):
    assert round(sum(parameters(preset(name))) / 1e6, 2) == millions


def test_layer_parameters_as_published():
    assert preset("150m").layer_parameters == 9_437_184  # 16 d², not a Transformer's 12 d²
    assert PAIR[0].layer_parameters == PAIR[1].layer_parameters == 12 * 32**2


def test_parameters_are_those_of_the_model(config):
    assert sum(p.numel() for p in build(config).parameters()) == sum(parameters(config))


def test_match_finds_the_nearest_count():
    target = preset("150m")
    found = match(TransformerConfig(50_304, 768, 12, 12), target)
    assert parameters(found) == parameters(target)
    assert found.ffn_width == 6 * 768  # 4d² + 2d·6d = 16d²
    odd = match(TokenFormerConfig(97, 30, 2, 3), TransformerConfig(97, 30, 2, 3))
    counts = [sum(parameters(c)) for c in (odd, TransformerConfig(97, 30, 2, 3))]
    assert abs(counts[0] - counts[1]) <= 8 * 2 * 30 * 2 // 2  # half of one slot in every layer


def test_json_round_trip(config):
    assert from_dict(to_dict(config)) == config


def test_seed_decides_the_weights_and_leaves_the_global_generator_alone(config):
    before = torch.random.get_rng_state()
    first, again, other = (build(config, seed).state_dict() for seed in (3, 3, 4))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["embedding.weight"], other["embedding.weight"])


def test_later_tokens_do_not_reach_earlier_ones(config):
    model, (ids, _) = build(config), batch(config)
    changed = ids.clone()
    changed[:, 7:] = 0
    logits, others = model(ids), model(changed)
    torch.testing.assert_close(logits[:, :7], others[:, :7])
    assert not torch.allclose(logits[:, 7:], others[:, 7:])


def test_what_writes_starts_at_the_released_size(config):
    write = {"transformer": "down", "tokenformer": "pattention.values"}[config.architecture]
    weights = build(replace(config, width=192, layers=4)).state_dict()
    std = float(weights[f"blocks.0.channels.{write}"].std())
    assert std == pytest.approx(2 / (4 * 192**0.5), rel=0.02)


def test_a_block_that_starts_at_zero_is_the_identity_and_learns(config):
    zero = build(replace(config, residual_init="zero"))
    ids, targets = batch(config)
    torch.testing.assert_close(zero.hidden(ids), zero.norm(zero.embedding(ids)), rtol=0, atol=0)
    step = torch.optim.SGD(zero.parameters(), lr=1.0)
    zero.nll(ids, targets).sum().backward()
    step.step()
    zero.nll(ids, targets).sum().backward()  # what reads has a gradient once something is written
    assert all(parameter.grad.count_nonzero() > 0 for parameter in zero.parameters())


def test_the_start_changes_nothing_but_what_writes(config):
    released, zero = (build(replace(config, residual_init=how)) for how in ("released", "zero"))
    pairs = zip(released.state_dict().items(), zero.state_dict().values(), strict=True)
    changed = {name for (name, one), other in pairs if not torch.equal(one, other)}
    assert len(changed) == 2 * config.layers


@pytest.mark.parametrize("keep_logits", [True, False])
def test_cross_entropy_is_that_of_the_logits(config, keep_logits, monkeypatch):
    monkeypatch.setattr("tokenformer.cross_entropy.KEPT_ELEMENTS", 2**30 if keep_logits else 0)
    monkeypatch.setattr("tokenformer.cross_entropy.CHUNK_ELEMENTS", 97 * 5)
    model, (ids, targets) = build(config), batch(config)
    nats = model.nll(ids, targets)
    logits = model(ids).flatten(0, 1)
    plain = F.cross_entropy(logits, targets.flatten(), reduction="none", ignore_index=-100)
    assert nats.dtype == torch.float32
    assert nats[0, 6:].count_nonzero() == 0
    torch.testing.assert_close(nats, plain.view_as(nats), rtol=1e-6, atol=2e-6)
    weight = torch.linspace(0.5, 2, nats.numel()).view_as(nats)
    ours = torch.autograd.grad((nats * weight).sum(), list(model.parameters()))
    theirs = torch.autograd.grad((plain.view_as(nats) * weight).sum(), list(model.parameters()))
    for mine, reference in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, reference, rtol=1e-4, atol=1e-5)


def test_bf16_autocast_stays_near_fp32(config):
    model, (ids, targets) = build(config), batch(config)
    with torch.autocast("cpu", torch.bfloat16):
        half = model.nll(ids, targets)
    half.sum().backward()
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, model.nll(ids, targets), atol=0.02, rtol=0.01)
    assert all(p.grad.dtype == torch.float32 for p in model.parameters())


def test_dropout_acts_in_training_only(config):
    model = build(type(config)(**{**vars(config), "dropout": 0.5}))
    ids, targets = batch(config)
    assert not torch.equal(model.nll(ids, targets), model.nll(ids, targets))
    model.eval()
    assert torch.equal(model.nll(ids, targets), model.nll(ids, targets))


def test_a_training_step_on_the_meta_device(config):
    with torch.device("meta"):
        model, ids = build(config), torch.zeros(2, 8, dtype=torch.long)
        model.nll(ids, ids).mean().backward()
    assert all(p.grad.is_meta and p.grad.shape == p.shape for p in model.parameters())


def test_configs_and_counts_need_no_torch():
    code = "import sys, tokenformer; tokenformer.parameters(tokenformer.preset('150m'))"
    subprocess.run([sys.executable, "-c", f"{code}; assert 'torch' not in sys.modules"], check=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "width 0"),
        ({"heads": 5}, "width 32 is not a multiple of heads 5"),
        ({"slots": -1}, "slots -1"),
        ({"normalisation": "l1"}, "normalisation 'l1'"),
        ({"dropout": 1.0}, "dropout 1.0"),
    ],
)
def test_impossible_shapes_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        TokenFormerConfig(**{"vocabulary": 97, "width": 32, "layers": 2, "heads": 4, **change})


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_torch_func_takes_a_whole_model(config):
    model, (ids, targets) = build(config), batch(config)
    parameters = {name: value.detach() for name, value in model.named_parameters()}

    class Loss(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, ids, targets):
            return self.model.nll(ids, targets).sum()

    def loss(parameters, ids, targets):
        named = {f"model.{name}": value for name, value in parameters.items()}
        return torch.func.functional_call(Loss(), named, (ids[None], targets[None]))

    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(parameters, ids, targets)
    model.nll(ids, targets).sum().backward()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(each[name].sum(0), parameter.grad, rtol=1e-4, atol=1e-4)


def test_compiled_blocks_compute_the_same(config):
    model, (ids, targets) = build(config), batch(config)
    eager = model.nll(ids, targets)
    for block in model.blocks:
        block.compile(backend="eager", fullgraph=True)
    torch.testing.assert_close(model.nll(ids, targets), eager, rtol=1e-5, atol=1e-5)


def test_backward_twice_and_no_grad_agree_with_the_first(config):
    model, (ids, targets) = build(config), batch(config)
    nats = model.nll(ids, targets)
    weights = list(model.parameters())
    first = torch.autograd.grad(nats.sum(), weights, retain_graph=True)
    second = torch.autograd.grad(nats.sum(), weights)  # the softmax is gone: made again
    for one, two in zip(first, second, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(model.nll(ids, targets), nats)


def test_a_batch_of_padding_only(config):
    model, (ids, targets) = build(config), batch(config)
    nats = model.nll(ids, torch.full_like(targets, -100))
    nats.sum().backward()
    assert nats.count_nonzero() == 0
    assert model.embedding.weight.grad.count_nonzero() == 0
    with torch.no_grad():
        assert model.nll(ids, torch.full_like(targets, -100)).count_nonzero() == 0


def test_targets_outside_the_vocabulary_are_refused(config):
    model, (ids, targets) = build(config), batch(config)
    for outside in (-1, config.vocabulary):
        with pytest.raises(RuntimeError, match="out of bounds"):
            model.nll(ids, torch.full_like(targets, outside))


def test_shapes_that_do_not_go_together_are_refused(config):
    model, (ids, targets) = build(config), batch(config)
    with pytest.raises(ValueError, match=r"\(3, 12\) hidden states and \(3, 11\) targets"):
        model.nll(ids, targets[:, 1:])

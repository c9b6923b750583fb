"""Growth preserves the function and new slots learn; the other ways err as published."""

from __future__ import annotations

import pytest
import torch

from tokenformer import (
    Pattention,
    TokenFormerConfig,
    anneal_scale,
    build,
    grow,
    grow_optimizer,
    shrink,
)

FACTORS = (1.25, 2, 4)


def relative(found, wanted):
    return ((found - wanted).norm() / wanted.norm()).item()


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize(("dtype", "limit"), [(torch.float64, 1e-14), (torch.float32, 2e-6)])
def test_growth_preserves_a_layer(factor, dtype, limit):
    torch.manual_seed(0)
    layer = Pattention(768, 768, 576, dtype=dtype)
    x = torch.randn(32, 768, dtype=dtype)
    grown = grow(layer, slots=int(576 * factor))
    assert grown.slots == int(576 * factor)
    assert relative(grown(x), layer(x)) <= limit


@pytest.mark.parametrize("factor", FACTORS)
def test_every_new_key_has_a_gradient_in_the_first_step(factor):
    layer = grow(Pattention(32, 24, 16), slots=int(16 * factor))
    layer(torch.randn(64, 32)).square().sum().backward()
    assert (layer.keys.grad[16:].norm(dim=1) > 0).all()


@pytest.mark.parametrize(
    ("method", "errors"),
    [
        ("zero_keys", (0.14, 0.48, 1.15)),
        ("zero_values", (0.03, 0.05, 0.06)),
        ("released", (0.51, 1.02, 1.75)),
    ],
)
def test_other_methods_change_the_function_as_measured_before(method, errors):
    torch.manual_seed(0)
    layer = Pattention(128, 128, 128)
    x = torch.randn(256, 128)
    found = [relative(grow(layer, int(128 * f), method=method)(x), layer(x)) for f in FACTORS]
    assert found == pytest.approx(errors, rel=0.15, abs=0.01)


def model(dtype=torch.float64, normalisation="l2_gelu"):
    config = TokenFormerConfig(53, 32, 2, 4, normalisation=normalisation)
    return build(config, seed=1).to(dtype)


@pytest.mark.parametrize("normalisation", ["l2_gelu", "gelu_l2"])
@pytest.mark.parametrize(("dtype", "limit"), [(torch.float64, 1e-14), (torch.float32, 2e-6)])
def test_growing_a_model_several_times_preserves_it(normalisation, dtype, limit):
    first, ids = model(dtype, normalisation), torch.randint(0, 53, (2, 11))
    grown = grow(grow(first, slots=30), slots=96, ffn_slots=200, seed=7)
    assert (grown.config.slots, grown.config.projection_slots) == (96, 96)
    assert grown.config.ffn_slots == grown.blocks[0].channels.pattention.slots == 200
    assert relative(grown(ids), first(ids)) <= limit
    assert first.config.slots == 24  # the old model is left as it was


@pytest.mark.parametrize("start", ["released", "zero"])
def test_new_slots_of_a_model_learn(start):
    small = build(TokenFormerConfig(53, 32, 2, 4, residual_init=start), seed=1)
    ids = torch.randint(0, 53, (4, 11))
    step = torch.optim.SGD(small.parameters(), lr=0.1)
    small.nll(ids[:, :-1], ids[:, 1:]).mean().backward()
    step.step()  # from zero, what reads has no gradient before something is written
    grown = grow(small, slots=48)
    grown.nll(ids[:, :-1], ids[:, 1:]).mean().backward()
    for layer in (m for m in grown.modules() if isinstance(m, Pattention)):
        assert (layer.keys.grad.norm(dim=1) > 0).all()


def test_the_annealed_scale_goes_from_the_old_root_to_the_new():
    layer = grow(Pattention(8, 8, 16), slots=64, method="anneal")
    scales = []
    for fraction in (0.0, 0.5, 1.0):
        anneal_scale(layer, fraction)
        scales.append(float(layer.scale))
    assert scales == [4.0, 6.0, 8.0]


def test_softmax_cannot_be_preserved_and_says_so():
    layer = Pattention(8, 8, 16, "softmax")
    with pytest.raises(ValueError, match="softmax gives a zero score weight"):
        grow(layer, slots=32)
    assert grow(layer, slots=32, method="released").slots == 32


@pytest.mark.parametrize("moments", ["carry", "reset"])
def test_optimizer_moments(moments):
    old, ids = model(torch.float32), torch.randint(0, 53, (4, 11))
    optimizer = torch.optim.AdamW(old.parameters(), lr=0.01, betas=(0.9, 0.95))
    old.nll(ids[:, :-1], ids[:, 1:]).mean().backward()
    optimizer.step()
    new = grow(old, slots=48)
    grown = grow_optimizer(optimizer, old, new, moments=moments)
    assert grown.param_groups[0]["betas"] == (0.9, 0.95)
    layers = [m.blocks[0].tokens.query for m in (old, new)]
    state = grown.state[layers[1].keys]
    if moments == "reset":
        assert state == {}
    else:
        before = optimizer.state[layers[0].keys]
        assert state["step"] == 1
        assert torch.equal(state["exp_avg"][:24], before["exp_avg"])
        assert state["exp_avg"][24:].count_nonzero() == 0
    new.nll(ids[:, :-1], ids[:, 1:]).mean().backward()
    grown.step()
    assert all(value.isfinite().all() for value in new.state_dict().values())


def test_shrinking_takes_back_what_growth_added():
    layer, x = Pattention(32, 24, 16), torch.randn(64, 32)
    back = shrink(grow(layer, slots=64), slots=16, inputs=x)
    assert back.error < 1e-6
    torch.testing.assert_close(back.module.keys, layer.keys)
    torch.testing.assert_close(back.module.scale, layer.scale)


def test_shrinking_reports_its_error_and_keeps_the_most_salient_slots():
    torch.manual_seed(0)
    layer, x = Pattention(32, 24, 64), torch.randn(256, 32)
    layer.values.data[40:] *= 0.01
    shrunk = shrink(layer, slots=40, inputs=x)
    torch.testing.assert_close(shrunk.module.values, layer.values[:40])
    assert shrunk.error == pytest.approx(relative(shrunk.module(x), layer(x)))
    assert 0 < shrunk.error < 0.2 < shrink(layer, slots=10, inputs=x).error


def test_shrinking_a_model():
    old, ids = model(), torch.randint(0, 53, (2, 11))
    shrunk = shrink(grow(old, slots=48), slots=24, inputs=ids)
    assert shrunk.module.config == old.config
    assert shrunk.error < 1e-12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: grow(m, slots=8), "cannot grow to 8 slots from 24"),
        (lambda m: grow(m, slots=0), "slots 0"),
        (lambda m: grow(m, slots=48, method="magic"), "method 'magic' is not one of"),
        (lambda m: shrink(m, 48, torch.zeros(1, 3, dtype=torch.long)), "cannot shrink to 48 slots"),
        (lambda m: anneal_scale(m, 1.5), "fraction 1.5"),
    ],
)
def test_bad_sizes_name_both_sides(call, message):
    with pytest.raises(ValueError, match=message):
        call(model())

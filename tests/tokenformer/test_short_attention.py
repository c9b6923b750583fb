"""Attention by whole score matrices: the same function as PyTorch's, and only where it is meant."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tokenformer import build, matched_pair
from tokenformer.short_attention import LONGEST, attend_short, short


def qkv(batch, heads, length, width, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = (batch, heads, length, width)
    return [torch.randn(shape, generator=generator).to(dtype).requires_grad_() for _ in range(3)]


def outcome(attend, parts):
    """The output and the three gradients, in double."""
    mixed = attend(*parts)
    weight = torch.linspace(-1, 1, mixed.numel(), dtype=mixed.dtype).view_as(mixed)
    gradients = torch.autograd.grad((mixed * weight).sum(), parts)
    return [one.detach().double() for one in (mixed, *gradients)]


def reference(query, key, value):
    return F.scaled_dot_product_attention(query, key, value, is_causal=True)


def test_gradients_are_right():
    assert torch.autograd.gradcheck(attend_short, qkv(2, 3, 5, 4, torch.float64))


@pytest.mark.parametrize("length", [1, 2, 17, 64])
def test_it_is_scaled_dot_product_attention(length):
    for ours, theirs in zip(
        outcome(attend_short, qkv(2, 3, length, 8, torch.float64)),
        outcome(reference, qkv(2, 3, length, 8, torch.float64)),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("length", [16, 160, LONGEST])
def test_bf16_errs_no_more_than_pytorchs_kernel(length):
    parts = qkv(2, 4, length, 32, torch.bfloat16)
    exact = outcome(reference, [part.detach().double().requires_grad_() for part in parts])
    ours, theirs = outcome(attend_short, parts), outcome(reference, parts)
    for name, right, mine, kernel in zip("oqkv", exact, ours, theirs, strict=True):
        off, kernel_off = ((x - right).norm() / right.norm() for x in (mine, kernel))
        assert off < max(1.5 * kernel_off, 0.01), name


def test_no_token_sees_a_later_one():
    query, key, value = (part.detach() for part in qkv(1, 2, 12, 8, torch.bfloat16))
    before = attend_short(query, key, value)
    key[:, :, 7:], value[:, :, 7:] = 3.0, -5.0
    after = attend_short(query, key, value)
    assert torch.equal(before[:, :, :7], after[:, :, :7])
    assert not torch.equal(before[:, :, 7:], after[:, :, 7:])


def test_a_gradient_of_a_gradient_is_refused_not_wrong():
    parts = qkv(1, 1, 3, 2, torch.float64)
    loss = attend_short(*parts).square().sum()
    (gradient,) = torch.autograd.grad(loss, parts[0], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_which_steps_take_it():
    from torch._subclasses.fake_tensor import FakeTensorMode

    query = torch.zeros(2, LONGEST, 4, 8, dtype=torch.bfloat16)
    assert short(query)
    assert not short(query.float())
    assert not short(torch.zeros(2, LONGEST + 1, 4, 8, dtype=torch.bfloat16))
    assert not short(query.to("meta"))
    with FakeTensorMode() as mode:
        assert not short(mode.from_tensor(query))


@pytest.mark.parametrize("config", matched_pair(97, 32, 2, 4), ids=["transformer", "tokenformer"])
def test_a_model_in_bf16_learns_alike_with_either(config, monkeypatch):
    ids = torch.randint(0, 97, (4, 48), generator=torch.Generator().manual_seed(1))

    def gradients():
        model = build(config, seed=3)
        with torch.autocast("cpu", torch.bfloat16):
            loss = model.nll(ids[:, :-1], ids[:, 1:]).mean()
        loss.backward()
        return torch.cat([p.grad.flatten() for p in model.parameters()]), loss.item()

    ours, loss = gradients()
    monkeypatch.setattr("tokenformer.attention.short", lambda query: False)
    theirs, other = gradients()
    assert not torch.equal(ours, theirs)  # else the short path was not taken
    assert loss == pytest.approx(other, rel=1e-3)
    assert torch.nn.functional.cosine_similarity(ours, theirs, dim=0) > 0.999

"""Dropout by shared draws: its share, its mean, independence, seeds, gradients, edges."""

from __future__ import annotations

import math

import pytest
import torch

from tokenformer.dropout import dropout

N = 400_000


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_the_share_that_is_dropped_and_the_mean(p):
    torch.manual_seed(0)
    kept = dropout(torch.ones(N), p)
    share = (kept == 0).float().mean().item()
    assert abs(share - p) <= 5 * math.sqrt(p * (1 - p) / N)
    rounded = round(p * 2**16) / 2**16
    torch.testing.assert_close(kept.max().item(), 1 / (1 - rounded))
    assert kept.mean().item() == pytest.approx(1.0, abs=5 * math.sqrt(p / (1 - p) / N) + 1e-4)


def test_elements_of_one_draw_are_independent():
    """Four elements share a 64-bit draw; any two places of four must not go together."""
    torch.manual_seed(1)
    dropped = (dropout(torch.ones(N, 4), 0.3) == 0).double()
    together = torch.corrcoef(dropped.t()) - torch.eye(4)
    assert together.abs().max() < 5 / math.sqrt(N)


def test_a_seed_decides_all_and_another_seed_decides_otherwise():
    x = torch.randn(37, 11)

    def drawn(seed):
        torch.manual_seed(seed)
        return dropout(x, 0.4)

    assert torch.equal(drawn(5), drawn(5))
    assert not torch.equal(drawn(5), drawn(6))
    torch.manual_seed(5)
    assert not torch.equal(dropout(x, 0.4), dropout(x, 0.4))  # the generator moves on


@pytest.mark.parametrize("shape", [(), (1,), (3,), (4,), (5, 7), (0, 4)])
def test_any_shape(shape):
    x = torch.ones(shape)
    assert dropout(x, 0.5).shape == shape


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_the_gradient_goes_where_the_value_went(dtype):
    x = torch.ones(1000, dtype=dtype, requires_grad=True)
    y = dropout(x, 0.25)
    y.sum().backward()
    assert y.dtype == dtype
    assert torch.equal(x.grad, y.detach())


def test_a_share_next_to_one_is_no_division_by_zero():
    torch.manual_seed(0)
    assert torch.isfinite(dropout(torch.ones(1000), 1 - 1e-9)).all()

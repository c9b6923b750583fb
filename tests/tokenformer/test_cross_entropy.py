"""Nats from hidden states: what padding changes (nothing), and what it spares."""

import pytest
import torch
import torch.nn.functional as F

from tokenformer import cross_entropy
from tokenformer.cross_entropy import IGNORE, ROWS, linear_cross_entropy

WIDTH, VOCABULARY = 24, 50


def problem(rows, padded):
    """Hidden states, an embedding, and targets of which `padded`, spread out, are ignored."""
    hidden = torch.randn(rows, WIDTH, requires_grad=True)
    weight = torch.randn(VOCABULARY, WIDTH, requires_grad=True)
    targets = torch.randint(VOCABULARY, (rows,))
    targets[torch.randperm(rows)[:padded]] = IGNORE
    return hidden, weight, targets


@pytest.mark.parametrize(("rows", "padded"), [(64, 7), (64, 48), (64, 63), (40, 3), (7, 6)])
def test_padding_changes_neither_nats_nor_gradients_in_bf16(rows, padded):
    """7 rows are fewer than a multiple: all there are."""
    hidden, weight, targets = problem(rows, padded)
    with torch.autocast("cpu", torch.bfloat16):
        nats = linear_cross_entropy(hidden, weight, targets)
    nats.sum().backward()
    found = (hidden.grad.clone(), weight.grad.clone())
    hidden.grad = weight.grad = None
    plain = F.cross_entropy(hidden @ weight.t(), targets, reduction="none", ignore_index=IGNORE)
    plain.sum().backward()
    torch.testing.assert_close(nats, plain, rtol=0.03, atol=0.03)
    for one, other in zip(found, (hidden.grad, weight.grad), strict=True):
        torch.testing.assert_close(one, other, rtol=0.05, atol=0.1)
    ignored = targets == IGNORE
    assert nats[ignored].count_nonzero() == 0
    assert found[0][ignored].count_nonzero() == 0


def counted(monkeypatch, rows, padded, precision):
    """How many rows meet the vocabulary."""
    met = []
    plain = cross_entropy._nats

    def noted(hidden, *rest):
        met.append(len(hidden))
        return plain(hidden, *rest)

    monkeypatch.setattr(cross_entropy, "_nats", noted)
    hidden, weight, targets = problem(rows, padded)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        linear_cross_entropy(hidden, weight, targets)
    return met[0]


@pytest.mark.parametrize("padded", [1, 5, 16, 33, 63])
def test_bf16_meets_the_vocabulary_in_few_numbers_of_rows(monkeypatch, padded):
    """Kernels of bf16 are compiled for each number of rows they meet: 2 ms each."""
    met = counted(monkeypatch, 64, padded, "bf16")
    assert met % ROWS == 0
    assert 64 - padded <= met < 64 - padded + ROWS


@pytest.mark.parametrize("padded", [1, 5, 63])
def test_float32_spares_all_padding(monkeypatch, padded):
    assert counted(monkeypatch, 64, padded, "fp32") == 64 - padded

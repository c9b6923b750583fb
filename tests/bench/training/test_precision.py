"""bf16 where the processor does not have it: the same arithmetic."""

import pytest
import torch
import torch.nn.functional as F

from bench import machine
from bench.training.precision import arithmetic, products


@pytest.fixture
def without_bf16(monkeypatch):
    monkeypatch.setattr(machine, "precision", lambda: "fp32")


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_a_widened_product_is_the_exact_one_rounded_once(without_bf16):
    one, other = numbers(16, 24).bfloat16(), numbers(24, 8).bfloat16()
    with products("bf16", "cpu"):
        found = one @ other
    exact = one.double() @ other.double()
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), exact, rtol=2**-8, atol=2**-20)


@pytest.mark.parametrize("length", [8, 500])
def test_gradients_of_attention_and_products_are_those_of_the_processors_own(length, monkeypatch):
    def gradients() -> tuple[torch.Tensor, ...]:
        x, w = numbers(1, 2, length, 16).requires_grad_(), numbers(16, 16).requires_grad_()
        with arithmetic("bf16", "cpu"):
            mixed = F.scaled_dot_product_attention(F.linear(x, w), x.bfloat16(), x, is_causal=True)
            mixed.square().mean().backward()
        return mixed.detach().float(), x.grad, w.grad

    monkeypatch.setattr(machine, "precision", lambda: "bf16")
    theirs = gradients()
    monkeypatch.setattr(machine, "precision", lambda: "fp32")
    for ours, of_processor in zip(gradients(), theirs, strict=True):
        assert (ours - of_processor).norm() <= 0.01 * of_processor.norm()


def test_fp32_is_left_alone(without_bf16):
    one, other = numbers(8, 8), numbers(8, 8)
    plain = one @ other
    with arithmetic("fp32", "cpu"):
        assert torch.equal(one @ other, plain)


def test_where_the_processor_has_bf16_nothing_is_widened(monkeypatch):
    monkeypatch.setattr(machine, "precision", lambda: "bf16")
    seen = []
    monkeypatch.setattr("bench.training.precision._widening", lambda: seen.append)
    with products("bf16", "cpu"), products("fp32", "cpu"):
        pass
    assert not seen

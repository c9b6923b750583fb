"""The layer against the released arithmetic, its gradients, and everywhere it must run."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
import torch
import torch.nn.functional as F

from tokenformer import Pattention
from tokenformer.config import NORMALISATIONS
from tokenformer.fused import fused_pattention
from tokenformer.normalisation import initial_scale, weights


def released(x, keys, values, normalisation="l2_gelu"):
    """The released arithmetic in a few lines of its own."""
    scores, n = x @ keys.T, keys.shape[0]
    if normalisation == "l2_gelu":
        w = F.gelu(scores / torch.norm(scores, dim=-1, keepdim=True) * math.sqrt(n))
    elif normalisation == "gelu_l2":
        g = F.gelu(scores)
        w = g / torch.norm(g, dim=-1, keepdim=True) * math.sqrt(n)
    else:
        e = scores.exp()
        w = e / e.abs().sum(-1, keepdim=True) * n
    return w @ values


def tensors(rows=7, d_in=6, d_out=5, slots=9, dtype=torch.float64):
    generator = torch.Generator().manual_seed(2)
    shapes = (rows, d_in), (slots, d_in), (slots, d_out)
    drawn = [torch.randn(shape, generator=generator, dtype=dtype) for shape in shapes]
    return [tensor.requires_grad_() for tensor in drawn]


def layer_of(x, keys, values, normalisation, fused=True):
    shape = x.shape[1], values.shape[1], keys.shape[0]
    layer = Pattention(*shape, normalisation, fused=fused, dtype=x.dtype)
    layer.load_state_dict({**layer.state_dict(), "keys": keys, "values": values})
    return layer


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_released_arithmetic_in_fp32(normalisation, fused):
    x, keys, values = tensors(64, 96, 80, 72, torch.float32)
    ours = layer_of(x, keys, values, normalisation, fused)(x)
    reference = released(x, keys, values, normalisation)
    assert (ours - reference).norm() / reference.norm() < 1e-6


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_gradients_of_the_plain_path(normalisation):
    scale = torch.tensor(initial_scale(normalisation, 9), dtype=torch.float64)

    def plain(x, keys, values):
        return weights(x @ keys.t(), scale, normalisation) @ values

    assert torch.autograd.gradcheck(plain, tensors())


def test_gradients_of_the_fused_path():
    scale = torch.tensor(2.5, dtype=torch.float64)  # any scale, not only √n
    assert torch.autograd.gradcheck(lambda *args: fused_pattention(*args, scale), tensors())
    assert torch.autograd.gradgradcheck(lambda *args: fused_pattention(*args, scale), tensors())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_fused_and_plain_paths_agree(dtype):
    tolerance = 1e-5 if dtype == torch.float32 else 0.03
    given = [t.detach().to(dtype).requires_grad_() for t in tensors(64, 32, 40, 24)]
    scale = torch.tensor(math.sqrt(24))
    fused = fused_pattention(*given, scale)
    plain = weights(given[0] @ given[1].t(), scale, "l2_gelu") @ given[2]
    seed = torch.randn_like(fused)
    for ours, theirs in zip(
        (fused, *torch.autograd.grad(fused, given, seed)),
        (plain, *torch.autograd.grad(plain, given, seed)),
        strict=True,
    ):
        assert (ours - theirs).norm() / theirs.norm() < tolerance


def saved_scores(module, x):
    """How many tensors of the scores' size autograd keeps, parameters and inputs aside."""
    kept = {}
    with torch.autograd.graph.saved_tensors_hooks(
        lambda t: kept.__setitem__(t.data_ptr(), t.numel()) or t, lambda t: t
    ):
        module(x)
    return sum(size == x.shape[0] * module.slots for size in kept.values())


def test_fused_path_keeps_one_score_sized_tensor():
    x = torch.randn(50, 12)
    assert saved_scores(Pattention(12, 10, 31), x) == 1
    assert saved_scores(Pattention(12, 10, 31, fused=False), x) >= 2


@pytest.mark.parametrize("normalisation", ["l2_gelu", "gelu_l2"])
@pytest.mark.parametrize("fused", [True, False])
def test_a_row_of_zeros_gives_zeros_not_nan(normalisation, fused):
    layer = Pattention(6, 5, 9, normalisation, fused=fused)
    x = torch.randn(3, 6)
    x[1] = 0
    x.requires_grad_()
    y = layer(x)
    y.sum().backward()
    assert y[1].count_nonzero() == 0
    gradients = (x.grad, layer.keys.grad, layer.values.grad)
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert y[0].count_nonzero() == 5


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast(dtype):
    layer, x = Pattention(32, 24, 40), torch.randn(4, 10, 32)
    with torch.autocast("cpu", dtype):
        y = layer(x)
    y.float().sum().backward()
    assert y.dtype == dtype
    assert layer.keys.grad.dtype == torch.float32
    torch.testing.assert_close(y.float(), layer(x), atol=0.05, rtol=0.05)


def test_large_scores_do_not_overflow_half_precision():
    layer = Pattention(8, 8, 512).to(torch.float16)
    layer.keys.data.fill_(100.0)
    y = layer(torch.ones(2, 8, dtype=torch.float16))  # squares sum to 3e8, beyond float16
    assert y.isfinite().all()
    assert y.count_nonzero() > 0


def test_torch_func_per_sample_gradients():
    layer, x = Pattention(6, 5, 9).double(), torch.randn(4, 6, dtype=torch.float64)
    parameters = {name: value.detach() for name, value in layer.named_parameters()}

    def loss(parameters, row):
        return torch.func.functional_call(layer, parameters, (row,)).square().sum()

    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(parameters, x)
    layer(x).square().sum().backward()
    torch.testing.assert_close(each["keys"].sum(0), layer.keys.grad)
    torch.testing.assert_close(each["values"].sum(0), layer.values.grad)


def test_torch_compile_takes_it_whole():
    layer, x = Pattention(6, 5, 9), torch.randn(4, 6)
    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), layer(x))


def test_fake_tensors_and_meta():
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        y = Pattention(6, 5, 9)(torch.randn(2, 3, 6))
        y.sum().backward()
        assert y.shape == (2, 3, 5)
    assert Pattention(6, 5, 9, device="meta")(torch.empty(3, 6, device="meta")).is_meta


@pytest.mark.skipif(find_spec("triton") is None, reason="needs Triton: pip install triton")
@pytest.mark.parametrize(("dtype", "off"), [("float32", 1e-5), ("bfloat16", 0.02)])
def test_triton_kernels_in_its_interpreter(dtype, off):
    code = f"""
import torch
from tokenformer import fused, triton_kernels
torch.manual_seed(0)
scores, d_weights = (torch.randn(4, 300).to(torch.{dtype}) for _ in range(2))
scores[1], scale = 0, torch.tensor(2.5)
pairs = []
for module, ahead, back in (
    (triton_kernels, "forward", "backward"),
    (fused, "normalise_gelu_", "normalise_gelu_backward_"),
):
    unit, gradient = scores.clone(), d_weights.clone()
    ratio, weights = getattr(module, ahead)(unit, scale)
    again = getattr(module, back)(gradient, unit, scale)[1]
    pairs.append((unit, weights, ratio.to(torch.{dtype}), gradient, again))
for ours, theirs in zip(*pairs):
    torch.testing.assert_close(ours, theirs, atol={off}, rtol={off})
"""
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("slots", [9, 576, 2304])
def test_cuda_kernel_agrees_with_the_plain_path(slots):
    x = torch.randn(64, 32, device="cuda", requires_grad=True)
    fused = Pattention(32, 24, slots, device="cuda")
    plain = Pattention(32, 24, slots, fused=False, device="cuda")
    plain.load_state_dict(fused.state_dict())
    for module in (fused, plain):
        module(x).square().sum().backward()
    torch.testing.assert_close(fused(x), plain(x))
    torch.testing.assert_close(fused.keys.grad, plain.keys.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 5, 9), "d_in 0"),
        ((6, -1, 9), "d_out -1"),
        ((6, 5, 0), "slots 0"),
        ((6, 5, 9, "l1"), "normalisation 'l1' is not one of"),
    ],
)
def test_impossible_layers_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Pattention(*arguments)


def test_inputs_that_do_not_fit_are_refused_by_both_sides():
    layer = Pattention(6, 5, 9)
    with pytest.raises(ValueError, match="input width 7 is not the keys' width 6"):
        layer(torch.randn(2, 7))
    with pytest.raises(ValueError, match=r"torch.float64 is not the keys' dtype torch.float32"):
        layer(torch.randn(2, 6, dtype=torch.float64))

"""What serving a unit of meaning costs: cache, prefill and decode.

A cost is a polynomial in the sequence length, as in `flops`. Decoding one sequence is bound by
memory bandwidth: each new token reads the weights it meets and the cache of all before it.
"""

from dataclasses import dataclass

from bench.costs.flops import Flops, forward, group
from bench.costs.shape import Shape
from bench.errors import InputError

BYTES = {"fp32": 4, "bf16": 2, "fp16": 2, "int8": 1}
"""Bytes of one number."""


@dataclass(frozen=True)
class Device:
    """A device by its data sheet: bandwidth in bytes a second, dense bf16 FLOPs a second, bytes."""

    name: str
    bandwidth: float
    source: str
    peak: float = 0.0
    memory: float = 0.0


DEVICES = {
    device.name: device
    for device in (
        Device("a100-80gb", 2.039e12, "NVIDIA A100 data sheet, SXM: 2,039 GB/s, bf16 312 TFLOPS",
               312e12, 80e9),
        Device("h100", 3.35e12, "NVIDIA H100 data sheet, SXM: 3.35 TB/s, bf16 1,979 TFLOPS with "
               "sparsity, half of it dense", 989e12, 80e9),
        Device("h200", 4.8e12, "NVIDIA H200 data sheet: 4.8 TB/s, bf16 1,979 TFLOPS with sparsity, "
               "half of it dense", 989e12, 141e9),
        Device("rtx-4090", 1.008e12, "NVIDIA RTX 4090: 1,008 GB/s; Ada white paper: bf16 165.2 "
               "TFLOPS with fp32 accumulation", 165e12, 24e9),
    )
}  # fmt: skip
"""Devices by name; pass a `Device` of your own for another."""


def cache_bytes(shape: Shape, precision: str = "bf16") -> int:
    """Bytes of key-value cache that one token holds: 2·L·n_kv·k numbers, or the latent ones."""
    return shape.layers * shape.cache_width * bytes_of(precision)


def weight_bytes(shape: Shape, precision: str = "bf16") -> int:
    """Bytes of weights that one token reads: the active matrices and the logits'."""
    return (shape.body_active + shape.embedding) * bytes_of(precision)


def prefill(shape: Shape, convention: str = "exact") -> tuple[int, Flops]:
    """FLOPs of reading a sequence at once: (per sequence, by its length).

    Only the last position needs logits. PaLM's 2N·s + 4·L·h·k·s² charges them everywhere.
    """
    everything = forward(shape, convention)
    logits = group(shape, "logits", convention)
    if logits is None or convention == "palm":
        return 0, everything
    return logits.linear, Flops(everything.linear - logits.linear, everything.quadratic)


def decode(shape: Shape) -> Flops:
    """FLOPs of generating a sequence token by token with a cache: the exact forward pass."""
    return forward(shape, "exact")


def decode_bytes(shape: Shape, precision: str = "bf16") -> tuple[float, float]:
    """Bytes read while generating a sequence of s tokens: (a, b) of a·s + b·s².

    Token t reads the weights and t cached tokens, which are s(s+1)/2 over the sequence.
    """
    cached = cache_bytes(shape, precision) / 2
    return weight_bytes(shape, precision) + cached, cached


def decode_seconds(
    shape: Shape, device: Device, precision: str = "bf16", *, depth: int = 0
) -> float:
    """Seconds for one more token after `depth` others, one sequence, bound by bandwidth."""
    read = weight_bytes(shape, precision) + cache_bytes(shape, precision) * (depth + 1)
    return read / device.bandwidth


def bytes_of(precision: str) -> int:
    """Bytes of one number, or InputError for a precision that is not known."""
    if precision not in BYTES:
        raise InputError(f"unknown precision {precision!r}: use one of {', '.join(BYTES)}")
    return BYTES[precision]


def device(name: str) -> Device:
    """A device of the table by name."""
    if name not in DEVICES:
        raise InputError(f"unknown device {name!r}: use one of {', '.join(DEVICES)}")
    return DEVICES[name]

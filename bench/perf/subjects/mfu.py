"""A step's share of the rate at which the machine multiplies square matrices (MFU), in float32."""

from pathlib import Path

from bench.perf.steps import product_flops, products, step_flops, steps, two_threads
from bench.perf.subject import Gate, Subject
from tokenformer import keep_freed_memory

LIMITS = {"": (0.5, 0.6), " compiled": (0.55, 0.6)}


def subject(folder: Path) -> Subject:
    """Steps beside plain products, in a process that keeps its memory."""
    keep_freed_memory()
    threads = two_threads()
    names = [f"{model} fp32{how}" for how in LIMITS for model in ("transformer", "tokenformer")]
    share = step_flops() / product_flops()
    gates = [Gate(f"MFU: {name}", "products", name, *LIMITS[name.partition("fp32")[2]],
                  least=True, scale=share) for name in names]  # fmt: skip
    work = {**dict.fromkeys(names, step_flops() / 1e9), "products": product_flops() / 1e9}
    return Subject({**steps(names), "products": products()}, gates, work=work, unit="GFLOP/s",
                   warmup=2, rounds=15, seconds=45, threads=threads)  # fmt: skip

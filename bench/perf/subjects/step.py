"""A training step beside the Transformer's, the released arithmetic's and a nanoGPT-style one."""

from pathlib import Path

from bench.perf.steps import TOKENS, same_precision, steps, times_released, two_threads
from bench.perf.subject import Gate, Subject
from tokenformer.perf import EAGER


def subject(folder: Path) -> Subject:
    """Eager steps, as the allocator comes."""
    threads = two_threads()
    gates = [
        *same_precision(),
        Gate("Transformer/nanoGPT fp32", "transformer fp32", "nanogpt fp32", 1.0, 1.0),
        Gate("Transformer/nanoGPT bf16", "transformer bf16", "nanogpt bf16"),
        times_released("tokenformer bf16"),
    ]
    work = dict.fromkeys(EAGER, float(TOKENS))
    return Subject(steps(EAGER), gates, work=work, unit="tokens/s", warmup=2, rounds=15,
                   seconds=75, threads=threads)  # fmt: skip

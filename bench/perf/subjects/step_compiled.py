"""Training steps at their best: every block compiled, and freed memory kept by the process."""

from pathlib import Path

from bench.errors import InputError
from bench.perf.steps import TOKENS, same_precision, steps, times_released, two_threads
from bench.perf.subject import Gate, Subject
from tokenformer import keep_freed_memory

PAIR = ("transformer", "tokenformer")
NAMES = ("released fp32", *(f"{model} {precision}{how}" for precision in ("fp32", "bf16")
                            for model in PAIR for how in ("", " compiled")))  # fmt: skip


def subject(folder: Path) -> Subject:
    """Eager and compiled steps in a process that keeps its memory."""
    if not keep_freed_memory():
        raise InputError("the allocator here is not glibc's")
    threads = two_threads()
    kept = [Gate(f"{one.name}, kept memory", one.above, one.below) for one in same_precision()]
    gates = [*kept, *same_precision(" compiled"),
             *(times_released(f"tokenformer bf16{how}") for how in ("", " compiled"))]  # fmt: skip
    work = dict.fromkeys(NAMES, float(TOKENS))
    return Subject(steps(NAMES), gates, work=work, unit="tokens/s", warmup=2, rounds=15,
                   seconds=60, threads=threads)  # fmt: skip

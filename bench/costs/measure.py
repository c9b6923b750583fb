"""Measured peak memory of real training steps, to be set beside the predicted one.

    python -m bench.costs.measure        # six shapes on this machine's CPU, predicted beside

On the CPU a step's memory is what the resident set of a fresh process grows by. That only means
something with care: small blocks must go back to the system when freed (MALLOC_MMAP_THRESHOLD_),
the libraries and oneDNN's kernels must be loaded before (two steps of a tiny model of the same
kind), the peak must be the kernel's own count (VmHWM), and the step must hold 400 MiB or more. On
CUDA it is what the caching allocator counts, after a warm-up step.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench.costs.shape import Experts, Latent, Shape
from bench.errors import InputError

CPU_SOURCE = "cpu-resident-growth"
CUDA_SOURCES = ("cuda-max-memory-allocated", "cuda-max-memory-reserved")
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536"}
STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Setting:
    """One training step: ids [rows, length] through a shape."""

    shape: Shape
    rows: int
    length: int
    precision: str = "fp32"
    checkpointing: bool = False
    device: str = "cpu"


def measure(setting: Setting, threads: int = 1) -> dict[str, int]:
    """Bytes by source at the peak of a real step, in a process of its own.

    Raises InputError where that process fails, out of memory for example.
    """
    job = json.dumps(asdict(setting))
    environment = {**os.environ, **MALLOC, "OMP_NUM_THREADS": str(threads)}
    run = subprocess.run(
        [sys.executable, "-m", "bench.costs.measure", job],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        said = (run.stderr.strip().splitlines() or ["killed"])[-1]
        raise InputError(f"measuring {setting.shape.name!r} failed ({said}): choose a smaller "
                         "batch")  # fmt: skip
    return {str(source): int(size) for source, size in json.loads(run.stdout).items()}


def predict(setting: Setting) -> int:
    """Predicted bytes at the peak of the same step."""
    from bench.costs.memory import PARTS
    from bench.costs.step import Simulation

    simulation = Simulation(
        setting.shape,
        precision=setting.precision,
        checkpointing=setting.checkpointing,
        on_cpu=setting.device == "cpu",
    )
    held = simulation.peak(setting.rows, setting.length)
    return sum(held[part] for part in PARTS)


def take_steps(setting: Setting) -> dict[str, int]:
    """Take two real steps in this process and return bytes at the peak, by source."""
    import gc

    tiny = replace(setting.shape, layers=1, vocabulary=256)
    for _ in range(2):
        prepared_step(replace(setting, shape=tiny, rows=2, length=16))()
    gc.collect()
    before = resident("VmRSS")
    step = prepared_step(setting)
    if setting.device == "cuda":
        return _cuda_peaks(step)
    reset_peak()
    step()
    step()
    return {CPU_SOURCE: resident("VmHWM") - before}


def prepared_step(setting: Setting) -> Callable[[], None]:
    """A training step with its model, optimizer states and batch in memory."""
    import torch

    from bench.costs.step import checkpoint_blocks, model_of, prepared_optimizer, random_batch

    with torch.device(setting.device):
        model = model_of(setting.shape).to(setting.device)
        batch = random_batch(setting.shape, setting.rows, setting.length)
    if setting.checkpointing:
        checkpoint_blocks(model)
    optimizer = prepared_optimizer(model, "adamw")

    def step() -> None:
        bf16 = setting.precision == "bf16"
        with torch.autocast(setting.device, torch.bfloat16, enabled=bf16):
            loss = model.nll(*batch).sum()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def resident(field: str) -> int:
    """A field of /proc/self/status in bytes: VmRSS now, VmHWM at its highest."""
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) * 1024


def reset_peak() -> None:
    """Let VmHWM start again from what is resident now."""
    CLEAR.write_text("5")


def _cuda_peaks(step: Callable[[], None]) -> dict[str, int]:
    import torch

    step()
    torch.cuda.reset_peak_memory_stats()
    step()
    torch.cuda.synchronize()
    peaks = torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
    return dict(zip(CUDA_SOURCES, peaks, strict=True))


def shape_from(fields: dict[str, Any]) -> Shape:
    """A shape from `dataclasses.asdict` of one."""
    experts, latent = fields.pop("experts"), fields.pop("latent")
    return Shape(
        **fields,
        experts=Experts(**experts) if experts else None,
        latent=Latent(**latent) if latent else None,
    )


def settings() -> list[Setting]:
    """Steps of 400 MiB or more: both families, small and large, checkpointed, both precisions."""
    from bench.costs import shapes

    small, grown = shapes.load("transformer-2m"), shapes.load("tokenformer-2m")
    gpt2, large = shapes.load("gpt2"), shapes.load("tokenformer-124m")
    return [
        Setting(small, 64, 160),
        Setting(grown, 64, 160),
        Setting(small, 128, 256, checkpointing=True),
        Setting(grown, 128, 256, checkpointing=True),
        Setting(gpt2, 4, 256),
        Setting(large, 4, 256),
        Setting(gpt2, 4, 256, "bf16"),
        Setting(large, 4, 256, "bf16"),
        Setting(small, 64, 160, "bf16"),
        Setting(grown, 64, 160, "bf16"),
        Setting(small, 16, 1024, "bf16"),
        Setting(small.with_vocabulary(4096), 16, 1024, "bf16"),
        Setting(grown, 16, 1024, "bf16"),
    ]


def main() -> None:
    """Measure every setting and print it beside its prediction."""
    head = ("shape", "vocabulary", "ids", "precision", "checkpointing", "predicted MiB",
            "measured MiB", "off")  # fmt: skip
    print(_line(head), _line(["---"] * len(head)), sep="\n")
    for setting in settings():
        measured, predicted = measure(setting)[CPU_SOURCE], predict(setting)
        print(_line([
            setting.shape.name,
            setting.shape.vocabulary,
            f"{setting.rows} x {setting.length}",
            setting.precision,
            "yes" if setting.checkpointing else "no",
            f"{predicted / 2**20:.0f}",
            f"{measured / 2**20:.0f}",
            f"{predicted / measured - 1:+.1%}",
        ]), flush=True)  # fmt: skip


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    if len(sys.argv) == 2:
        given = json.loads(sys.argv[1])
        print(json.dumps(take_steps(Setting(shape_from(given.pop("shape")), **given))))
    else:
        main()

"""The cell that takes real training steps and measures their peak memory, for timings.csv.

A step is one of the batches that memory.csv predicts, the largest in each language, padded. It
runs in a fresh process by the protocol of `bench.costs.measure`, beside the prediction of that very
step. Resident growth below 400 MiB is mostly noise: a smaller batch is repeated until it holds as
much.
"""

from pathlib import Path
from typing import Any

from bench.costs.measure import Setting, measure, predict
from bench.executors import Empty, Work
from bench.measured import Measured

LEAST = 400 * 2**20
SHARE = 0.5  # of the memory that is free
MEMINFO = Path("/proc/meminfo")


def step(work: Work) -> None:
    """Timings only: a row for each language and source of a peak."""
    from bench.costs import shapes
    from bench.costs.memory import sample_batches

    measured, params = Measured(*work.inputs), work.params
    statistics = measured.statistics
    shape = shapes.load(work.where[params["model"]])
    units = sample_batches(
        len(statistics.tokens), params["batch_units"], params["batches"], params["seed"]
    )
    for column, language in enumerate(statistics.languages):
        size = statistics.vocabularies[column].size + 1
        length = int(statistics.tokens[units, column].max()) + 1  # and the end of a unit
        setting = Setting(
            shape.with_vocabulary(size), params["batch_units"], length, params["precision"],
            device=device(),
        )  # fmt: skip
        work.timings += rows(language, setting)


def rows(language: str, setting: Setting) -> list[dict[str, Any]]:
    """A step measured and predicted. Raises Empty where it cannot be taken here."""
    enlarged, predicted = at_least(setting, LEAST)
    if setting.device == "cpu" and predicted > SHARE * available():
        raise Empty(f"a step of {predicted / 2**30:.1f} GiB: this machine has too little memory")
    ids = f"{enlarged.rows}x{enlarged.length} {enlarged.precision}"
    return [
        {
            "phase": f"step {language} {ids} {source}",
            "peak_memory_bytes": size,
            "memory_source": source,
            "predicted_memory_bytes": predicted,
            "threads": 1,
        }
        for source, size in measure(enlarged).items()
    ]


def at_least(setting: Setting, least: int) -> tuple[Setting, int]:
    """The setting with its rows doubled until its prediction is `least` bytes; the prediction."""
    from dataclasses import replace

    predicted = predict(setting)
    while predicted < least:
        setting = replace(setting, rows=2 * setting.rows)
        predicted = predict(setting)
    return setting, predicted


def available() -> int:
    """Bytes of memory that a new process can have."""
    lines = MEMINFO.read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) * 1024


def device() -> str:
    """Where a step is taken: on an accelerator that PyTorch can use, else on the processor."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"

"""The training loop beside its bare steps: what batching, clipping and counting add.

Both take the same steps on the same units, the same ones every turn, since kernels of a shape are
made when it is first met and whoever met it first would pay for both. The loop cuts each step into
rectangles, fills them, seeds dropout, clips and counts; the bare step is given filled rectangles
and does forward, backward and AdamW.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench import machine
from bench.perf.subject import Action, Gate, Subject
from bench.training import batches
from bench.training.loop import Counters, Trainer
from bench.training.models import config, model_fields
from bench.training.spec import Precision, RunSpec, Stage

if TYPE_CHECKING:
    from torch import Tensor

UNITS, VOCABULARY, STEPS = 2048, 4096, 4


def subject(folder: Path) -> Subject:
    """Four steps of a small TokenFormer a turn, in each precision that this machine multiplies."""
    import torch

    torch.set_num_threads(1)  # as in a run's processes
    precisions: tuple[Precision, ...] = ("fp32", "bf16")
    if machine.precision() == "fp32":
        precisions = ("fp32",)
    contestants: dict[str, Action] = {}
    for precision in precisions:
        contestants[f"loop {precision}"] = _loop(precision)
        contestants[f"bare {precision}"] = _bare(precision)
    gates = [Gate(f"loop/bare steps {one}", f"loop {one}", f"bare {one}", 1.10, 1.05)
             for one in precisions]  # fmt: skip
    return Subject(contestants, gates, warmup=1, rounds=15, seconds=60, threads=1)


def _trainer(precision: Precision) -> Trainer:
    from tokenformer import build

    fields = model_fields("tokenformer-2m")
    spec = RunSpec("tokenformer-2m", ("en",), (Stage(fields),), precision=precision)
    rng = np.random.default_rng(0)
    long = np.maximum(1, rng.lognormal(3.1, 0.6, UNITS)).astype(np.int64)
    ids = rng.integers(0, VOCABULARY, int(long.sum()))
    stream = batches.Stream.of(ids, np.cumsum([0, *long]), VOCABULARY)
    sequences = batches.cut(np.arange(UNITS) // 64, spec.context_units)
    return Trainer(spec, 0, build(config(fields, VOCABULARY + 1)), {"en": stream}, sequences)


def _loop(precision: Precision) -> Action:
    trainer = _trainer(precision)

    def run() -> None:
        trainer.counters = Counters()  # the first steps again
        for _ in range(STEPS):
            trainer.step(1.0)

    return run


def _bare(precision: Precision) -> Action:
    """The same steps, their rectangles filled beforehand."""
    trainer = _trainer(precision)
    made = [_filled(trainer, step) for step in range(STEPS)]

    def run() -> None:
        for rectangles in made:
            _bare_step(trainer, rectangles)

    return run


def _filled(trainer: Trainer, step: int) -> "list[tuple[Tensor, Tensor]]":
    import torch

    spec, stream = trainer.spec, trainer.streams["en"]
    order = batches.epoch(trainer.sequences, spec.batch_units, spec.seed, 0)
    batch, multiple = trainer.sequences[order[step]], trainer._multiple
    pieces = batches.rectangles(batch, stream, spec.chunk_tokens, multiple)
    chunks = [batches.fill(piece, stream, multiple) for piece in pieces]
    return [(torch.from_numpy(one.inputs), torch.from_numpy(one.targets)) for one in chunks]


def _bare_step(trainer: Trainer, rectangles: "list[tuple[Tensor, Tensor]]") -> None:
    with trainer._precision():
        for inputs, targets in rectangles:
            (trainer.model.nll(inputs, targets).sum() / 32).backward()  # type: ignore[no-untyped-call]
    trainer.optimiser.step()
    trainer.optimiser.zero_grad(set_to_none=True)

"""One model learning: a step is a pure function of the model, the optimizer and the position.

Nothing random is carried from step to step. Order comes from (seed, epoch), dropout from
(seed, stage, step), so a trainer restored at a step goes on bit for bit as if never stopped.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.training import batches
from bench.training.batches import Ints, Sequences, Stream
from bench.training.models import training_flops
from bench.training.precision import arithmetic
from bench.training.spec import Optimiser, RunSpec

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from tokenformer import LanguageModel

BF16_MULTIPLE = 16


@dataclass(frozen=True)
class Counters:
    """What a model has seen along its own path; branches that were left do not count."""

    step: int = 0
    units: int = 0
    tokens: int = 0
    flops_useful: int = 0
    flops_spent: int = 0
    clipped: int = 0


@dataclass(frozen=True)
class Snapshot:
    """A trainer at a step: counters, and every tensor of its model and optimizer, cloned."""

    counters: Counters
    tensors: Mapping[str, "Tensor"]

    def numbers(self) -> dict[str, int]:
        """The counters as JSON values."""
        return asdict(self.counters)


@dataclass(frozen=True)
class Piece:
    """Sequences that go through the model together, and what a nat of theirs weighs in the loss."""

    sequences: Sequences
    stream: Stream
    weight: float


class Trainer:
    """A model, its optimizer, its data and its position.

    `streams` are the train streams of the run's own languages; `sequences` those that all
    languages of the comparison can hold. `offset` is how many steps earlier stages took: the data
    order goes on from there.
    """

    def __init__(
        self, spec: RunSpec, stage: int, model: "LanguageModel", streams: Mapping[str, Stream],
        sequences: Sequences, offset: int = 0,
    ) -> None:  # fmt: skip
        self.spec, self.stage, self.model = spec, stage, model
        self.settings: Optimiser = spec.stages[stage].optimiser
        self.streams, self.sequences, self.offset = dict(streams), sequences, offset
        self.counters = Counters()
        self.flops = training_flops(model.config)
        self.optimiser: torch.optim.Optimizer = _adamw(model, self.settings)
        self._epoch: tuple[int, list[Ints]] = (-1, [])

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which every train sequence is seen once."""
        return batches.steps_per_epoch(self.sequences, self.spec.batch_units)

    def step(self, share: float) -> bool:
        """One optimizer step at `share` × the peak learning rate; False if it is not finite.

        A step that is not finite changes nothing but the counters.
        """
        import torch

        batch = self.sequences[self._batch(self.offset + self.counters.step)]
        torch.manual_seed(self._dropout_seed())
        units = int(batch.units.sum())
        with self._precision():  # once a step, so that weights are cast to bf16 once
            pieces = self._pieces(batch, self.settings.loss_scale / (units * len(self.streams)))
            for number, piece in enumerate(pieces, 1):
                self._accumulate(piece, last=number == len(pieces))
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip).item()
        finite = bool(np.isfinite(norm))
        if finite:
            for group in self.optimiser.param_groups:
                group["lr"] = self.settings.lr * share
            self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self._count(step=1, units=units, clipped=int(norm > self.settings.clip))
        return finite

    def snapshot(self) -> Snapshot:
        """Everything a step depends on, cloned."""
        tensors = {f"model.{name}": one for name, one in self.model.state_dict().items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": one for name, one in state.items()}
        cloned = {name: one.detach().clone() for name, one in tensors.items()}
        return Snapshot(self.counters, cloned)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot; the snapshot stays as it is."""
        model, states = {}, dict[int, dict[str, "Tensor"]]()
        for name, one in snapshot.tensors.items():
            kind, rest = name.split(".", 1)
            if kind == "model":
                model[rest] = one
            else:
                index, field = rest.split(".", 1)
                states.setdefault(int(index), {})[field] = one.clone()
        self.model.load_state_dict(model)
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": states, "param_groups": groups})
        self.counters = snapshot.counters

    def carry_moments(self, before: "Trainer") -> None:
        """Take over the optimizer state of the smaller model's slots; new slots start at zero."""
        from tokenformer.growth import grow_optimizer

        self.optimiser = grow_optimizer(before.optimiser, before.model, self.model)

    def _pieces(self, batch: Sequences, weight: float) -> list[Piece]:
        return [
            Piece(one, stream, weight)
            for stream in self.streams.values()
            for one in batches.rectangles(batch, stream, self.spec.chunk_tokens, self._multiple)
        ]

    def _accumulate(self, piece: Piece, last: bool) -> None:
        """Add a piece's gradient; `last` in a step matters to those who share the work."""
        import torch

        chunk = batches.fill(piece.sequences, piece.stream, self._multiple)
        device = self.model.embedding.weight.device
        inputs, targets = (
            torch.from_numpy(side).to(device) for side in (chunk.inputs, chunk.targets)
        )
        loss = self._nll(inputs, targets).sum() * piece.weight
        loss.backward()  # type: ignore[no-untyped-call]
        if piece.weight:
            self._count_piece(piece, chunk.targets.shape[1])

    def _nll(self, inputs: "Tensor", targets: "Tensor") -> "Tensor":
        return self.model.nll(inputs, targets)

    def _count_piece(self, piece: Piece, width: int) -> None:
        long = batches.lengths(piece.sequences, piece.stream)
        self._count(
            tokens=int(long.sum()),
            flops_useful=self.flops.linear * int(long.sum())
            + self.flops.quadratic * int((long * long).sum()),
            flops_spent=len(long) * self.flops.of(width),
        )

    @property
    def _multiple(self) -> int:
        """bf16 kernels are compiled for each shape they meet: lengths are rounded up."""
        return BF16_MULTIPLE if self.spec.precision == "bf16" else 1

    def _precision(self) -> AbstractContextManager[Any]:
        return arithmetic(self.spec.precision, self.spec.device)

    def _count(self, **more: int) -> None:
        added = {name: getattr(self.counters, name) + n for name, n in more.items()}
        self.counters = replace(self.counters, **added)

    def _batch(self, step: int) -> Ints:
        number, place = divmod(step, self.steps_per_epoch)
        if self._epoch[0] != number:
            made = batches.epoch(self.sequences, self.spec.batch_units, self.spec.seed, number)
            self._epoch = (number, made)
        return self._epoch[1][place]

    def _dropout_seed(self) -> int:
        entropy = [self.spec.seed, self.stage, self.counters.step]
        return int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0] >> 1)


def _adamw(model: "LanguageModel", settings: Optimiser) -> "torch.optim.AdamW":
    """AdamW; weight decay on matrices, not on the final norm's vectors."""
    import torch

    matrices = [one for one in model.parameters() if one.ndim > 1]
    vectors = [one for one in model.parameters() if one.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups, lr=settings.lr, betas=settings.betas, eps=settings.epsilon, fused=True
    )

"""One model on several devices: PyTorch's DistributedDataParallel, a process a device.

The meaning batch stays what it is: each process takes its share of the step's sequences, cut into
pieces as always, and gradients are added up once a step. So one device and eight see the same
units at each step, and differ in the order of summation (and in dropout's masks) alone.

`torchrun --nproc-per-node 8 -m bench train …` starts such processes; on one machine or many.
"""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.errors import InputError
from bench.training import batches
from bench.training.batches import Sequences
from bench.training.data import RunData
from bench.training.loop import Piece, Trainer
from bench.training.result import RunResult
from bench.training.run import run
from bench.training.spec import RunSpec

if TYPE_CHECKING:
    from torch import Tensor

COUNTED = ("tokens", "flops_useful", "flops_spent")


@dataclass(frozen=True)
class Team:
    """Which process this is, of how many, and how its model runs."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"
    compiled: bool = False  # each block by torch.compile
    checkpointing: bool = False  # keep the blocks' inputs only, compute the rest again
    sharded: bool = False  # each process holds a part of the model (bench.training.sharded)

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    def sums(self, numbers: Sequence[int]) -> list[int]:
        """Of every process's numbers; all must ask at once."""
        return self._reduced(numbers, "SUM")

    def most(self, number: int) -> int:
        """The largest of every process's number; all must ask at once."""
        return self._reduced([number], "MAX")[0]

    def any(self, one: bool) -> bool:
        """Whether it is so in any process; all must ask at once."""
        return bool(self.most(int(one)))

    def _reduced(self, numbers: Sequence[int], how: str) -> list[int]:
        import torch
        import torch.distributed as processes

        if self.size == 1:
            return list(numbers)
        found = torch.tensor(numbers, dtype=torch.int64, device=self.device)
        processes.all_reduce(found, getattr(processes.ReduceOp, how))
        return [int(one) for one in found.tolist()]


def alone(device: str = "cpu", **options: bool) -> Team:
    """A team of this process."""
    return Team(device=device, **options)


@contextmanager
def team(device: str = "cpu", **options: bool) -> Iterator[Team]:
    """The team that torchrun started, or this process alone. Raises InputError for a lost peer."""
    import torch
    import torch.distributed as processes

    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield alone(device, **options)
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    processes.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield Team(processes.get_rank(), size, device, **options)
    except RuntimeError as error:
        if isinstance(error, processes.DistBackendError) or "Connection" in str(error):
            raise InputError("training: another process of the run is gone: start all again with "
                             "the same command; they go on from where it was kept"
                             ) from None  # fmt: skip
        raise
    finally:
        gc.collect()  # what still holds the group, in a cycle, would end its threads too late
        processes.destroy_process_group()


def run_together(
    of: Team,
    spec: RunSpec,
    data: RunData,
    out: Path,
    *,
    checkpoints: Path | None = None,
    every: float = 60.0,
    stop: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = lambda line: None,
) -> RunResult:
    """As `training.run`, by every process of the team at once; all return the same result.

    They need one folder `checkpoints` that all can read; the first one writes. The number of
    processes may change when a run goes on, and so may whether each holds a part of the model.
    Raises InputError for a model in parts that is to grow: growth needs it whole.
    """
    if of.sharded and len(spec.stages) > 1:
        raise InputError("training: a model that grows cannot be held in parts (--fsdp): train it "
                         "without")  # fmt: skip
    return run(
        replace(spec, device=of.device),
        data,
        out,
        checkpoints=checkpoints,
        every=every,
        stop=lambda: of.any(stop()),  # so that they stop after the same step
        say=say if of.leads else lambda line: None,
        writes=of.leads,
        **_kept_in_parts(of) if of.sharded and of.size > 1 else _kept_by_each(of),
    )


def _kept_by_each(of: Team) -> dict[str, Any]:
    """A whole model in every process: the first one keeps it when it likes."""
    return {"make_trainer": partial(TeamTrainer, of)}


def _kept_in_parts(of: Team) -> dict[str, Any]:
    """Parts that are put together to be kept, at a step that all agree on."""
    from bench.training.sharded import ShardedTrainer, whole

    return {"make_trainer": partial(ShardedTrainer, of), "agreed": of.any,
            "whole": partial(whole, of)}  # fmt: skip


class TeamTrainer(Trainer):
    """A trainer that computes its share of each step."""

    def __init__(self, of: Team, *args: Any) -> None:

        super().__init__(*args)
        self.team = of
        if of.checkpointing:
            from bench.costs.step import checkpoint_blocks

            checkpoint_blocks(self.model)
        if of.compiled:
            for block in self.model.blocks:
                block.compile(dynamic=True)
        self.shared: Any = self._share()

    def _share(self) -> Any:
        """What computes a piece's nats, and adds up the team's gradients."""
        import torch
        from torch.nn.parallel import DistributedDataParallel

        if self.team.size == 1:
            return _loss_module(self.model)
        ids = [torch.cuda.current_device()] if self.team.device == "cuda" else None
        return DistributedDataParallel(_loss_module(self.model), device_ids=ids)

    def step(self, rate: float) -> bool:
        """As one process would; counters are the team's."""
        before = self.counters
        finite = super().step(rate)
        if self.team.size > 1:
            own = [getattr(self.counters, one) - getattr(before, one) for one in COUNTED]
            all_of = dict(zip(COUNTED, self.team.sums(own), strict=True))
            totals = {one: getattr(before, one) + number for one, number in all_of.items()}
            self.counters = replace(self.counters, **totals)
        return finite

    def _pieces(self, batch: Sequences, weight: float) -> list[Piece]:
        """This process's share, equal in length; DDP averages, so a nat weighs `size` times."""
        stream = next(iter(self.streams.values()))
        order = np.argsort(batches.lengths(batch, stream), kind="stable")
        mine = batch[order[self.team.rank :: self.team.size]]
        if not len(mine):  # it must take part in the sum all the same
            return [Piece(batch[order[:1]], stream, 0.0)]
        return super()._pieces(mine, weight * self.team.size)

    def _accumulate(self, piece: Piece, last: bool) -> None:
        waits = self.team.size > 1 and not last
        with self.shared.no_sync() if waits else nullcontext():
            super()._accumulate(piece, last)

    def _nll(self, inputs: "Tensor", targets: "Tensor") -> "Tensor":
        nats: Tensor = self.shared(inputs, targets)
        return nats

    def _dropout_seed(self) -> int:
        """Other masks in each process; the first one's are those of a process alone."""
        return super()._dropout_seed() ^ self.team.rank


def _loss_module(model: Any) -> Any:
    """DDP listens to `forward`; what is trained by is `nll`."""
    from torch import nn

    class Loss(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, inputs: "Tensor", targets: "Tensor") -> "Tensor":
            nats: Tensor = self.model.nll(inputs, targets)
            return nats

    return Loss()

"""One model on several devices: PyTorch's DistributedDataParallel, a process a device.

The meaning batch stays what it is: each process takes its share of the step's sequences, cut into
pieces as always, and gradients are added up once a step. So one device and eight see the same
units at each step, and differ in the order of summation (and in dropout's masks) alone.

`torchrun --nproc-per-node 8 -m bench train …` starts such processes; on one machine or many.
"""

import os
from collections.abc import Callable, Iterator
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

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0


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
    processes may change when a run goes on.
    """
    return run(
        replace(spec, device=of.device),
        data,
        out,
        checkpoints=checkpoints,
        every=every,
        stop=partial(_agreed, of, stop),
        say=say if of.leads else lambda line: None,
        make_trainer=partial(TeamTrainer, of),
        writes=of.leads,
    )


class TeamTrainer(Trainer):
    """A trainer that computes its share of each step."""

    def __init__(self, of: Team, *args: Any) -> None:
        import torch
        from torch.nn.parallel import DistributedDataParallel

        super().__init__(*args)
        self.team = of
        if of.checkpointing:
            from bench.costs.step import checkpoint_blocks

            checkpoint_blocks(self.model)
        if of.compiled:
            for block in self.model.blocks:
                block.compile(dynamic=True)
        self.shared: Any = _loss_module(self.model)
        if of.size > 1:
            ids = [torch.cuda.current_device()] if of.device == "cuda" else None
            self.shared = DistributedDataParallel(self.shared, device_ids=ids)

    def step(self, rate: float) -> bool:
        """As one process would; counters are the team's."""
        before = self.counters
        finite = super().step(rate)
        if self.team.size > 1:
            own = [getattr(self.counters, one) - getattr(before, one) for one in COUNTED]
            all_of = dict(zip(COUNTED, _summed(own, self.team), strict=True))
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


def _agreed(of: Team, stop: Callable[[], bool]) -> bool:
    """Whether any of the team was asked to stop: they stop after the same step."""
    return bool(_summed([int(stop())], of)[0])


def _summed(numbers: list[int], of: Team) -> list[int]:
    import torch
    import torch.distributed as processes

    if of.size == 1:
        return numbers
    total = torch.tensor(numbers, dtype=torch.int64, device=of.device)
    processes.all_reduce(total)
    return [int(one) for one in total.tolist()]

"""One model over several devices in parts: PyTorch's FSDP2, for a model that one cannot hold.

Each device keeps its part of the parameters, of their gradients and of the optimizer; a block's
are gathered while it is computed. What is learned is what DistributedDataParallel learns, up to
the order of summation. The model is built whole on each device before it is cut.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.training.batches import Sequences
from bench.training.checkpoint import Progress
from bench.training.distributed import Team, TeamTrainer
from bench.training.loop import Piece, Snapshot, _adamw

if TYPE_CHECKING:
    from torch import Tensor


class ShardedTrainer(TeamTrainer):
    """A team's trainer whose model and optimizer lie in parts; a snapshot holds its own parts."""

    def _share(self) -> Any:
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

        mesh = init_device_mesh(self.team.device, (self.team.size,))
        for block in self.model.blocks:
            fully_shard(block, mesh=mesh)
        fully_shard(self.model, mesh=mesh)
        register_fsdp_forward_method(self.model, "nll")
        self.optimiser = _adamw(self.model, self.settings)  # of the parts, not of the whole
        return self.model.nll

    def _pieces(self, batch: Sequences, weight: float) -> list[Piece]:
        """As many in every process, for all gather together: the last again, weighing nothing."""
        pieces = super()._pieces(batch, weight)
        missing = self.team.most(len(pieces)) - len(pieces)
        return [*pieces, *[replace(pieces[-1], weight=0.0)] * missing]

    def _accumulate(self, piece: Piece, last: bool) -> None:
        model: Any = self.model
        model.set_requires_gradient_sync(last)
        super(TeamTrainer, self)._accumulate(piece, last)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this process, or to one with whole tensors."""
        super().restore(replace(snapshot, tensors=dict(self._parts(snapshot.tensors))))

    def _parts(self, tensors: Mapping[str, "Tensor"]) -> Iterator[tuple[str, "Tensor"]]:
        from torch.distributed.tensor import DTensor, distribute_tensor

        named = {f"model.{name}": one for name, one in self.model.state_dict().items()}
        numbered = [one for group in self.optimiser.param_groups for one in group["params"]]
        for name, one in tensors.items():
            kind, number, *_ = name.split(".")
            like = named[name] if kind == "model" else numbered[int(number)]
            if one.ndim and not isinstance(one, DTensor):
                one = distribute_tensor(one.to(like.device), like.device_mesh, like.placements)
            yield name, one


def whole(of: Team, progress: Progress) -> Progress:
    """The progress with whole tensors, where the team's leader is: what a checkpoint holds.

    Every process must call it at once; the others get what they need not keep.
    """
    trainer, trunk = (_gathered(of, one) for one in (progress.trainer, progress.trunk))
    return replace(progress, trainer=trainer, trunk=trunk)


def _gathered(of: Team, snapshot: Snapshot | None) -> Snapshot | None:
    from torch.distributed.tensor import DTensor

    if snapshot is None:
        return None
    tensors = {}
    for name, one in snapshot.tensors.items():
        full = one.full_tensor() if isinstance(one, DTensor) else one
        if of.leads:
            tensors[name] = full.cpu()
    return replace(snapshot, tensors=tensors)

"""What the storages of tensors hold at the moment of their peak, by part, without allocating any.

A dispatch mode sees every tensor that an operation makes and, by weak references to storages,
when it is freed. Under `FakeTensorMode` the tensors have shapes and lifetimes but no memory, so
that a training step of any model runs on a small machine. What an operation needs inside itself
and what an allocator adds are not seen.
"""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

PARTS = ("parameters", "gradients", "optimizer", "activations", "temporaries")


class PeakTracker(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Bytes held now and at the peak, by part, from `hold` and from what runs inside the mode.

    New storages belong to the part of the current `phase`: activations in the forward pass and
    its recomputation, temporaries in the backward pass and in the optimizer's step. Those whose
    last dimension is `vocabulary` are also counted as logits.
    """

    def __init__(self, vocabulary: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.vocabulary = vocabulary
        self.part = "activations"
        self.now = dict.fromkeys((*PARTS, "logits"), 0)
        self.peak = dict(self.now)
        self._total = self._peak_total = 0
        self._part_of: dict[weakref.ref[Any], tuple[str, int, bool]] = {}

    @contextmanager
    def phase(self, part: str) -> Iterator[None]:
        """Storages made inside belong to `part`."""
        before, self.part = self.part, part
        try:
            yield
        finally:
            self.part = before

    def hold(self, tensor: torch.Tensor, part: str) -> None:
        """Count the tensor's storage under `part`, whether it was seen before or not."""
        key = weakref.ref(tensor.untyped_storage(), self._freed)
        if key not in self._part_of:
            self._add(key, tensor, part)
            return
        old, size, logits = self._part_of[key]
        self._part_of[key] = (part, size, logits)
        self.now[old] -= size
        self.now[part] += size

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation, count what it made, note the peak."""
        made = func(*args, **(kwargs or {}))
        tree_map_only(torch.Tensor, self._see, made)
        if self._total > self._peak_total:
            self._peak_total, self.peak = self._total, dict(self.now)
        return made

    def _see(self, tensor: torch.Tensor) -> None:
        key = weakref.ref(tensor.untyped_storage(), self._freed)
        if key not in self._part_of:
            self._add(key, tensor, self.part)

    def _add(self, key: "weakref.ref[Any]", tensor: torch.Tensor, part: str) -> None:
        size = tensor.untyped_storage().nbytes()
        logits = tensor.dim() > 1 and tensor.shape[-1] == self.vocabulary
        self._part_of[key] = (part, size, logits)
        self._count(part, size, logits)

    def _freed(self, key: "weakref.ref[Any]") -> None:
        part, size, logits = self._part_of.pop(key)
        self._count(part, -size, logits)

    def _count(self, part: str, size: int, logits: bool) -> None:
        self._total += size
        self.now[part] += size
        if logits:
            self.now["logits"] += size

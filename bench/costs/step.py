"""One training step of a model shape, run with shapes only: peak memory and counted FLOPs.

The step is the one that training takes: hidden states, cross-entropy straight from them, backward,
AdamW, gradients set to None. Optimizer states exist before it starts. `bf16` is autocast over
float32 weights. With `checkpointing` every block runs again in the backward pass.
"""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from bench.costs.shape import Shape
from bench.errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import nn

    from bench.costs.tracker import PeakTracker

    Batch: TypeAlias = tuple[torch.Tensor, torch.Tensor]

PRECISIONS = ("fp32", "bf16")
OPTIMIZERS = ("adamw", "sgd")


class Simulation:
    """A model with shapes but no memory, and the peak of one of its training steps.

    Attention is by a fused kernel, which keeps no score matrix, and the softmax of the logits takes
    what suits an accelerator. With `on_cpu` both are as on a CPU: short sequences in bf16 have
    whole score matrices, which backward keeps, and the softmax takes what fits a core's cache.

    Raises InputError for a shape that no model here can run, and for unknown options.
    """

    def __init__(
        self,
        shape: Shape,
        *,
        precision: str = "bf16",
        checkpointing: bool = False,
        optimizer: str = "adamw",
        on_cpu: bool = False,
    ) -> None:
        from torch._subclasses.fake_tensor import FakeTensorMode

        check_options(shape, precision, optimizer)
        self.shape, self.precision, self.on_cpu = shape, precision, on_cpu
        self.tracker: PeakTracker | None = None
        self.fake: Any = FakeTensorMode()
        with self.fake:
            self.model = model_of(shape)
            self.updates = prepared_optimizer(self.model, optimizer)
        if checkpointing:
            checkpoint_blocks(self.model, self._recomputing)
        for parameter in self.model.parameters():
            parameter.register_hook(self._hold_gradient)
            parameter.register_post_accumulate_grad_hook(lambda p: self._hold_gradient(p.grad))

    def peak(self, rows: int, length: int) -> dict[str, int]:
        """Bytes by part at the peak of a step over ids [rows, length], and of logits in them."""
        from bench.costs.tracker import PeakTracker

        check_length(self.shape, length)
        with self.fake:
            batch = random_batch(self.shape, rows, length)
            self.tracker = PeakTracker(self.shape.vocabulary)
            self._hold_states(self.tracker, batch)
            self._step(self.tracker, batch)
            return dict(self.tracker.peak)

    def _hold_states(self, tracker: "PeakTracker", batch: "Batch") -> None:
        for tensor in (*self.model.parameters(), *self.model.buffers()):
            tracker.hold(tensor, "parameters")
        for state in self.updates.state.values():
            for tensor in state.values():
                tracker.hold(tensor, "optimizer")
        for tensor in batch:
            tracker.hold(tensor, "activations")

    def _step(self, tracker: "PeakTracker", batch: "Batch") -> None:
        import torch

        bf16 = torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bf16")
        with tracker:
            with bf16, _short_attention() if self._attends_shortly else nullcontext():
                loss = self._nats(*batch).sum()
            with tracker.phase("temporaries"):
                loss.backward()  # type: ignore[no-untyped-call]
                self.updates.step()
                self.updates.zero_grad(set_to_none=True)

    @property
    def _attends_shortly(self) -> bool:
        from tokenformer.model import LanguageModel

        return self.on_cpu and isinstance(self.model, LanguageModel)

    def _nats(self, ids: "torch.Tensor", targets: "torch.Tensor") -> "torch.Tensor":
        """As the model's own `nll`, with the softmax of the device that is meant."""
        from tokenformer.cross_entropy import CACHED_ELEMENTS, linear_cross_entropy

        hidden, embedding = self.model.hidden(ids), self.model.output_embedding
        at_a_time = CACHED_ELEMENTS if self.on_cpu else None
        return linear_cross_entropy(hidden, embedding, targets, softmax_elements=at_a_time)

    def _hold_gradient(self, gradient: Any) -> None:
        """A gradient is one from when it is complete, and from when it is kept."""
        if self.tracker is not None:
            self.tracker.hold(gradient, "gradients")

    def _recomputing(self) -> Any:
        return self.tracker.phase("activations") if self.tracker else nullcontext()


def _short_attention() -> Any:
    """A mode in which fake tensors take the path of `tokenformer.short_attention` as real ones."""
    import torch
    import torch.nn.functional as F
    from torch.overrides import TorchFunctionMode

    from tokenformer.short_attention import LONGEST, attend_short

    class Short(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = kwargs or {}
            is_short = func is F.scaled_dot_product_attention and kwargs.get("is_causal")
            if is_short and args[0].dtype == torch.bfloat16 and args[0].shape[2] <= LONGEST:
                return attend_short(*args[:3])
            return func(*args, **kwargs)

    return Short()


def matmul_flops(shape: Shape, length: int) -> tuple[int, int]:
    """(forward, forward and backward) FLOPs of one sequence as `FlopCounterMode` counts them.

    The model runs on the meta device: on the CPU the counter does not see attention. Logits are
    written out: the counter does not know the in-place product of the chunked cross-entropy.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        model, (ids, _) = model_of(shape), random_batch(shape, 1, length)
        with FlopCounterMode(display=False) as forward:
            logits = model(ids)
        with FlopCounterMode(display=False) as backward:
            logits.sum().backward()
    once = forward.get_total_flops()
    return once, once + backward.get_total_flops()


def check_options(shape: Shape, precision: str, optimizer: str) -> None:
    """Refuse, by name, what cannot be simulated."""
    if shape.experts:
        raise InputError(f"model shape {shape.name!r} is a mixture of experts, whose memory is not "
                         "predicted: leave it out of memory")  # fmt: skip
    if precision not in PRECISIONS:
        raise InputError(f"unknown precision {precision!r}: use one of {', '.join(PRECISIONS)}")
    if optimizer not in OPTIMIZERS:
        raise InputError(f"unknown optimizer {optimizer!r}: use one of {', '.join(OPTIMIZERS)}")


def check_length(shape: Shape, length: int) -> None:
    """Refuse a sequence that is longer than the learned positions of a shape."""
    if shape.positions == "learned" and length > shape.context:
        raise InputError(f"model shape {shape.name!r} has {shape.context} learned positions, the "
                         f"batch has {length}: choose shorter sequences")  # fmt: skip


def model_of(shape: Shape) -> Any:
    """The suite's own model where the shape is one of its kind, else a plain decoder."""
    import tokenformer

    common: dict[str, Any] = {
        "vocabulary": shape.vocabulary,
        "width": shape.width,
        "layers": shape.layers,
        "heads": shape.heads,
        "tied": shape.tied,
    }
    if shape.family == "transformer" and _is_plain(shape):
        return tokenformer.build(
            tokenformer.TransformerConfig(ffn_width=shape.feed_forward, **common)
        )
    if shape.family == "tokenformer" and _is_plain(shape):
        common |= {"slots": shape.slots, "ffn_slots": shape.ffn_slots}
        return tokenformer.build(tokenformer.TokenFormerConfig(**common))
    if shape.family == "tokenformer":
        raise InputError(f"model shape {shape.name!r}: no TokenFormer here shares keys between "
                         "heads or learns positions: leave it out of memory")  # fmt: skip
    from bench.costs.decoder import Decoder

    return Decoder(shape)


def _is_plain(shape: Shape) -> bool:
    square = shape.kv_heads == shape.heads and shape.heads * shape.head_width == shape.width
    special = shape.gated or shape.experts or shape.latent or shape.positions == "learned"
    return square and not special


def random_batch(shape: Shape, rows: int, length: int) -> "Batch":
    """Ids and targets [rows, length]."""
    import torch

    drawn = torch.randint(0, shape.vocabulary, (2, rows, length))
    return drawn[0].clone(), drawn[1].clone()


def prepared_optimizer(model: "nn.Module", name: str) -> "torch.optim.Optimizer":
    """The optimizer with its states allocated, as after any earlier step."""
    import torch

    kinds: dict[str, Callable[..., torch.optim.Optimizer]] = {
        "adamw": torch.optim.AdamW,
        "sgd": torch.optim.SGD,
    }
    optimizer = kinds[name](model.parameters(), lr=0.0, foreach=False)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return optimizer


def checkpoint_blocks(model: "nn.Module", recomputing: Callable[[], Any] = nullcontext) -> None:
    """Keep only the inputs of the blocks; run each block again, inside `recomputing()`."""
    from torch.utils.checkpoint import checkpoint

    def contexts() -> tuple[Any, Any]:
        return nullcontext(), recomputing()

    blocks: Any = model.blocks
    for block in blocks:
        block.forward = partial(checkpoint, block.forward, use_reentrant=False, context_fn=contexts)

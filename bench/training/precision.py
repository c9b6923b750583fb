"""bf16 training on any processor, so that a run begun on one machine can go on on another.

Some processors multiply bf16 (AVX512-BF16, AMX, every recent GPU). On the others PyTorch's products
of bf16 are loops without vectors, some forty times as slow as its products of fp32. A product of
two bf16 numbers is exact in fp32, and the processors that have it add such products up in fp32
too. So where it is missing, operands are widened, multiplied in fp32, and the result is rounded to
bf16: the same arithmetic, but for the order of its sums.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

from bench import machine
from bench.training.spec import Precision

if TYPE_CHECKING:
    from torch import Tensor


@contextmanager
def arithmetic(precision: Precision, device: str) -> Iterator[None]:
    """What a step is taken in, forward and backward: fp32, or autocast to bf16."""
    import torch

    bf16 = torch.autocast(device, torch.bfloat16, enabled=precision == "bf16")
    with bf16, products(precision, device):
        yield


def products(precision: Precision, device: str) -> AbstractContextManager[Any]:
    """In it products of bf16 are widened, if this is a processor that does not have them."""
    if precision == "bf16" and device == "cpu" and machine.precision() == "fp32":
        return _widening()()  # type: ignore[no-any-return]
    return nullcontext()


@cache
def _widening() -> Callable[[], Any]:
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    aten = torch.ops.aten
    attention = aten._scaled_dot_product_flash_attention_for_cpu.default
    widened = {
        aten.mm.default, aten.bmm.default, aten.addmm.default, aten.baddbmm.default, attention,
        aten._scaled_dot_product_flash_attention_for_cpu_backward.default,
    }  # fmt: skip

    class Widening(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Takes what multiplies bf16 in fp32."""

        def __torch_dispatch__(
            self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            if operation not in widened or args[0].dtype != torch.bfloat16:
                return operation(*args, **(kwargs or {}))
            wide = operation(*map(_wide, args), **(kwargs or {}))
            if operation is attention:
                return wide[0].bfloat16(), wide[1]  # log-sum-exps are fp32 in both
            return _narrow(wide)

    return Widening


def _wide(argument: Any) -> Any:
    import torch

    return argument.float() if isinstance(argument, torch.Tensor) else argument


def _narrow(result: "Tensor | tuple[Tensor, ...]") -> "Tensor | tuple[Tensor, ...]":
    if isinstance(result, tuple):
        return tuple(one.bfloat16() for one in result)
    return result.bfloat16()

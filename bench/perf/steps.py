"""Training steps as contestants: the variants of `tokenformer.perf`, and products of their size."""

from collections.abc import Collection

from bench import machine
from bench.perf.subject import Action, Gate
from tokenformer.perf import Sizes, trainees

SIZES = Sizes()
TOKENS = SIZES.batch * SIZES.length
SQUARE, PRODUCTS = 1024, 40


def two_threads() -> int:
    """Use at most two threads, as the reference machine has; says how many."""
    import torch

    torch.set_num_threads(min(2, machine.cores()))
    return torch.get_num_threads()


def steps(names: Collection[str]) -> dict[str, Action]:
    """One training step a turn, of the variants of those names."""
    return {name: trainee.step for name, trainee in trainees(SIZES, names).items()}


def same_precision(compiled: str = "") -> list[Gate]:
    """TokenFormer beside the Transformer of as many parameters."""
    limits = {"fp32": (1.10, 1.05), "bf16": (1.15, 1.10)}
    return [
        Gate(f"TokenFormer/Transformer {precision}{compiled}",
             f"tokenformer {precision}{compiled}", f"transformer {precision}{compiled}", *bounds)
        for precision, bounds in limits.items()
    ]  # fmt: skip


def times_released(variant: str) -> Gate:
    """How many times the tokens of the released arithmetic in eager fp32."""
    return Gate(f"tokens/s: {variant}/released", "released fp32", variant, 1.6, 2.0, least=True)


def products() -> Action:
    """Square matrix products in float32: the machine's rate of multiplying, and adding."""
    import torch

    one = torch.ones(SQUARE, SQUARE)
    out = torch.empty(SQUARE, SQUARE)

    def run() -> None:
        for _ in range(PRODUCTS):
            torch.mm(one, one, out=out)

    return run


def step_flops() -> float:
    """FLOPs of one step: matrix products of a forward and a backward pass (docs/costs.md)."""
    from bench.training.models import training_flops
    from tokenformer import matched_pair

    pair = matched_pair(SIZES.vocabulary, SIZES.width, SIZES.layers, SIZES.heads)
    return float(SIZES.batch * training_flops(pair[0]).of(SIZES.length))


def product_flops() -> float:
    """FLOPs of one turn of `products`."""
    return 2.0 * SQUARE**3 * PRODUCTS

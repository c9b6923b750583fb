"""FLOPs of one sequence, item by item, in the conventions that the literature counts by.

Every item is a polynomial in the sequence length s, `linear`·s + `quadratic`·s², so that the cost
of a corpus follows exactly from Σs and Σs². A multiply-add is 2 FLOPs. `docs/costs.md` sets the
conventions side by side.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.costs.shape import Shape
from bench.errors import InputError

TRAINING = 3  # forward once, backward twice the forward
TRAINING_RECOMPUTED = 4  # with checkpointing the forward runs a second time


@dataclass(frozen=True)
class Flops:
    """FLOPs of a sequence of s tokens: linear·s + quadratic·s²."""

    linear: int
    quadratic: int = 0

    def of(self, length: int) -> int:
        """FLOPs of one sequence of `length` tokens, exactly."""
        return self.linear * length + self.quadratic * length * length

    def __add__(self, other: "Flops") -> "Flops":
        return Flops(self.linear + other.linear, self.quadratic + other.quadratic)

    def __mul__(self, times: int) -> "Flops":
        return Flops(self.linear * times, self.quadratic * times)


GROUPS = {
    "attention": ("scores", "softmax", "values"),
    "linear": ("embedding", "projections", "feed_forward"),
    "logits": ("logits",),
}
"""Which items make up the costs that the results name."""


def items(shape: Shape, convention: str = "exact") -> dict[str, Flops]:
    """Forward FLOPs of one sequence by item; items that a convention leaves out are absent.

    Items: embedding, projections, scores, softmax, values, feed_forward, logits. Raises
    InputError for an unknown convention, and where `narayanan` is asked of a shape that its
    formula does not describe.
    """
    if convention not in CONVENTIONS:
        raise InputError(f"unknown FLOP convention {convention!r}: use one of "
                         f"{', '.join(CONVENTIONS)}")  # fmt: skip
    return CONVENTIONS[convention](shape)


def forward(shape: Shape, convention: str = "exact") -> Flops:
    """Forward FLOPs of one sequence, all items together."""
    return total(items(shape, convention).values())


def training(shape: Shape, convention: str = "exact", *, recompute: bool = False) -> Flops:
    """FLOPs of a forward and a backward pass over one sequence."""
    return forward(shape, convention) * (TRAINING_RECOMPUTED if recompute else TRAINING)


def group(shape: Shape, name: str, convention: str = "exact") -> Flops | None:
    """Forward FLOPs of the items of a group, `attention`, `linear` or `logits`; None if absent."""
    counted = items(shape, convention)
    present = [counted[item] for item in GROUPS[name] if item in counted]
    return total(present) if present else None


def total(parts: Iterable[Flops]) -> Flops:
    """The sum of polynomials."""
    return sum(parts, start=Flops(0))


def matmul(shape: Shape) -> dict[str, Flops]:
    """Matrix products only, every pair of tokens: what a counter of matrix products sees."""
    return {
        "projections": Flops(2 * shape.projections),
        "scores": Flops(0, 2 * shape.layers * shape.score_width),
        "values": Flops(0, 2 * shape.layers * shape.value_width),
        "feed_forward": Flops(2 * shape.feed_forward_active),
        "logits": Flops(2 * shape.embedding),
    }


def exact(shape: Shape) -> dict[str, Flops]:
    """`matmul` with the s(s+1)/2 pairs that a causal model needs: the default in reports."""
    return {name: _causal(item) for name, item in matmul(shape).items()}


def chinchilla(shape: Shape) -> dict[str, Flops]:
    """Hoffmann et al. 2022, arXiv 2203.15556, appendix F: embedding and softmax count too."""
    softmax = 3 * shape.layers * shape.heads
    return {
        "embedding": Flops(2 * shape.embedding),
        "softmax": Flops(0, softmax),
        **matmul(shape),
    }


def palm(shape: Shape) -> dict[str, Flops]:
    """Chowdhery et al. 2022, arXiv 2204.02311, appendix B: 6N + 12·L·h·k·s a token to train.

    N is every parameter that a token meets (biases excepted): positions, norms and an untied
    embedding are counted as matrices, under `embedding`.
    """
    return {"embedding": Flops(2 * shape.look_ups), **matmul(shape)}


def kaplan(shape: Shape) -> dict[str, Flops]:
    """Kaplan et al. 2020, arXiv 2001.08361, table 1: 2N + 2·L·s·d a token forward, no logits."""
    counted = matmul(shape)
    del counted["logits"]
    for item in ("scores", "values"):
        counted[item] = Flops(0, counted[item].quadratic // 2)
    return counted


def narayanan(shape: Shape) -> dict[str, Flops]:
    """Narayanan et al. 2021, arXiv 2104.04473: 72·s·L·d²·(1 + s/6d + V/12Ld), no recompute.

    Only where a layer has 12·d² weights and its heads are as wide as the model.
    """
    square = shape.layers * shape.width**2
    if shape.body != 12 * square or shape.score_width != shape.width:
        raise InputError(f"model shape {shape.name!r}: the narayanan convention needs 12·width² "
                         "weights a layer: use exact or matmul")  # fmt: skip
    return matmul(shape)


def _causal(item: Flops) -> Flops:
    half = item.quadratic // 2
    return Flops(item.linear + half, half)


CONVENTIONS: dict[str, Callable[[Shape], dict[str, Flops]]] = {
    "exact": exact,
    "matmul": matmul,
    "chinchilla": chinchilla,
    "palm": palm,
    "kaplan": kaplan,
    "narayanan": narayanan,
}
"""Ways of counting; `exact` is the default."""

"""The vocabulary size that costs least: V* = argmin over V of t(V) · (6·N + 12·L·d·s + 6·d·V).

t(V) are the tokens per unit of held-out text in a vocabulary of size V, N the weights of the body,
L layers of width d, s the tokens of a full window: the FLOPs of training on a unit (6N as Kaplan et
al. 2020, attention as in PaLM, and the logits). A larger vocabulary makes the text shorter and
every token dearer. V* is one of the sizes that were trained; where it is the largest or the
smallest of them it is not identified, for nothing says that the next one would not cost less.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bench.claims.reasons import Reason
from bench.costs.shape import Shape
from bench.resampling import Floats
from bench.statistics import Estimate, estimates

_SIZED = re.compile(r"([a-z-]+?)-(\d+)-([a-z-]+)")
FEWEST = 3  # sizes: with two, one of them is always an end


@dataclass(frozen=True)
class Needed:
    """V* of a language for one shape, and over the reference's; `open_end` is why it is not known.

    `ratio` is None for the reference. Estimates without a bootstrap have no interval: the best of
    a few sizes jumps, and a jackknife of it means nothing.
    """

    language: str
    shape: str
    size: Estimate
    ratio: Estimate | None
    open_end: str | None
    largest: int | None = None  # set where V* is that, the smallest size where `open_end` says so
    smallest: int | None = None


def series(family: str) -> tuple[str, int] | None:
    """A family of a size and its siblings: `bpe-4096-per-language` -> ("bpe-*-per-language", 4096).

    None for a family whose name has no size.
    """
    found = _SIZED.fullmatch(family)
    return (f"{found[1]}-*-{found[3]}", int(found[2])) if found else None


def sizes_needed(
    tokens: Mapping[int, npt.NDArray[np.int64]],
    languages: Sequence[str],
    reference: str,
    shapes: Sequence[Shape],
    documents: npt.ArrayLike,
) -> list[Needed]:
    """V* for each language and shape, from token counts [units, languages] by vocabulary size.

    ValueError with fewer than three sizes.
    """
    if len(tokens) < FEWEST:
        raise ValueError(f"{len(tokens)} vocabulary sizes: a best one needs {FEWEST}")
    sizes = np.array(sorted(tokens))
    prices = np.array([[cost_of_token(shape, int(size)) for size in sizes] for shape in shapes])
    place = list(languages).index(reference)

    def statistic(totals: Floats) -> Floats:
        per_size = totals.reshape(len(totals), 1, len(sizes), len(languages))
        best = sizes[np.argmin(per_size * prices[None, :, :, None], axis=2)]  # [n, shapes, l]
        both = np.concatenate([best, best / best[:, :, [place]]], axis=2)
        return np.asarray(both.reshape(len(totals), -1), dtype=np.float64)

    columns = np.hstack([tokens[int(size)] for size in sizes])
    found = [_without_jackknife(one) for one in estimates(columns, documents, statistic)]
    width = 2 * len(languages)
    return [
        _needed(languages, place, column, shape.name, found[row * width : (row + 1) * width], sizes)
        for row, shape in enumerate(shapes)
        for column in range(len(languages))
    ]


def cost_of_token(shape: Shape, size: int) -> int:
    """Training FLOPs of a token in a full window of the shape over a vocabulary of `size`.

    Token-token attention is 6 FLOPs for each weight of scores and values and each token in sight,
    which is 12·L·d·s where the heads are as wide as the model.
    """
    attention = 6 * shape.layers * (shape.score_width + shape.value_width) * shape.context
    return 6 * shape.body_active + attention + 6 * shape.width * size


def _needed(
    languages: Sequence[str], reference: int, column: int, shape: str,
    found: Sequence[Estimate], sizes: npt.NDArray[np.int64],
) -> Needed:  # fmt: skip
    own, other = found[column], found[reference]
    ends = [_open_end(languages[column], own, sizes)]
    ratio = None
    if column != reference:
        ends.append(_open_end(languages[reference], other, sizes))
        ratio = found[len(languages) + column]
    reason = next(filter(None, ends), None)
    at = int(own.value)
    return Needed(
        languages[column], shape, own, ratio, reason,
        largest=at if at == sizes[-1] else None,
        smallest=at if at == sizes[0] else None,
    )  # fmt: skip


def _open_end(language: str, found: Estimate, sizes: npt.NDArray[np.int64]) -> str | None:
    for reason, size in ((Reason.LARGEST, sizes[-1]), (Reason.SMALLEST, sizes[0])):
        if found.value == size:
            return reason(language=language, size=int(size))
    return None


def _without_jackknife(estimate: Estimate) -> Estimate:
    if estimate.replicates is not None:
        return estimate
    return replace(estimate, method="none", log_se=None, df=math.inf)

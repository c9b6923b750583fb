"""Costs of a unit of meaning over the reference's, with their sampling distribution.

The ratios of `costs.csv` that claims are about, and one that needs two of its columns at once:
the attention ratio over the squared token premium. All of them are functions of the same document
totals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.costs.contexts import WINDOWS, Lengths, fits, moments
from bench.costs.flops import Flops, forward, group
from bench.costs.shape import Shape
from bench.resampling import Clusters, Floats, Statistic, cluster_sums
from bench.statistics import Estimate, estimates_of_sums, squares_estimates

ANY_MODEL = "any"


@dataclass(frozen=True)
class Ratio:
    """One statistic: a polynomial of the sequence length for each language, in a context.

    With `squared` the ratio is divided by the square of the token premium.
    """

    statistic: str
    model: str
    context: str
    window: int
    language: int
    flops: Flops
    over: Flops
    squared: bool = False

    def of(self, linear: Floats, quadratic: Floats, reference: int) -> Floats:
        """Its values from (T, X) per unit of meaning, both [n, languages]."""
        above = _cost(self.flops, linear, quadratic, self.language)
        ratio = above / _cost(self.over, linear, quadratic, reference)
        premium = linear[:, self.language] / linear[:, reference]
        return np.asarray(ratio / premium**2 if self.squared else ratio)


def cost_ratios(
    of: Lengths, shapes: Sequence[Shape], sizes: Sequence[int]
) -> list[tuple[Ratio, Estimate]]:
    """`attention_flops_ratio`, `attention_over_squared_premium`, `training_flops_ratio`.

    For each language but the reference and each context that the corpus and the shapes have;
    `sizes` are the languages' vocabulary sizes. Convention `exact`, in which attention is the same
    polynomial, up to a factor, for every shape: its rows are those of any model.
    """
    if not shapes:
        return []
    clusters = Clusters.of(of.documents)
    sums = cluster_sums(of.columns(), clusters)
    squared, plain = list(_attention(of, shapes)), list(_training(of, shapes, sizes))
    weights = np.stack([_weights(sums, of, ratio.context) for ratio in squared], axis=1)
    known = squares_estimates(sums, clusters, _statistic(squared, of), weights)
    known += estimates_of_sums(sums, clusters, _statistic(plain, of))
    return list(zip([*squared, *plain], known, strict=True))


def _statistic(wanted: Sequence[Ratio], of: Lengths) -> Statistic:
    def statistic(totals: Floats) -> Floats:
        known = {(r.context, r.window): moments(totals, of, r.context, r.window) for r in wanted}
        columns = (r.of(*known[r.context, r.window], of.reference) for r in wanted)
        return np.stack(list(columns), axis=1)

    return statistic


def _weights(sums: Floats, of: Lengths, context: str) -> Floats:
    """What each document weighs in attention: its squares, or its tokens in windows of tokens."""
    kind = {"unit": 1, "document": 2}.get(context, 0)
    return np.asarray(sums[:, kind * len(of.languages) + of.reference])


def _attention(of: Lengths, shapes: Sequence[Shape]) -> Iterator[Ratio]:
    widest = max(shapes, key=lambda shape: shape.context)
    flops = group(widest, "attention")
    assert flops is not None
    for context, window in _contexts(of, widest):
        for language in _others(of):
            about = (ANY_MODEL, context, window, language, flops, flops)
            yield Ratio("attention_flops_ratio", *about)
            yield Ratio("attention_over_squared_premium", *about, squared=True)


def _training(of: Lengths, shapes: Sequence[Shape], sizes: Sequence[int]) -> Iterator[Ratio]:
    for shape in shapes:
        costs = [forward(shape.with_vocabulary(size)) for size in sizes]
        for context, window in _contexts(of, shape):
            for language in _others(of):
                about = (shape.name, context, window, language)
                yield Ratio("training_flops_ratio", *about, costs[language], costs[of.reference])


def _contexts(of: Lengths, shape: Shape) -> Iterator[tuple[str, int]]:
    """Contexts with their windows; none that the longest unit does not fit into."""
    for context in of.contexts:
        if context not in WINDOWS:
            yield context, 0
        elif fits(of, shape.context):
            yield context, shape.context


def _others(of: Lengths) -> list[int]:
    return [place for place in range(len(of.languages)) if place != of.reference]


def _cost(flops: Flops, linear: Floats, quadratic: Floats, language: int) -> Floats:
    return np.asarray(flops.linear * linear[:, language] + flops.quadratic * quadratic[:, language])

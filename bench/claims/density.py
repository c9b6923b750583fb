"""Bits per token of one language over another's, for equally large vocabularies.

Bits are those of the trained models on held-out units, end of unit included; tokens are the
counts of the same units. Units are paired, and so are seeds: the ratio is the mean over seeds of
its logarithm, with the error of a training contrast (seeds and documents).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from bench.claims.reasons import Reason
from bench.resampling import Clusters, Floats, cluster_sums, jackknife
from bench.statistics import Estimate, seed_contrast


@dataclass(frozen=True)
class Scored:
    """A finished run in one language: bits of each held-out unit, and its tokens there."""

    language: str
    seed: int
    status: str
    bits: npt.NDArray[np.float64]  # [units]
    tokens: npt.NDArray[np.int64]  # [units]
    vocabulary_size: int


@dataclass(frozen=True)
class Density:
    """A contrast between two languages of one arm; `status` is ok, or what forbids a verdict."""

    language: str
    reference: str
    estimate: Estimate
    n_seeds: int
    status: str


def densities(runs: Sequence[Scored], documents: npt.ArrayLike) -> Iterator[Density]:
    """Every pair of languages of an arm, both ways. Nothing where a seed was run twice."""
    by: dict[str, dict[int, Scored]] = defaultdict(dict)
    for run in runs:
        by[run.language][run.seed] = run
    if sum(map(len, by.values())) != len(runs):
        return
    for language, reference in permutations(sorted(by), 2):
        seeds = sorted(by[language].keys() & by[reference].keys())
        pairs = [(by[language][seed], by[reference][seed]) for seed in seeds]
        if pairs:
            found = bits_per_token_ratio(pairs, documents)
            yield Density(language, reference, found, len(pairs), _status(pairs))


def bits_per_token_ratio(
    pairs: Sequence[tuple[Scored, Scored]], documents: npt.ArrayLike
) -> Estimate:
    """The ratio with its error; five seeds give an interval, fewer a point."""
    clusters = Clusters.of(documents)
    seeds = len(pairs)
    bits = [run.bits for run, _ in pairs] + [other.bits for _, other in pairs]
    columns = [*bits, *(run.tokens.astype(np.float64) for run in pairs[0])]
    sums = np.hstack([cluster_sums(column[:, None], clusters) for column in columns])

    def logs(totals: Floats) -> Floats:
        ratios = np.log(totals[:, :seeds] / totals[:, seeds : 2 * seeds])
        return np.asarray(ratios - np.log(totals[:, [-2]] / totals[:, [-1]]))

    def mean(totals: Floats) -> Floats:
        return np.asarray(logs(totals).mean(axis=1, keepdims=True))

    with np.errstate(divide="ignore", invalid="ignore"):
        error = float(jackknife(sums, mean)[0])
    counts = (clusters.k_eff, clusters.n_units, clusters.n_documents)
    return seed_contrast(logs(sums.sum(axis=0, keepdims=True))[0], error, *counts)


def _status(pairs: Sequence[tuple[Scored, Scored]]) -> str:
    runs = [run for pair in pairs for run in pair]
    sizes = {run.vocabulary_size for run in runs}
    if len(sizes) > 1:
        return Reason.OTHER_SIZES(values=" and ".join(map(str, sorted(sizes))))
    return next((run.status for run in runs if run.status != "ok"), "ok")

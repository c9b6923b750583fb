"""Intervals and tests for ratios of totals over documents.

By the effective number of documents (Kish, `k_eff`) an estimate carries a percentile bootstrap
(50 or more), a delete-one-document jackknife of its logarithm with a t quantile (10 to 50), or no
interval at all: percentile intervals over a dozen documents cover 0.89 where they promise 0.95.
How documents are resampled stands in `bench/resampling.py`.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bench.multiplicity import holm, holm_levels, largest
from bench.resampling import (
    GROUPS,
    Clusters,
    Floats,
    Statistic,
    bootstrap,
    cluster_sums,
    document_sums,
    grouped,
    jackknife,
    jackknife_moments,
    k_eff,
)

__all__ = [
    "Estimate",
    "Interval",
    "document_sums",
    "equivalence",
    "estimates",
    "estimates_of_sums",
    "holm",
    "holm_levels",
    "k_eff",
    "largest",
    "ratio_estimates",
    "ratios",
    "seed_contrast",
    "squares_estimates",
    "training_contrast",
]

BOOTSTRAP_FROM = 50.0
JACKKNIFE_FROM = 10.0
SEEDS_FOR_INTERVAL = 5


@dataclass(frozen=True)
class Interval:
    """A value with the interval that its documents allow; `low` and `high` are None with none."""

    value: float
    low: float | None
    high: float | None
    method: str
    k_eff: float
    n_units: int
    n_documents: int


@dataclass(frozen=True)
class Estimate:
    """A positive quantity with its sampling distribution, ready for intervals and tests.

    `replicates` are its bootstrap values; `log_se` and `df` the standard error of its logarithm
    and the degrees of freedom; with neither, there is no interval and every p-value is None. Where
    a few documents carry it, `k_weight` is their effective number, and `skew` the skewness of its
    logarithm over documents: tests of claims heed both.
    """

    value: float
    method: str
    k_eff: float
    n_units: int
    n_documents: int
    replicates: Floats | None = None
    log_se: float | None = None
    df: float = math.inf
    k_weight: float = math.inf
    skew: float = 0.0

    def interval(self, level: float = 0.95) -> Interval:
        """Two-sided interval at `level`: percentiles, or exp(log value ± t · se)."""
        low, high = self._ends(level)
        counts = (self.k_eff, self.n_units, self.n_documents)
        return Interval(self.value, low, high, self.method, *counts)

    def p_below(self, bound: float) -> float | None:
        """One-sided p-value of the null "not below `bound`"; small supports value < bound."""
        if self.replicates is not None:
            return _share(self.replicates >= bound)
        return None if self.log_se is None else self._t_tail(bound)

    def p_above(self, bound: float) -> float | None:
        """One-sided p-value of the null "not above `bound`"; small supports value > bound."""
        if self.replicates is not None:
            return _share(self.replicates <= bound)
        return None if self.log_se is None else self._t_tail(bound, sign=-1.0)

    def p_within(self, low: float, high: float) -> float | None:
        """Two one-sided tests (TOST): the larger p; small supports low < value < high."""
        return largest((self.p_above(low), self.p_below(high)))

    def _ends(self, level: float) -> tuple[float | None, float | None]:
        tail = (1.0 - level) / 2.0
        if self.replicates is not None:
            low, high = np.quantile(self.replicates, (tail, 1.0 - tail))
            return float(low), float(high)
        if self.log_se is None:
            return None, None
        reach = t_quantile(1.0 - tail, self.df) * self.log_se
        return self.value * math.exp(-reach), self.value * math.exp(reach)

    def _t_tail(self, bound: float, sign: float = 1.0) -> float:
        distance = sign * (math.log(self.value) - math.log(bound))
        if not self.log_se:
            return 0.0 if distance < 0.0 else 1.0
        return t_distribution(distance / self.log_se, self.df)


def ratios(
    numerators: npt.ArrayLike,
    denominators: npt.ArrayLike,
    documents: npt.ArrayLike,
    *,
    resamples: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> list[Interval]:
    """Ratio of totals with its interval, for each column of [units, columns].

    A mean per unit is a ratio over a column of ones. The resamples are the same for all columns,
    and for every call with as many documents and the same `resamples` and `seed`.
    """
    found = ratio_estimates(numerators, denominators, documents, resamples=resamples, seed=seed)
    return [estimate.interval(level) for estimate in found]


def ratio_estimates(
    numerators: npt.ArrayLike,
    denominators: npt.ArrayLike,
    documents: npt.ArrayLike,
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> list[Estimate]:
    """As `ratios`, but with the sampling distributions, for tests and for other levels."""
    above, below = np.asarray(numerators), np.asarray(denominators)
    if above.shape != below.shape or above.ndim != 2:
        raise ValueError(f"numerators {above.shape} and denominators {below.shape} must agree")
    columns = above.shape[1]
    return estimates(
        np.concatenate([above, below], axis=1),
        documents,
        lambda totals: totals[:, :columns] / totals[:, columns:],
        resamples=resamples,
        seed=seed,
    )


def estimates(
    matrix: npt.ArrayLike,
    documents: npt.ArrayLike,
    statistic: Statistic,
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> list[Estimate]:
    """Any statistic of column totals with its sampling distribution, by the K_eff rule.

    `matrix` is [units, columns]; `statistic` maps totals [n, columns] to values [n, values], row
    by row. A statistic that is not finite, or for the jackknife not positive, has no interval.
    """
    clusters = Clusters.of(documents)
    sums = cluster_sums(np.asarray(matrix), clusters)
    return estimates_of_sums(sums, clusters, statistic, resamples=resamples, seed=seed)


def estimates_of_sums(
    sums: Floats,
    clusters: Clusters,
    statistic: Statistic,
    *,
    resamples: int = 10_000,
    seed: int = 0,
) -> list[Estimate]:
    """As `estimates`, of sums [documents, columns] that `cluster_sums` has made."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = statistic(sums.sum(axis=0, keepdims=True))[0]
        if clusters.k_eff >= BOOTSTRAP_FROM:
            found = bootstrap(grouped(sums), statistic, resamples, seed)
            groups = f".g{GROUPS}" if len(sums) > GROUPS else ""
            method = f"percentile-{resamples}.s{seed}{groups}"
            pairs = zip(values, found, strict=True)
            return [_estimate(v, clusters, method, replicates=r) for v, r in pairs]
        errors = jackknife(sums, lambda totals: np.log(statistic(totals)))
    if clusters.k_eff < JACKKNIFE_FROM:
        errors = np.full(len(values), math.nan)
    pairs = zip(values, errors, strict=True)
    return [_estimate(v, clusters, "jackknife-t", log_se=e) for v, e in pairs]


def squares_estimates(
    sums: Floats, clusters: Clusters, statistic: Statistic, weights: Floats
) -> list[Estimate]:
    """Statistics that go with squares of lengths: a jackknife's error, its skewness, `k_weight`.

    `weights` [documents, values] is what each document weighs in each value. Few long documents
    carry such a statistic, and a bootstrap over them is too narrow whatever K_eff is.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        values = statistic(sums.sum(axis=0, keepdims=True))[0]
        errors, skews = jackknife_moments(sums, lambda totals: np.log(statistic(totals)))
        counts = weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)
    if clusters.k_eff < JACKKNIFE_FROM:
        errors = np.full(len(values), math.nan)
    return [
        replace(
            _estimate(value, clusters, "jackknife-t", log_se=error),
            k_weight=float(count),
            skew=float(skew) if math.isfinite(skew) else 0.0,
        )
        for value, error, skew, count in zip(values, errors, skews, counts, strict=True)
    ]


def equivalence(estimate: Estimate, margin: float = math.log(1.05)) -> float | None:
    """P-value of "equal to within ± margin on the log ratio": two one-sided tests, the larger."""
    return estimate.p_within(math.exp(-margin), math.exp(margin))


def training_contrast(
    numerators: npt.ArrayLike, denominators: npt.ArrayLike, documents: npt.ArrayLike
) -> Estimate:
    """Ratio of two arms' totals [units, seeds], seeds paired: exp of the mean log ratio.

    Its variance is that of the seeds and that of the documents, see `seed_contrast`.
    """
    clusters = Clusters.of(documents)
    above, below = (cluster_sums(np.asarray(side), clusters) for side in (numerators, denominators))
    seeds = above.shape[1]

    def mean_log_ratio(totals: Floats) -> Floats:
        logs = np.log(totals[:, :seeds] / totals[:, seeds:])
        return np.asarray(logs.mean(axis=1, keepdims=True))

    with np.errstate(divide="ignore", invalid="ignore"):
        error = jackknife(np.concatenate([above, below], axis=1), mean_log_ratio)[0]
        logs = np.log(above.sum(axis=0) / below.sum(axis=0))
    counts = (clusters.k_eff, clusters.n_units, clusters.n_documents)
    return seed_contrast(logs, float(error), *counts)


def seed_contrast(
    log_ratios: npt.ArrayLike,
    documents_se: float = 0.0,
    k_eff: float = math.inf,
    n_units: int = 0,
    n_documents: int = 0,
) -> Estimate:
    """Mean over seeds of a log ratio, se² = s²_seed / S + se²_documents, Satterthwaite's df.

    df = se⁴ / [(s²_seed / S)² / (S - 1) + se⁴_documents / (K_eff - 1)]. Fewer than five seeds, or
    a K_eff below 10, give the point alone.
    """
    logs = np.asarray(log_ratios, dtype=np.float64)
    value, seeds = math.exp(float(logs.mean())), len(logs)
    if (
        seeds < SEEDS_FOR_INTERVAL
        or k_eff < JACKKNIFE_FROM
        or not math.isfinite(value * documents_se)
    ):
        return Estimate(value, "none", k_eff, n_units, n_documents)
    of_seeds, of_documents = float(logs.var(ddof=1)) / seeds, documents_se**2
    spread = of_seeds**2 / (seeds - 1) + of_documents**2 / (k_eff - 1.0)
    variance = of_seeds + of_documents
    df = variance**2 / spread if spread > 0.0 else math.inf
    counts = (k_eff, n_units, n_documents)
    return Estimate(value, "satterthwaite-t", *counts, log_se=math.sqrt(variance), df=df)


def t_quantile(p: float, df: float) -> float:
    """Quantile of Student's t."""
    from scipy.special import ndtri, stdtrit

    return float(ndtri(p) if math.isinf(df) else stdtrit(df, p))


def t_distribution(x: float, df: float) -> float:
    """Distribution function of Student's t."""
    from scipy.special import ndtr, stdtr

    return float(ndtr(x) if math.isinf(df) else stdtr(df, x))


def _estimate(
    value: float,
    clusters: Clusters,
    method: str,
    *,
    replicates: Floats | None = None,
    log_se: float | None = None,
) -> Estimate:
    counts = (clusters.k_eff, clusters.n_units, clusters.n_documents)
    if replicates is not None and np.isfinite(replicates).all():
        return Estimate(float(value), method, *counts, replicates=replicates)
    if log_se is not None and math.isfinite(log_se) and value > 0.0:
        df = clusters.k_eff - 1.0
        return Estimate(float(value), method, *counts, log_se=float(log_se), df=df)
    return Estimate(float(value), "none", *counts)


def _share(at_least_as_far: npt.NDArray[np.bool_]) -> float:
    return float(1 + np.count_nonzero(at_least_as_far)) / float(1 + len(at_least_as_far))

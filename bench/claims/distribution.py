"""The sampling distribution of a statistic, small enough to stand in a row of `evidence.csv`.

A claim needs p-values at its own bound and an interval at its own Holm-adjusted level, which the
95% interval of a result row cannot give. A t estimate is its standard error and its degrees of
freedom. A bootstrap is kept as the quantiles of its replicates at fixed probabilities, dense in
the tails; between two of them the normal score of the probability is linear in the logarithm of
the value. A claim can so be tested years later, at another bound, without the texts.

A test has at most K_eff / 2 + 2 degrees of freedom. K_eff counts documents by their units; what
they contribute to an error is less even, for their units are not equally long and their ratios
vary. With K_eff - 1 one-sided tests rejected in up to 6.4% instead of 5%, families in 6.6%. The
factor was chosen by simulation (docs/claims.md) and is not derived.

Squares of lengths lie in fewer documents still. `k_weight`, their effective number by what they
weigh, takes the place of a larger K_eff, and a test has to hold with and without a correction for
skewness. Below `documents_needed` there is none: it did not keep its level there.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from bench.multiplicity import largest
from bench.schema import QUANTILES
from bench.statistics import Estimate, t_distribution, t_quantile

COLUMNS = tuple(f"q{p:04d}" for p in QUANTILES)
"""Columns of the quantiles: `q0250` is the value below which 2.5% of the replicates lie."""

_PROBABILITIES = tuple(p / 10_000 for p in QUANTILES)
_COUNTS = ("k_eff", "k_weight")
SKEW_FACTOR = 1.5  # a skewness estimated from few documents is too small
FLOOR = _PROBABILITIES[0]  # no p-value is smaller, no interval reaches further


def documents_needed(statistic: str, context: str) -> float:
    """Documents by weight, `k_weight`, from which a statistic is tested. Chosen by simulation.

    20 for squares of units, 35 for squares of documents and for the attention ratio over the
    squared premium, else 10, from which there is an interval at all.
    """
    if context == "document":
        return 35.0
    if context == "unit":
        return {"attention_flops_ratio": 20.0, "attention_over_squared_premium": 35.0}.get(
            statistic, 10.0
        )
    return 10.0


@dataclass(frozen=True)
class Distribution:
    """A positive statistic with what is known of its sampling error.

    Of statistics of squares, `k_weight` is the effective number of documents by what they weigh,
    of which there are too few below `needed`, and `skew` the skewness of the logarithm.

    With `quantiles` (at `schema.QUANTILES`) or with `log_se` and its `df`; with neither there is no
    test and every p-value is None. A bootstrap is too narrow and takes its error as known: its
    probabilities are widened to those of t ("expanded percentile", Hesterberg 2015), with the
    degrees of freedom of a test and a variance 1 + 4 / K_eff times larger. Of equal documents it
    would be 1 + 1 / K_eff; in the simulation, a jackknife's is 1 + 3 to 1 + 8 / K_eff times it.
    """

    value: float
    quantiles: tuple[float, ...] = ()
    log_se: float | None = None
    df: float = math.inf
    k_eff: float = math.inf
    k_weight: float = math.inf
    skew: float = 0.0
    needed: float = 0.0

    @classmethod
    def of(cls, estimate: Estimate) -> "Distribution":
        """Reduce an estimate."""
        quantiles: tuple[float, ...] = ()
        if estimate.replicates is not None:
            quantiles = tuple(np.quantile(estimate.replicates, _PROBABILITIES).tolist())
        rest = (estimate.log_se, estimate.df, estimate.k_eff, estimate.k_weight, estimate.skew)
        return cls(estimate.value, quantiles, *rest)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Distribution | None":
        """Read what `columns` wrote; None where the row has no value above zero.

        An error that cannot be one, as a quantile of zero, is none.
        """
        if row["value"] is None or row["value"] <= 0.0:
            return None
        quantiles = tuple(row[name] for name in COLUMNS if row.get(name) is not None)
        names = ("df", *_COUNTS)
        df, *counts = (math.inf if row.get(name) is None else row[name] for name in names)
        needed = documents_needed(row["statistic"], row["context"])
        rest = (*counts, row.get("skew") or 0.0, needed)
        if min(df, *counts) <= 0.0:
            return cls(row["value"])
        if len(quantiles) == len(COLUMNS):
            known = quantiles if min(quantiles) > 0.0 else ()
            return cls(row["value"], known, None, math.inf, *rest)
        error = row["log_se"]
        return cls(row["value"], (), None if error is None or error < 0.0 else error, df, *rest)

    def columns(self) -> dict[str, float | None]:
        """The columns of a row: the value and its error, of squares `k_weight` and `skew` too."""
        df = self.df if self.log_se is not None and math.isfinite(self.df) else None
        quantiles: dict[str, float | None] = dict(zip(COLUMNS, self.quantiles, strict=False))
        found = {"value": self.value, "log_se": self.log_se, "df": df, **quantiles}
        squares = {"k_weight": self.k_weight, "skew": self.skew}
        return {**found, **(squares if math.isfinite(self.k_weight) else {})}

    @property
    def tested(self) -> bool:
        """Whether it has a sampling error that is known well enough for tests and intervals."""
        known = bool(self.quantiles) or self.log_se is not None
        return known and self.k_weight >= self.needed

    @property
    def spread(self) -> float | None:
        """Standard error of the value's logarithm; of a bootstrap, half its central 95% by z."""
        if not self.quantiles:
            return self.log_se
        low, high = self._at(0.025), self._at(0.975)
        return math.log(high / low) / (2 * t_quantile(0.975, math.inf)) if low > 0 else None

    @property
    def test_df(self) -> float:
        """Degrees of freedom of tests and intervals: never more than K / 2 + 2."""
        return min(self.df, self._documents / 2.0 + 2.0)

    def inverted(self) -> "Distribution":
        """The distribution of one over the statistic."""
        quantiles = tuple(1.0 / value for value in reversed(self.quantiles))
        return replace(self, value=1.0 / self.value, quantiles=quantiles, skew=-self.skew)

    def over(self, other: "Distribution") -> "Distribution":
        """The quotient, with the sum of both errors: an upper bound, however they go together.

        Without a skewness: that of a quotient is not known from those of its parts.
        """
        mine, theirs = self.spread, other.spread
        error = None if mine is None or theirs is None else mine + theirs
        df, k_eff, k_weight = (
            min(getattr(self, one), getattr(other, one)) for one in ("df", *_COUNTS)
        )
        needed = max(self.needed, other.needed)
        return Distribution(self.value / other.value, (), error, df, k_eff, k_weight, 0.0, needed)

    def p_below(self, bound: float) -> float | None:
        """One-sided p-value of the null "not below `bound`"; small supports value < bound."""
        if not self.tested:
            return None
        if self.quantiles:
            return self._widened(max(FLOOR, 1.0 - self._share(bound, upper=False)))
        return self._t_tail(bound)

    def p_above(self, bound: float) -> float | None:
        """One-sided p-value of the null "not above `bound`"; small supports value > bound."""
        if not self.tested:
            return None
        if self.quantiles:
            return self._widened(max(FLOOR, self._share(bound, upper=True)))
        return self._t_tail(bound, sign=-1.0)

    def p_within(self, low: float, high: float) -> float | None:
        """Two one-sided tests (TOST): the larger p; small supports low < value < high."""
        return largest((self.p_above(low), self.p_below(high)))

    def p_outside(self, low: float, high: float) -> float | None:
        """The reverse: small supports value < low or value > high. Twice the smaller p."""
        below, above = self.p_below(low), self.p_above(high)
        return None if below is None or above is None else min(1.0, 2 * min(below, above))

    def interval(self, level: float) -> tuple[float, float] | None:
        """Two-sided interval; of a bootstrap never wider than its outermost quantiles."""
        if not self.tested:
            return None
        tail = (1.0 - level) / 2.0
        if self.quantiles:
            outer = _tail(t_quantile(tail, self.test_df) * self._factor)
            return self._at(outer), self._at(1.0 - outer)
        assert self.log_se is not None
        reach = t_quantile(1.0 - tail, self.test_df)
        down, up = max(reach, self._unskewed(reach)), max(reach, -self._unskewed(-reach))
        return (
            self.value * math.exp(-down * self.log_se),
            self.value * math.exp(up * self.log_se),
        )

    @property
    def _documents(self) -> float:
        """How many equal documents they amount to, by units and by weight."""
        return min(self.k_eff, self.k_weight)

    @property
    def _factor(self) -> float:
        """What a bootstrap's spread is too small by."""
        return math.sqrt(1.0 + 4.0 / self._documents)

    def _widened(self, p: float) -> float:
        """A bootstrap's p-value as that of t; a p of 1 stays one."""
        return p if p >= 1.0 else t_distribution(_score(p) / self._factor, self.test_df)

    def _t_tail(self, bound: float, sign: float = 1.0) -> float:
        distance = sign * (math.log(self.value) - math.log(bound))
        if not self.log_se:
            return 0.0 if distance < 0.0 else 1.0
        plain = distance / self.log_se
        corrected = sign * self._skewed(sign * plain)
        return t_distribution(max(plain, corrected), self.test_df)

    def _skewed(self, t: float) -> float:
        """Hall's transformation (1992) of t for the skewness of the statistic; monotone."""
        s = SKEW_FACTOR * self.skew
        return t + s * t**2 / 3.0 + s**2 * t**3 / 27.0 + s / 6.0

    def _unskewed(self, t: float) -> float:
        """What `_skewed` makes t of."""
        s = SKEW_FACTOR * self.skew
        if abs(s) < 1e-6:
            return t
        return float(np.cbrt(1.0 + s * (t - s / 6.0)) - 1.0) * 3.0 / s

    def _share(self, bound: float, upper: bool) -> float:
        """Share of the replicates below the bound, and with `upper` those equal to it.

        Of a statistic with few values (a best vocabulary size) the end of the step that is on the
        cautious side.
        """
        left, right = bisect_left(self.quantiles, bound), bisect_right(self.quantiles, bound)
        place = right if upper else left
        if place == 0:
            return 0.0 if not upper or self._smooth else FLOOR
        if place == len(self.quantiles):
            return 1.0
        if self._smooth:
            return self._interpolated(place, bound)
        return _PROBABILITIES[place] if upper else _PROBABILITIES[place - 1]

    def _interpolated(self, place: int, bound: float) -> float:
        low, high = self.quantiles[place - 1], self.quantiles[place]
        share = math.log(bound / low) / math.log(high / low)
        ends = (_score(_PROBABILITIES[place - 1]), _score(_PROBABILITIES[place]))
        return _tail(ends[0] + share * (ends[1] - ends[0]))

    def _at(self, probability: float) -> float:
        """The quantile at a probability."""
        inside = min(max(probability, FLOOR), 1.0 - FLOOR)
        place = min(max(1, bisect_left(_PROBABILITIES, inside)), len(_PROBABILITIES) - 1)
        low, high = self.quantiles[place - 1], self.quantiles[place]
        ends = (_score(_PROBABILITIES[place - 1]), _score(_PROBABILITIES[place]))
        share = (_score(inside) - ends[0]) / (ends[1] - ends[0])
        return float(low * (high / low) ** share)

    @property
    def _smooth(self) -> bool:
        """Whether no two quantiles are equal: the statistic is as good as continuous."""
        return all(low < high for low, high in pairwise(self.quantiles))


def _score(probability: float) -> float:
    return t_quantile(probability, math.inf)


def _tail(score: float) -> float:
    return t_distribution(score, math.inf)

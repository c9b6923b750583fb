"""What would settle an inconclusive verdict, if the value stayed where it is: data, or seeds.

A one-sided test at level a finds a true distance d from the bound with a probability of 80% if the
standard error of the logarithm is d / (z(1 - a) + z(0.8)). Errors over documents fall with the root
of their effective number, those over seeds with the root of the seeds.
"""

import math
from typing import NamedTuple

from bench.claims.facts import Fact
from bench.claims.reasons import Reason
from bench.claims.settings import Found
from bench.statistics import SEEDS_FOR_INTERVAL, t_quantile

POWER = 0.8
SENSIBLE = 1000.0  # beyond so many times the data, say that nothing settles it


class Shares(NamedTuple):
    """Variance of a contrast by where it comes from."""

    seeds: float
    documents: float


def settled_by(found: Found, level: float) -> str:
    """In words: how many documents or seeds, or why none."""
    fact = found.fact
    assert fact.distribution is not None
    spread, distance = fact.distribution.spread, distance_to_bound(found)
    if fact.statistic.startswith("vocabulary_needed"):
        return Reason.NO_SAMPLE_SIZE()
    if not spread:
        return Reason.NO_SPREAD(statistic=fact.name)
    wanted = (distance / (t_quantile(1.0 - level, math.inf) + t_quantile(POWER, math.inf))) ** 2
    if wanted * SENSIBLE < spread**2:
        return Reason.AT_THE_BOUND(statistic=fact.name, value=f"{fact.distribution.value:.4g}")
    if fact.n_seeds is None:
        return _documents(fact, max(1.1, spread**2 / wanted))
    return _seeds(fact, shares(fact), wanted)


def distance_to_bound(found: Found) -> float:
    """How far the value is, on the log scale, from the nearest bound."""
    assert found.fact.distribution is not None
    value = math.log(found.fact.distribution.value)
    low, high = found.part.bounds
    return min(abs(value - math.log(bound)) for bound in (low, high) if bound is not None)


def shares(fact: Fact) -> Shares:
    """Take a contrast's error apart again: from se and Satterthwaite's df to seeds and documents.

    With a the seeds' part, a²/(S - 1) + (v - a)²/(K - 1) = v²/df; of its two roots the larger.
    """
    assert fact.distribution is not None and fact.distribution.log_se is not None
    variance, df = fact.distribution.log_se**2, fact.distribution.df
    seeds, documents = max(1, (fact.n_seeds or 2) - 1), max(1.0, (fact.k_eff or math.inf) - 1)
    if math.isinf(documents) or math.isinf(df):
        return Shares(variance, 0.0)
    square, linear = 1 / seeds + 1 / documents, -2 * variance / documents
    constant = variance**2 / documents - variance**2 / df
    root = math.sqrt(max(0.0, linear**2 - 4 * square * constant))
    of_seeds = min(variance, max(0.0, (-linear + root) / (2 * square)))
    return Shares(of_seeds, variance - of_seeds)


def _documents(fact: Fact, factor: float) -> str:
    if fact.k_eff is None:
        return Reason.MORE_DOCUMENTS(times=_times(factor))
    wanted, have = (f"{one:,.0f}" for one in (factor * fact.k_eff, fact.k_eff))
    return Reason.MORE_K_EFF(times=_times(factor), wanted=wanted, have=have)


def _seeds(fact: Fact, known: Shares, wanted: float) -> str:
    have = fact.n_seeds or 0
    if known.documents < wanted:
        needed = math.ceil(have * known.seeds / (wanted - known.documents))
        needed = max(needed, have + 1, SEEDS_FOR_INTERVAL)
        if needed <= 10 * have:
            return Reason.MORE_SEEDS(wanted=needed, have=have)
    factor = (known.seeds + known.documents) / wanted
    return Reason.MORE_OF_BOTH(times=_times(max(1.1, factor)), have=have)


def _times(factor: float) -> str:
    return f"{factor:.1f}" if factor < 10 else f"{factor:,.0f}"

"""Holm, conjunctions, and contrasts between training runs."""

import math

import numpy as np
import pytest
from scipy import stats

from bench.statistics import holm, holm_levels, largest, seed_contrast, training_contrast


def test_holm_as_r_does_it() -> None:
    """`p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")` in R."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_leaves_out_what_was_not_tested() -> None:
    assert holm([None, 0.02, None, 0.03]) == pytest.approx([None, 0.04, None, 0.04])
    assert holm_levels([None, 0.02, 0.01]) == pytest.approx([None, 0.05, 0.025])


def test_a_conjunction_is_as_weak_as_its_weakest_part() -> None:
    assert largest([0.01, 0.2]) == 0.2
    assert largest([0.01, None]) is None
    assert largest([]) is None


def test_seeds_alone_give_the_t_interval_of_their_mean() -> None:
    logs = [0.01, 0.05, -0.02, 0.03, 0.04]
    found = seed_contrast(logs)
    expected = stats.t.interval(0.95, 4, np.mean(logs), stats.sem(logs))
    interval = found.interval()
    assert (math.log(interval.low), math.log(interval.high)) == pytest.approx(expected, rel=1e-9)
    assert found.method == "satterthwaite-t"


def test_documents_alone_give_the_degrees_of_freedom_of_documents() -> None:
    found = seed_contrast([0.1] * 5, documents_se=0.03, k_eff=21.0)
    assert (found.log_se, found.df) == (pytest.approx(0.03), pytest.approx(20.0))


def test_satterthwaite_by_hand() -> None:
    logs = [0.01, 0.05, -0.02, 0.03, 0.04]
    found = seed_contrast(logs, documents_se=0.02, k_eff=17.0)
    seeds, documents = np.var(logs, ddof=1) / 5, 0.02**2
    assert found.log_se == pytest.approx(math.sqrt(seeds + documents))
    assert found.df == pytest.approx((seeds + documents) ** 2 / (seeds**2 / 4 + documents**2 / 16))


@pytest.mark.parametrize(("seeds", "documents"), [(3, 40), (5, 6)])
def test_too_few_seeds_or_documents_give_points_only(seeds: int, documents: int) -> None:
    totals = np.random.default_rng(0).lognormal(3, 0.3, (documents, seeds))
    found = training_contrast(totals, totals * 2, np.arange(documents))
    assert (found.value, found.method) == (pytest.approx(0.5), "none")
    assert found.p_below(1.0) is None


def test_training_contrasts_cover() -> None:
    """Five seeds, 20 documents: 0.94 to 0.95; a bootstrap of five seeds gives 0.85."""
    rng, hits = np.random.default_rng(3), 0
    for _ in range(400):
        below = rng.lognormal(4.0, 0.3, (20, 1)) * np.ones((1, 5))
        documents, seeds = rng.normal(0, 0.05, (20, 1)), rng.normal(0, 0.02, (1, 5))
        interval = training_contrast(
            below * np.exp(documents + seeds), below, np.arange(20)
        ).interval()
        hits += interval.low <= 1.0 <= interval.high
    assert 0.92 <= hits / 400 <= 0.98

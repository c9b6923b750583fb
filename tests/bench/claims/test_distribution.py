import math

import numpy as np
import pytest
from scipy import stats

from bench.claims.distribution import COLUMNS, Distribution
from bench.statistics import Estimate


def normal(k_eff, sd=0.02):
    """The replicates of a log-normal statistic around 1.2, without noise of their own."""
    scores = stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    replicates = 1.2 * np.exp(sd * scores)
    return Distribution.of(Estimate(1.2, "percentile", k_eff, 0, 0, replicates=replicates))


@pytest.mark.parametrize("k_eff", [51.0, 65.0, 500.0])
def test_a_bootstrap_of_few_documents_is_tested_as_t(k_eff):
    """With half of its documents for degrees of freedom, and a variance larger by 4 / K_eff."""
    df = k_eff / 2 + 2
    found, error = normal(k_eff), 0.02 * math.sqrt(1 + 4 / k_eff)
    for bound in (1.15, 1.17, 1.19, 1.22, 1.25):
        t = (math.log(1.2) - math.log(bound)) / error
        assert found.p_below(bound) == pytest.approx(stats.t.cdf(t, df), rel=0.02)
        assert found.p_above(bound) == pytest.approx(stats.t.sf(t, df), rel=0.02)
    low, high = found.interval(0.95)
    reach = stats.t.ppf(0.975, df) * error
    assert math.log(high / 1.2) == pytest.approx(reach, rel=0.01)
    assert math.log(1.2 / low) == pytest.approx(reach, rel=0.01)


def test_a_jackknife_is_tested_with_half_of_its_documents_and_published_with_all():
    estimate = Estimate(1.2, "jackknife-t", 20.0, 0, 0, log_se=0.02, df=19.0)
    found = Distribution.of(estimate)
    assert found.columns()["df"] == 19.0
    assert found.p_above(1.15) == pytest.approx(stats.t.sf(math.log(1.2 / 1.15) / 0.02, 12.0))
    assert found.p_above(1.15) > estimate.p_above(1.15)
    assert math.log(found.interval(0.9)[1] / 1.2) == pytest.approx(0.02 * stats.t.ppf(0.95, 12.0))


def test_fewer_degrees_of_freedom_than_that_stay():
    """As many as a contrast over five seeds has."""
    found = Distribution(1.2, (), 0.02, df=4.5, k_eff=20.0)
    assert found.p_below(1.22) == pytest.approx(stats.t.cdf(math.log(1.2 / 1.22) / 0.02, 4.5))


def test_squares_are_tested_by_the_documents_that_they_lie_in():
    found = Distribution(1.2, (), 0.02, k_eff=552.0, k_weight=60.0)
    assert found.p_below(1.22) == pytest.approx(stats.t.cdf(math.log(1.2 / 1.22) / 0.02, 32.0))
    few = Distribution.from_row({**dict.fromkeys(COLUMNS), **found.columns(), "k_weight": 49.9,
                                 "k_eff": 552.0})  # fmt: skip
    assert few is not None and few.value == 1.2 and not few.tested
    assert few.p_below(9.0) is few.p_above(0.1) is few.interval(0.95) is None
    assert not found.over(few).tested and not few.inverted().tested


def test_it_comes_back_from_its_row():
    found = normal(65.0)
    row = {**dict.fromkeys(COLUMNS), **found.columns(), "k_eff": 65.0}
    again = Distribution.from_row(row)
    assert again.p_below(1.22) == pytest.approx(found.p_below(1.22))
    assert again.interval(0.99) == pytest.approx(found.interval(0.99))


def test_a_statistic_of_few_values_is_cautious_at_a_step():
    replicates = np.array([1.0] * 400 + [2.0] * 9600)
    found = Distribution.of(Estimate(2.0, "percentile", 1e6, 0, 0, replicates=replicates))
    assert found.p_above(1.0) >= 0.04 * 0.99  # 4% of the replicates are not above 1
    assert found.p_above(0.5) <= 0.001 and found.p_below(3.0) <= 0.001
    assert found.p_below(2.0) > 0.5

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


def of_row(found, statistic="attention_flops_ratio", context="unit"):
    row = {**dict.fromkeys(COLUMNS), "k_eff": found.k_eff, **found.columns()}
    return Distribution.from_row({**row, "statistic": statistic, "context": context})


def test_squares_are_tested_by_the_documents_that_they_lie_in():
    found = of_row(Distribution(1.2, (), 0.02, k_eff=552.0, k_weight=26.0))
    assert found.p_below(1.22) == pytest.approx(stats.t.cdf(math.log(1.2 / 1.22) / 0.02, 15.0))
    assert of_row(found, context="window").tested
    for few in (of_row(found, context="document"), of_row(found, "attention_over_squared_premium")):
        assert few.value == 1.2 and not few.tested
        assert few.p_below(9.0) is few.p_above(0.1) is few.interval(0.95) is None
        assert not found.over(few).tested and not few.inverted().tested


@pytest.mark.parametrize("skew", [-0.3, 0.3])
def test_skewness_makes_a_test_more_careful_and_never_less(skew):
    """Hall's t, by hand: t + s·t²/3 + s²·t³/27 + s/6 with s = 1.5 skew."""
    found = Distribution(1.2, (), 0.02, k_eff=40.0, k_weight=40.0, skew=skew)
    plain = Distribution(1.2, (), 0.02, k_eff=40.0)
    t, s = math.log(1.2 / 1.25) / 0.02, 1.5 * skew
    hall = t + s * t**2 / 3 + s**2 * t**3 / 27 + s / 6
    assert found.p_below(1.25) == pytest.approx(stats.t.cdf(max(t, hall), 22.0))
    for bound in (1.1, 1.15, 1.19, 1.21, 1.25, 1.3):
        assert found.p_below(bound) >= plain.p_below(bound)
        assert found.p_above(bound) >= plain.p_above(bound)
        mirrored = found.inverted()
        assert mirrored.p_above(1 / bound) == pytest.approx(found.p_below(bound))
    (low, high), (inner, outer) = found.interval(0.9), plain.interval(0.9)
    assert low <= inner and high >= outer and (low, high) != (inner, outer)
    assert found.p_above(low) == pytest.approx(0.05) and found.p_below(high) == pytest.approx(0.05)


def test_it_comes_back_from_its_row():
    found = normal(65.0)
    again = of_row(found, "token_premium", "none")
    assert again.p_below(1.22) == pytest.approx(found.p_below(1.22))
    assert again.interval(0.99) == pytest.approx(found.interval(0.99))


def test_a_statistic_of_few_values_is_cautious_at_a_step():
    replicates = np.array([1.0] * 400 + [2.0] * 9600)
    found = Distribution.of(Estimate(2.0, "percentile", 1e6, 0, 0, replicates=replicates))
    assert found.p_above(1.0) >= 0.04 * 0.99  # 4% of the replicates are not above 1
    assert found.p_above(0.5) <= 0.001 and found.p_below(3.0) <= 0.001
    assert found.p_below(2.0) > 0.5

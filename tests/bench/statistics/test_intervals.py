"""Which interval, its arithmetic, and whether it covers what it promises."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from bench.resampling import bootstrap
from bench.statistics import (
    Estimate,
    equivalence,
    estimates,
    ratio_estimates,
    ratios,
)


def simulated(documents: int, columns: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Document totals whose ratio of expectations is 1, spread as token premiums are."""
    rng = np.random.default_rng(seed)
    below = rng.lognormal(5.0, 0.5, (documents, columns))
    return below * rng.lognormal(-0.02, 0.2, (documents, columns)), below


def covered(low: np.ndarray, high: np.ndarray) -> float:
    return float(np.mean((low <= 1.0) & (high >= 1.0)))


@pytest.mark.parametrize(
    ("documents", "method"),
    [(9, "none"), (10, "jackknife-t"), (49, "jackknife-t"), (50, "percentile-200.s0")],
)
def test_the_number_of_documents_chooses_the_interval(documents: int, method: str) -> None:
    above, below = simulated(documents, 1)
    (found,) = ratios(above, below, np.arange(documents), resamples=200)
    assert found.method == method
    assert (found.low is None) == (found.high is None) == (method == "none")
    assert found.k_eff == pytest.approx(documents)


def test_few_documents_cover_with_the_jackknife_and_not_with_percentiles() -> None:
    """13 documents: 0.95 and 0.89 in the simulation that the rule rests on."""
    above, below = simulated(13, 2_000)
    found = ratios(above, below, np.arange(13))
    ends = np.array([(interval.low, interval.high) for interval in found])
    assert 0.935 <= covered(ends[:, 0], ends[:, 1]) <= 0.965
    totals = np.concatenate([above, below], axis=1)
    replicates = bootstrap(totals, lambda t: t[:, :2_000] / t[:, 2_000:], 1_000, 0)
    low, high = np.quantile(replicates, (0.025, 0.975), axis=1)
    assert covered(low, high) < 0.92


def test_many_documents_cover_with_percentiles() -> None:
    above, below = simulated(120, 1_000)
    found = ratios(above, below, np.arange(120), resamples=1_000)
    ends = np.array([(interval.low, interval.high) for interval in found])
    assert 0.93 <= covered(ends[:, 0], ends[:, 1]) <= 0.97


def test_jackknife_by_hand() -> None:
    above, below = simulated(12, 1)
    (found,) = ratios(above, below, np.arange(12))
    kept = [np.delete(np.arange(12), k) for k in range(12)]
    left = [math.log(above[k].sum() / below[k].sum()) for k in kept]
    error = math.sqrt(11 / 12 * sum((x - np.mean(left)) ** 2 for x in left))
    reach = math.exp(stats.t.ppf(0.975, 11) * error)
    assert found.low == pytest.approx(found.value / reach, rel=1e-9)
    assert found.high == pytest.approx(found.value * reach, rel=1e-9)


def test_pairing_gives_a_narrower_interval_than_the_spread_of_one_side() -> None:
    above, below = simulated(200, 1)
    paired, own = ratios(
        np.hstack([above, above]), np.hstack([below, np.ones((200, 1))]), np.arange(200)
    )
    assert paired.high / paired.low < own.high / own.low


def test_a_mean_is_a_ratio_over_ones() -> None:
    (found,) = ratios([[1], [2], [6]], [[1], [1], [1]], [0, 1, 2])
    assert found.value == 3.0


def test_nothing_counted_in_some_resample_leaves_no_interval() -> None:
    above, below = np.ones((60, 1)), np.zeros((60, 1))
    below[0] = 1
    (found,) = ratios(above, below, np.arange(60), resamples=200)
    assert (found.value, found.low, found.method) == (60.0, None, "none")


def test_zero_has_no_logarithm_and_so_no_jackknife() -> None:
    (found,) = ratios(np.zeros((20, 1)), np.ones((20, 1)), np.arange(20))
    assert (found.value, found.low, found.method) == (0.0, None, "none")


def test_any_statistic_of_totals() -> None:
    above, below = simulated(80, 1)
    matrix = np.hstack([above, below])
    (spread,) = estimates(
        matrix, np.arange(80), lambda t: t.max(1, keepdims=True) / t.min(1)[:, None]
    )
    assert spread.value == pytest.approx(max(above.sum() / below.sum(), below.sum() / above.sum()))
    assert spread.interval().low >= 1.0


def test_p_values_agree_with_intervals() -> None:
    for documents in (30, 90):
        (found,) = ratio_estimates(*simulated(documents, 1), np.arange(documents))
        low, high = found.interval(0.90).low, found.interval(0.90).high
        assert found.p_above(low) == pytest.approx(0.05, abs=2e-4)
        assert found.p_below(high) == pytest.approx(0.05, abs=2e-4)
        assert found.p_below(1e9) < 2e-4 < 0.999 < found.p_above(1e9)


def test_equivalence_is_the_larger_of_two_one_sided_tests() -> None:
    near = Estimate(1.0, "jackknife-t", 21.0, 210, 21, log_se=0.02, df=20.0)
    expected = stats.t.sf(math.log(1.05) / 0.02, 20)
    assert equivalence(near) == pytest.approx(expected, rel=1e-9)
    shifted = Estimate(1.2, "jackknife-t", 21.0, 210, 21, log_se=0.02, df=20.0)
    assert equivalence(shifted) > 0.99
    assert equivalence(Estimate(1.0, "none", 5.0, 50, 5)) is None


def test_a_ratio_of_a_thing_to_itself_is_one_without_doubt() -> None:
    above, _ = simulated(20, 1)
    (found,) = ratio_estimates(above, above, np.arange(20))
    assert (found.interval().low, found.interval().high) == (1.0, 1.0)
    assert found.p_below(1.05) == 0.0
    assert found.p_below(0.95) == 1.0


SPEED = """
import time, tracemalloc
import numpy as np
from bench.statistics import ratios

above, below = np.random.default_rng(0).integers(1, 500, (2, 20_000, 60))
documents = np.arange(20_000) % 5_000
began = time.process_time()
found = ratios(above, below, documents)
seconds = time.process_time() - began
assert all(interval.method == "percentile-10000.s0" for interval in found)
tracemalloc.start()
ratios(above, below, documents, resamples=1_000)
print(seconds, tracemalloc.get_traced_memory()[1] / 2**20)
"""


def test_ten_thousand_resamples_of_five_thousand_documents_are_cheap() -> None:
    """60 ratios: 0.6 s of CPU and 40 MB on one quiet core; the bounds leave room for a busy one."""
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SPEED], env=one_thread, capture_output=True, text=True, check=True
    )
    seconds, megabytes = map(float, done.stdout.split())
    assert seconds < 2.0
    assert megabytes < 100


def test_shapes_that_disagree_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(3, 2\).*\(3, 1\)"):
        ratios(np.ones((3, 2)), np.ones((3, 1)), [0, 1, 2])

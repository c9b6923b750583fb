"""A smaller simulation than `python -m bench.claims.simulation`: wide bounds, few shapes."""

import numpy as np
import pytest

from bench.claims.shapes import shapes
from bench.claims.simulation import WHATS, token_statistics, training_contrasts
from bench.resampling import k_eff

RUNS = 400
ALLOWED = 4.0 * 100.0 * np.sqrt(0.05 * 0.95 / RUNS)  # four standard errors of a rate of 5%


def check(rates):
    found = {rate.what: rate.percent for rate in rates}
    assert list(found) == list(WHATS)
    assert found["covers"] >= 95.0 - ALLOWED
    for what in ("below", "above"):
        assert 5.0 - ALLOWED <= found[what] <= 5.0 + ALLOWED, found
    for what in ("conjunction", "equivalence", "family"):
        assert found[what] <= 5.0 + ALLOWED, found


@pytest.mark.parametrize("shape", ["libreoffice-help test", "quran test"])
def test_token_statistics_keep_their_level(shape):
    check(token_statistics(shape, shapes()[shape], RUNS, np.random.default_rng(1)))


@pytest.mark.parametrize("seed_sd", [0.0, 0.05])
def test_training_contrasts_keep_their_level_with_five_seeds_and_the_fewest_documents(seed_sd):
    sizes = shapes()["quran test"]
    check(training_contrasts("quran test", sizes, seed_sd, RUNS, np.random.default_rng(2)))


def test_the_shapes_are_those_of_the_corpora():
    """As docs/corpora.md and the reference give them: the Quran's test split has 17 suras."""
    quran = shapes()["quran test"]
    assert (quran.sum(), len(quran)) == (790, 17)
    index = np.repeat(np.arange(len(quran)), quran)
    assert k_eff(index) == pytest.approx(12.0, abs=0.1)

"""A smaller simulation than `python -m bench.claims.simulation`: wide bounds, few shapes."""

import numpy as np
import pytest

from bench.claims.shapes import shapes, spread
from bench.claims.simulation import (
    ATTENTION,
    WHATS,
    attention,
    token_statistics,
    training_contrasts,
)

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


@pytest.mark.parametrize("measured", [False, True])
@pytest.mark.parametrize("shape", ["libreoffice-help test", "quran test"])
def test_token_statistics_keep_their_level(shape, measured):
    check(token_statistics(shapes()[shape], RUNS, np.random.default_rng(1), measured))


@pytest.mark.parametrize("measured", [False, True])
def test_premiums_of_too_few_units_are_not_tested(measured):
    found = token_statistics(shapes()["udhr all"], 50, np.random.default_rng(5), measured)
    assert {rate.percent for rate in found if rate.what != "covers"} == {0.0}


@pytest.mark.parametrize("seed_sd", [0.0, 0.05])
def test_training_contrasts_keep_their_level_with_five_seeds_and_the_fewest_documents(seed_sd):
    shape = shapes()["quran test"]
    check(training_contrasts(shape, seed_sd, RUNS, np.random.default_rng(2)))


@pytest.mark.parametrize("name", ATTENTION)
def test_squares_are_not_tested_where_they_lie_in_few_documents(name):
    found = attention(name, shapes()["udhr all"], 50, np.random.default_rng(3))
    assert {rate.percent for rate in found if rate.what != "covers"} == {0.0}


def test_attention_keeps_its_level():
    shape = shapes()["libreoffice-help test"]
    check(attention("attention, units", shape, RUNS, np.random.default_rng(4)))


def test_the_shapes_are_those_of_the_corpora():
    """As docs/corpora.md and the reference give them: the Quran's test split has 17 suras."""
    quran = shapes()["quran test"]
    assert (quran.sizes.sum(), len(quran.sizes)) == (790, 17)
    assert quran.k_eff == pytest.approx(12.0, abs=0.1)


def test_the_spread_of_documents_is_told_from_that_of_units():
    rng = np.random.default_rng(0)
    documents = np.repeat(np.arange(4000), 5)
    values = rng.normal(0, 0.3, 4000)[documents] + rng.normal(0, 0.5, 20_000)
    assert spread(values, documents) == pytest.approx((0.3, 0.5), abs=0.02)

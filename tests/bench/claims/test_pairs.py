"""Units drawn from measured pairs: what is drawn has the moments that are said to be true."""

import numpy as np
import pytest

from bench.claims.pairs import BANDS, Pairs
from bench.claims.shapes import alike, shapes


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    lengths = np.sort(rng.integers(1, 200, 10 * BANDS))
    return Pairs.of(lengths, rng.integers(1, 300, 10 * BANDS), (0.4, 0.3))


def test_ratios_of_totals_and_squares_are_those_of_what_is_drawn(pairs):
    documents = np.arange(400_000)  # one unit each: nothing is alike
    length, (other,) = pairs.draw(documents, 1, np.random.default_rng(1))
    assert other.sum() / length.sum() == pytest.approx(pairs.linear(), rel=0.01)
    assert (other**2).sum() / (length**2).sum() == pytest.approx(pairs.squared(), rel=0.01)
    assert set(np.unique(length)) == set(pairs.lengths)


def test_squared_documents_are_those_of_what_is_drawn(pairs):
    sizes = np.array([1, 2, 5, 9])
    documents = np.repeat(np.arange(4 * 20_000), np.tile(sizes, 20_000))
    length, (other,) = pairs.draw(documents, 1, np.random.default_rng(2))
    first, second = (float((np.bincount(documents, one) ** 2).sum()) for one in (length, other))
    assert second / first == pytest.approx(pairs.squared_documents(sizes), rel=0.01)


def test_of_single_units_both_squares_are_the_same(pairs):
    assert pairs.squared_documents(np.ones(3, int)) == pytest.approx(pairs.squared())


def test_how_alike_the_units_of_a_document_are_is_found_again():
    made = shapes()["quran all"].pairs
    documents = np.repeat(np.arange(4000), 5)
    length, (other,) = made.draw(documents, 1, np.random.default_rng(3))
    assert alike(length, other, documents)[0] == pytest.approx(made.alike[0], abs=0.03)
    apart = alike(length, other, np.random.default_rng(4).permutation(documents))
    assert apart == pytest.approx((0.0, 0.0), abs=0.03)


def test_equal_texts_have_ratio_one():
    lengths = np.arange(1, BANDS + 1)
    same = Pairs.of(lengths, lengths, (0.5, 0.5))
    truth = same.linear(), same.squared(), same.squared_documents(np.array([3, 4]))
    assert truth == pytest.approx((1.0, 1.0, 1.0))

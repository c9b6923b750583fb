"""Entropies, utilisation and rarefaction against published vectors and brute force."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics.histograms import (
    observed_types,
    rarefied_types,
    renyi_efficiency,
    renyi_entropy,
    shannon_efficiency,
    share_of_tokens,
    utilisation,
)

WORKED = np.array([3, 2, 1, 1])
histograms = st.lists(st.integers(0, 40), min_size=1, max_size=30).map(np.array)


def test_the_figures_of_the_reference_package() -> None:
    """tokenization-scorer's README labels the second one as alpha 2.5."""
    assert renyi_efficiency(WORKED, 2.5) == pytest.approx(0.826506, abs=5e-7)
    assert renyi_efficiency(WORKED, 3.0) == pytest.approx(0.803153, abs=5e-7)


def test_shannon_is_the_limit_of_renyi() -> None:
    assert shannon_efficiency(WORKED) == pytest.approx(renyi_efficiency(WORKED, 1 + 1e-7), abs=1e-6)
    assert renyi_entropy(np.array([5, 5, 5, 5]), 1.0) == 2.0


def test_declared_size_divides_by_what_was_declared() -> None:
    expected = renyi_efficiency(WORKED) * math.log2(4) / math.log2(1024)
    assert renyi_efficiency(WORKED, size=1024) == pytest.approx(expected)


def test_what_does_not_exist_is_none() -> None:
    assert renyi_entropy(np.zeros(4, int)) is None
    assert renyi_efficiency(np.array([0, 9, 0])) is None  # log₂ of one type is 0
    assert renyi_efficiency(np.array([9]), size=256) == 0.0
    assert share_of_tokens(np.zeros(3, int), np.array([True] * 3)) is None


@given(histograms, st.floats(0.3, 6.0))
def test_entropy_lies_between_zero_and_log_of_types(counts: np.ndarray, alpha: float) -> None:
    entropy = renyi_entropy(counts, alpha)
    if counts.any():
        assert 0.0 <= entropy <= math.log2(observed_types(counts)) + 1e-9


@given(histograms)
def test_which_id_has_which_count_does_not_matter(counts: np.ndarray) -> None:
    assert renyi_entropy(counts) == renyi_entropy(counts[::-1])


@pytest.mark.parametrize("sample", range(8))
def test_rarefaction_is_the_mean_over_all_samples(sample: int) -> None:
    tokens = [0, 0, 0, 1, 1, 2, 3]
    samples = list(itertools.combinations(tokens, sample))
    mean = sum(len(set(drawn)) for drawn in samples) / len(samples)
    assert rarefied_types(WORKED, sample) == pytest.approx(mean, rel=1e-12)


def test_rarefaction_keeps_its_digits_in_large_samples() -> None:
    """A type seen once is missed with probability 1 - sample/N, exactly."""
    counts = np.array([10_000_000, 1])
    assert rarefied_types(counts, 2_500_000) == pytest.approx(1 + 2_500_000 / 10_000_001, rel=1e-13)


def test_rarefying_upwards_is_refused() -> None:
    with pytest.raises(ValueError, match="7 tokens to 8"):
        rarefied_types(WORKED, 8)


def test_utilisation_raw_and_rarefied() -> None:
    assert utilisation(WORKED, 8) == 0.5
    assert utilisation(WORKED, 8, sample=1) == pytest.approx(1 / 8)
    assert utilisation(WORKED, 0) is None

"""Exactness: the same resamples and the same bits, however the work is cut up."""

import numpy as np
import pytest

from bench.resampling import (
    Clusters,
    bootstrap,
    document_sums,
    grouped,
    k_eff,
    resample_weights,
)
from bench.statistics import ratios


def units(seed: int = 0, n: int = 700, columns: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(1, 90, (n, columns)), rng.integers(0, 120, n)


def test_k_eff_of_equal_documents_is_their_number() -> None:
    assert k_eff([0, 0, 1, 1, 2, 2]) == 3.0
    assert k_eff([0, 0, 0, 1]) == 16 / 10  # (3 + 1)² / (9 + 1)
    assert k_eff([7]) == 1.0


def test_document_sums_by_hand() -> None:
    matrix = [[1, 10], [2, 20], [4, 40]]
    assert document_sums(matrix, [5, 3, 5]).tolist() == [[2, 20], [5, 50]]


def test_sums_of_reals_do_not_depend_on_the_order_of_units() -> None:
    matrix, documents = units()
    reals = matrix / 7.0
    order = np.random.default_rng(1).permutation(len(reals))
    once, again = document_sums(reals, documents), document_sums(reals[order], documents[order])
    assert np.array_equal(once, again)
    assert np.allclose(once.sum(axis=0), reals.sum(axis=0), rtol=1e-13)


def test_reals_are_rounded_as_far_as_many_documents_and_a_large_one_ask_for() -> None:
    reals, documents = np.full(10_000, 0.7), np.minimum(np.arange(10_000), 9_000)
    (largest,) = reals[:1] * 9_001 * 1_000  # documents, and the units of the largest one
    off = abs(document_sums(reals[:, None], documents)[0, 0] - 0.7)
    assert 2.0**-48 * 0.7 < off <= 2.0**-52 * largest


def test_permuting_units_changes_no_bit_of_an_interval() -> None:
    matrix, documents = units()
    order = np.random.default_rng(2).permutation(len(matrix))
    straight = ratios(matrix / 3.0, matrix[:, ::-1], documents, resamples=500)
    shuffled = ratios(matrix[order] / 3.0, matrix[order][:, ::-1], documents[order], resamples=500)
    assert straight == shuffled


@pytest.mark.parametrize("documents", [1, 2, 51, 64])
def test_weights_do_not_depend_on_chunks(documents: int) -> None:
    whole = np.concatenate(list(resample_weights(documents, 97, rows=97)))
    for rows in (1, 10, 96):
        assert np.array_equal(
            whole, np.concatenate(list(resample_weights(documents, 97, rows=rows)))
        )
    assert (whole.sum(axis=1) == documents).all()


def test_weights_are_these_forever() -> None:
    """Results made with other versions of NumPy stay comparable only if these never change."""
    first = next(resample_weights(7, 2, seed=0))
    assert first.tolist() == [[2, 1, 1, 1, 1, 1, 0], [0, 1, 0, 1, 2, 1, 2]]


def test_weights_draw_every_document_equally_often() -> None:
    total = np.concatenate(list(resample_weights(61, 4_000))).sum(axis=0)
    assert abs(total / 4_000 - 1.0).max() < 5 * 4_000**-0.5


def test_intervals_do_not_depend_on_the_other_columns() -> None:
    matrix, documents = units(columns=6)
    together = ratios(matrix, matrix[:, ::-1], documents, resamples=400)
    alone = ratios(matrix[:, 2:3], matrix[:, 3:4], documents, resamples=400)
    assert alone[0] == together[2]


def test_one_index_per_unit_or_nothing() -> None:
    with pytest.raises(ValueError, match="one index per unit"):
        Clusters.of([])
    with pytest.raises(ValueError, match="3 units"):
        document_sums(np.ones((2, 1)), [0, 0, 1])
    with pytest.raises(ValueError, match="not finite"):
        document_sums([[np.nan]], [0])


def test_groups_keep_totals_and_their_spread() -> None:
    rng = np.random.default_rng(4)
    below = rng.integers(50, 500, 3_000).astype(float)
    sums = np.stack([np.rint(below * rng.lognormal(0, 0.3, 3_000)), below], axis=1)
    few = grouped(sums, 600)
    assert few.shape == (600, 2)
    assert np.array_equal(few.sum(axis=0), sums.sum(axis=0))
    spread = [bootstrap(one, lambda t: t[:, :1] / t[:, 1:], 2_000, 0).std() for one in (sums, few)]
    assert spread[1] == pytest.approx(spread[0], rel=0.12)
    assert grouped(sums) is sums


def test_the_method_says_that_documents_were_grouped() -> None:
    ones = np.ones((12_000, 1), int)
    (found,) = ratios(ones * 2, ones, np.arange(12_000), resamples=20)
    assert (found.method, found.n_documents) == ("percentile-20.s0.g10000", 12_000)

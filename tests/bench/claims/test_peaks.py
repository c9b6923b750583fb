import math

import numpy as np
import pytest

from bench.claims.peaks import paired, peak_ratio

LENGTHS = np.stack([np.arange(12) % 5 + 3, np.arange(12) % 3 + 2], axis=1)  # zh, en
DOCUMENTS = np.arange(12)
BATCHES = paired([40, 44, 52, 60, 48], [24, 30, 26, 35, 31])
BYTES = np.array([1000.0, 800.0]) + BATCHES * [7.0, 5.0]  # linear in the tokens of a batch


def ratio(peaks=BYTES, batches=BATCHES, lengths=LENGTHS):
    return peak_ratio(peaks, batches, lengths, DOCUMENTS)


def test_it_is_the_geometric_mean_of_the_batches():
    peaks = paired([2, 8, 2, 8, 4], [1, 1, 1, 1, 1])
    assert ratio(peaks).value == pytest.approx(4.0)


def test_linear_peaks_are_recovered_and_carried_through_the_jackknife():
    """The error by hand: the true line at the tokens of a batch without one document."""
    per_token = BATCHES.mean(axis=0) / LENGTHS.mean(axis=0)
    logs = []
    for one in DOCUMENTS:
        tokens = np.delete(LENGTHS, one, axis=0).mean(axis=0) * per_token
        above, below = 1000 + 7 * tokens[0], 800 + 5 * tokens[1]
        logs.append(math.log(above / below))
    of_documents = 11 / 12 * ((logs - np.mean(logs)) ** 2).sum()
    of_batches = np.log(BYTES[:, 0] / BYTES[:, 1]).var(ddof=1) / 5
    assert ratio().log_se == pytest.approx(math.sqrt(of_documents + of_batches))
    assert of_documents > of_batches > 0.0


def test_peaks_that_no_token_moves_have_the_error_of_batches_alone():
    peaks = paired([4, 5, 6, 5, 4], [2, 2, 3, 3, 2])
    equal = np.full((5, 2), 30.0)
    alone = np.log(peaks[:, 0] / peaks[:, 1]).std(ddof=1) / math.sqrt(5)
    assert ratio(peaks, equal).log_se == pytest.approx(alone)


def test_a_language_against_itself_is_one_without_error():
    found = ratio(BYTES[:, [0, 0]], BATCHES[:, [0, 0]], LENGTHS[:, [0, 0]])
    assert found.value == 1.0 and found.log_se == pytest.approx(0.0, abs=1e-12)


def test_swapping_the_languages_inverts():
    found, swapped = ratio(), ratio(BYTES[:, ::-1], BATCHES[:, ::-1], LENGTHS[:, ::-1])
    assert found.value * swapped.value == pytest.approx(1.0)
    assert found.log_se == pytest.approx(swapped.log_se)


def test_four_batches_give_a_point_alone():
    found = ratio(BYTES[:4], BATCHES[:4])
    assert found.method == "none" and found.log_se is None
    assert found.value == pytest.approx(math.exp(np.log(BYTES[:4, 0] / BYTES[:4, 1]).mean()))

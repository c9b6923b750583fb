import numpy as np
import pytest

from bench.claims.testable import testable as verdict


def of(largest, units=100, languages=1):
    """Units of one token, but one of `largest` in the last language."""
    tokens = np.ones((units, languages), np.int64)
    tokens[0, -1] = largest
    return verdict(tokens)


def test_a_unit_of_a_tenth_is_still_one_among_others():
    """11 of 110 tokens are a tenth, 12 of 111 are more."""
    assert of(11) == "ok"
    assert of(12).startswith("one unit is 11% of the text")


def test_any_language_counts():
    assert of(50, languages=3).startswith("one unit is 34%")


@pytest.mark.parametrize("units", [0, 1, 99])
def test_few_units_are_no_sample(units):
    assert verdict(np.ones((units, 2), np.int64)).startswith(f"{units} units: below 100")


def test_units_without_a_token_divide_nothing():
    assert verdict(np.zeros((100, 2), np.int64)) == "ok"

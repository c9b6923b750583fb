"""Gini and max/min over languages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics.parity import gini, max_min


def test_equal_costs_are_even() -> None:
    assert gini(np.array([7.0, 7.0, 7.0])) == 0.0
    assert max_min(np.array([7.0, 7.0, 7.0])) == 1.0


def test_three_languages_cannot_exceed_two_thirds() -> None:
    assert gini(np.array([0.0, 0.0, 5.0])) == pytest.approx(2 / 3)


def test_rows_are_measured_one_by_one() -> None:
    costs = np.array([[1.0, 1.0, 4.0], [2.0, 3.0, 4.0]])
    assert gini(costs).tolist() == [gini(costs[0]), gini(costs[1])]
    assert max_min(costs).tolist() == [4.0, 2.0]


@given(st.lists(st.floats(0.01, 100), min_size=3, max_size=3), st.floats(0.1, 10))
def test_the_unit_of_cost_does_not_matter(costs: list[float], scale: float) -> None:
    plain = np.array(costs)
    assert gini(plain * scale) == pytest.approx(float(gini(plain)), abs=1e-12)
    assert 0.0 <= gini(plain) <= 2 / 3 + 1e-12

"""How evenly a vocabulary treats its languages: Gini and max/min over tokens per unit.

The Gini coefficient is ΣΣ|cₐ - c_b| / (2 n² μ) over n languages (arXiv 2508.04796); with three
languages it cannot exceed 2/3.
"""

import numpy as np

from bench.resampling import Floats


def gini(costs: Floats) -> Floats:
    """Gini coefficient along the last axis, [..., languages] -> [...].

    >>> float(gini(np.array([1.0, 1.0, 4.0])))
    0.3333333333333333
    """
    languages = costs.shape[-1]
    gaps = np.abs(costs[..., :, None] - costs[..., None, :]).sum(axis=(-1, -2))
    return np.asarray(gaps / (2 * languages * costs.sum(axis=-1)))


def max_min(costs: Floats) -> Floats:
    """The dearest language over the cheapest, along the last axis.

    >>> float(max_min(np.array([2.0, 3.0, 4.0])))
    2.0
    """
    return np.asarray(costs.max(axis=-1) / costs.min(axis=-1))

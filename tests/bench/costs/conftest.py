"""Token counts of an invented corpus: 60 documents of unequal size, three languages."""

import numpy as np
import pytest

from bench.costs.contexts import Lengths, lengths


@pytest.fixture(scope="session")
def counts() -> Lengths:
    """Natural order, English, Russian, Chinese; the longest unit has under 512 tokens."""
    draw = np.random.default_rng(3)
    documents = np.repeat(np.arange(60), draw.integers(2, 9, 60))
    content = draw.gamma(2.0, 12.0, (len(documents), 1))
    tokens = draw.poisson(content * [[1.0, 1.43, 1.26]]) + 1
    return lengths(tokens, ("en", "ru", "zh"), "en", documents, "natural")

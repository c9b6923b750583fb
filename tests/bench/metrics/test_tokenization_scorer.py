"""Our efficiencies are those of the reference package, tokenization-scorer (Zouhar et al. 2023)."""

import numpy as np
import pytest

from bench.metrics.histograms import renyi_efficiency, renyi_entropy, shannon_efficiency

scorer = pytest.importorskip(
    "tokenization_scorer", reason="install the dev extra: pip install -e '.[dev]'"
)


@pytest.fixture(scope="module")
def lines(units, families):
    """Each language's ids as that package reads them: a line a unit, ids between spaces."""
    vocabulary = families["bpe-400"].members["en"]
    encodings = {language: vocabulary.encode(texts) for language, texts in units.items()}
    return {
        language: "\n".join(" ".join(map(str, one.tolist())) for one in found)
        for language, found in encodings.items()
    }


@pytest.mark.parametrize("alpha", [0.5, 2.0, 2.5, 3.0])
@pytest.mark.parametrize("place", range(3))
def test_renyi_agrees_to_twelve_digits(lines, statistics, units, place, alpha):
    theirs = lines[list(units)[place]]
    ours = statistics["bpe-400"].histograms[place]
    agree = {"rel": 1e-12, "abs": 0.0}
    found = scorer.score(theirs, metric="renyi_efficiency", power=alpha)
    assert renyi_efficiency(ours, alpha) == pytest.approx(found, **agree)
    found = scorer.score(theirs, metric="renyi_efficiency", power=alpha, vocab=400)
    assert renyi_efficiency(ours, alpha, 400) == pytest.approx(found, **agree)
    found = scorer.score(theirs, metric="renyi_entropy", power=alpha)
    assert renyi_entropy(ours, alpha) == pytest.approx(found, **agree)


@pytest.mark.parametrize("place", range(3))
def test_shannon_agrees_to_twelve_digits(lines, statistics, units, place):
    found = scorer.score(lines[list(units)[place]], metric="shannon_efficiency")
    ours = shannon_efficiency(statistics["bpe-400"].histograms[place])
    assert ours == pytest.approx(float(found), rel=1e-12, abs=0.0)


def test_the_counts_of_the_readme():
    text = "a a a b b c d"
    counts = np.array([3, 2, 1, 1])
    for alpha, known in ((2.5, 0.826506), (3.0, 0.803153)):
        found = scorer.score(text, metric="renyi_efficiency", power=alpha)
        assert renyi_efficiency(counts, alpha) == pytest.approx(found, rel=1e-12)
        assert found == pytest.approx(known, abs=5e-7)

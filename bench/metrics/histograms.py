"""What a histogram of tokens says: entropies, use of the vocabulary, shares of kinds of token.

A histogram is int64 [declared size]: how often each id occurs. Values that do not exist (an
entropy of no tokens, an efficiency over one type) are None.
"""

import math

import numpy as np
import numpy.typing as npt

Histogram = npt.NDArray[np.int64]

ALPHA = 2.5  # Zouhar et al. 2023, arXiv 2306.16842


def renyi_entropy(histogram: Histogram, alpha: float = ALPHA) -> float | None:
    """H_α = log₂(Σ p^α) / (1 - α) in bits; the limit α = 1 is Shannon's entropy."""
    counts, types = np.unique(histogram[histogram > 0], return_counts=True)
    if len(counts) == 0:
        return None
    p = counts / int((counts * types).sum())
    if alpha == 1.0:
        return max(0.0, -math.fsum(types * p * np.log2(p)))
    return max(0.0, math.log2(math.fsum(types * p**alpha)) / (1.0 - alpha))


def renyi_efficiency(
    histogram: Histogram, alpha: float = ALPHA, size: int | None = None
) -> float | None:
    """H_α / log₂|V|, |V| the declared `size`, or the number of types observed where it is None.

    >>> round(renyi_efficiency(np.array([3, 2, 1, 1])), 6)
    0.826506
    """
    entropy = renyi_entropy(histogram, alpha)
    types = observed_types(histogram) if size is None else size
    return None if entropy is None or types < 2 else entropy / math.log2(types)


def shannon_efficiency(histogram: Histogram, size: int | None = None) -> float | None:
    """H₁ / log₂|V|, |V| as for `renyi_efficiency`."""
    return renyi_efficiency(histogram, 1.0, size)


def observed_types(histogram: Histogram) -> int:
    """How many ids occur at all."""
    return int(np.count_nonzero(histogram))


def utilisation(histogram: Histogram, size: int, sample: int | None = None) -> float | None:
    """Types used over the declared size; with `sample`, expected in so many tokens."""
    if size < 1:
        return None
    used = observed_types(histogram) if sample is None else rarefied_types(histogram, sample)
    return used / size


def rarefied_types(histogram: Histogram, sample: int) -> float:
    """Expected number of types in `sample` tokens drawn without replacement (Hurlbert 1971).

    Σ 1 - C(N - nᵢ, sample) / C(N, sample), as the running product Π (1 - sample / (N - j)), which
    stays exact where factorials lose their digits. ValueError if there are fewer tokens.
    """
    counts, types = np.unique(histogram[histogram > 0], return_counts=True)
    total = int((counts * types).sum())
    if sample > total:
        raise ValueError(f"cannot rarefy {total} tokens to {sample}")
    if sample == total:
        return float(types.sum())
    if sample == 0:
        return 0.0
    enough = math.ceil(50.0 * total / sample)  # beyond it the product is below e⁻⁵⁰
    steps = np.arange(min(int(counts[-1]), enough), dtype=np.float64)
    missed = np.cumprod(np.maximum(0.0, 1.0 - sample / (total - steps)))
    return math.fsum(types * (1.0 - missed[np.minimum(counts, len(missed)) - 1]))


def share_of_tokens(histogram: Histogram, which: npt.NDArray[np.bool_]) -> float | None:
    """Tokens with the ids that are marked in `which`, bool [ids], over all tokens."""
    total = int(histogram.sum())
    return int(histogram[which].sum()) / total if total else None

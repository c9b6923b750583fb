"""Resampling whole documents, exactly: sums, bootstrap weights, delete-one-document jackknife.

What is resampled is documents, never units (the units of one document resemble one another) and
never texts: every resample is a row of integer weights over the documents, the same row for every
language and vocabulary, so that differences between columns are paired.

Document sums are multiples of a power of two small enough that no total can leave the 53 bits of
a float64, so a matrix product gives the same bits in any order of summation: on every machine,
with any number of threads or processes, in chunks of any size.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Statistic = Callable[[Floats], Floats]  # totals [n, columns] -> values [n, values], row by row

GROUPS = 10_000  # documents beyond so many are resampled in so many groups
CHUNK = 1 << 19  # weights held at a time: 4 MB of float64


@dataclass(frozen=True)
class Clusters:
    """Which document each unit is in, and how many documents that amounts to."""

    index: Integers  # [units], 0 … n_documents - 1
    n_documents: int
    k_eff: float

    @classmethod
    def of(cls, documents: npt.ArrayLike) -> "Clusters":
        """Read the document of each unit, any integers; ValueError if there is no unit."""
        codes = np.asarray(documents)
        if codes.ndim != 1 or len(codes) == 0:
            raise ValueError(f"documents: expected one index per unit, got shape {codes.shape}")
        found, index = np.unique(codes, return_inverse=True)
        return cls(index.astype(np.int64), len(found), k_eff(codes))

    @property
    def n_units(self) -> int:
        """The number of units."""
        return len(self.index)


def k_eff(documents: npt.ArrayLike) -> float:
    """Effective number of documents, (Σm)² / Σm² over their sizes m in units (Kish 1965)."""
    sizes = np.unique(np.asarray(documents), return_counts=True)[1]
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def document_sums(matrix: npt.ArrayLike, documents: npt.ArrayLike) -> Floats:
    """Sum columns [units, columns] within documents: [documents, columns], exactly summable.

    Integers are summed as they are. Reals are first rounded to multiples of a power of two, so that
    no later sum rounds and the order of units cannot matter: of 2⁻⁵² to 2⁻⁵¹ of the largest, times
    the number of documents, times the units of the largest document.
    """
    return cluster_sums(np.asarray(matrix), Clusters.of(documents))


def cluster_sums(matrix: npt.NDArray[np.generic], clusters: Clusters) -> Floats:
    """As `document_sums`, for clusters already read."""
    if matrix.ndim != 2 or len(matrix) != clusters.n_units:
        raise ValueError(f"{clusters.n_units} units have documents, the matrix is {matrix.shape}")
    largest_document = int(np.bincount(clusters.index).max())
    sums = np.empty((clusters.n_documents, matrix.shape[1]))
    for column in range(matrix.shape[1]):
        values = matrix[:, column].astype(np.float64)
        scale = _scale(values, clusters.n_documents * largest_document)
        fixed = np.rint(values * scale)
        sums[:, column] = np.bincount(clusters.index, fixed, clusters.n_documents) / scale
    return sums


def resample_weights(
    n_documents: int, resamples: int = 10_000, seed: int = 0, rows: int | None = None
) -> Iterator[Floats]:
    """Yield bootstrap weights in chunks [rows, documents]: how often each document was drawn.

    Draws come from the raw stream of PCG64, whose values NumPy guarantees, two to a word and an
    even number for each resample, so that neither chunking nor NumPy's version changes them.
    """
    rows = rows or max(1, CHUNK // n_documents)
    words = (n_documents + 1) // 2
    stream = np.random.PCG64(seed)
    for start in range(0, resamples, rows):
        n = min(rows, resamples - start)
        raw = stream.random_raw(n * words).astype("<u8", copy=False).reshape(n, words)
        drawn = raw.view("<u4")[:, :n_documents].astype(np.uint64)
        drawn *= np.uint64(n_documents)
        drawn >>= np.uint64(32)  # uniform on 0 … n_documents - 1, to within n_documents / 2³²
        drawn += np.arange(n, dtype=np.uint64)[:, None] * np.uint64(n_documents)
        counts = np.bincount(drawn.view(np.int64).ravel(), minlength=n * n_documents)
        yield counts.reshape(n, n_documents).astype(np.float64)


def grouped(sums: Floats, groups: int = GROUPS) -> Floats:
    """At most `groups` rows: document i is summed into row i mod `groups`.

    Documents are resampled as if independent, and so may groups of them be: the spread of a total
    is the same, and 10,000 resamples of a million documents take seconds instead of minutes.
    """
    if len(sums) <= groups:
        return sums
    place = np.arange(len(sums)) % groups
    columns = [np.bincount(place, column, groups) for column in sums.T]
    return np.stack(columns, axis=1)


def bootstrap(sums: Floats, statistic: Statistic, resamples: int, seed: int) -> Floats:
    """Values of the statistic in each resample: [values, resamples]."""
    chunks = [statistic(w @ sums) for w in resample_weights(len(sums), resamples, seed)]
    return np.ascontiguousarray(np.concatenate(chunks).T)


def jackknife(sums: Floats, statistic: Statistic) -> Floats:
    """Delete-one-document standard error: se² = (K - 1)/K · Σ(θ₍₋ₖ₎ - mean)²."""
    return jackknife_moments(sums, statistic)[0]


def jackknife_moments(sums: Floats, statistic: Statistic) -> tuple[Floats, Floats]:
    """As `jackknife`, and the skewness of the statistic that the same deviations give.

    Leaving a document out moves the statistic against what the document adds to it, hence the
    sign: -Σd³ / (Σd²)^1.5 of d = θ₍₋ₖ₎ - mean; NaN where nothing varies.
    """
    documents = len(sums)
    left = statistic(sums.sum(axis=0) - sums)
    deviations = left - left.mean(axis=0)
    spread = (deviations**2).sum(axis=0)
    error = np.sqrt((documents - 1) / documents * spread)
    with np.errstate(divide="ignore", invalid="ignore"):
        skew = -(deviations**3).sum(axis=0) / spread**1.5
    return np.asarray(error), np.asarray(skew)


def _scale(values: Floats, terms: int) -> float:
    """The power of two that keeps `terms` times the largest value within 53 bits."""
    bound = float(np.abs(values).max()) * terms
    if not math.isfinite(bound):
        raise ValueError("a value to be summed is not finite")
    return math.ldexp(1.0, min(1000, 52 - math.frexp(bound)[1])) if bound > 0.0 else 1.0

"""Aligned units as they are: lengths and ratios drawn from a corpus's own, alike within documents.

A statistic of squares lives on the longest units. Their tail is shorter than a normal
distribution of logarithms would make it, and their ratios vary less than those of short ones; so
both are drawn from measured pairs. A document shifts the ranks of its units (a Gaussian copula),
which leaves the distribution over all units as it was measured.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BANDS = 20  # of units by length; within one, ratio and length are drawn apart
NODES = 64  # of a Gauss-Hermite quadrature over a document's shift


@dataclass(frozen=True, eq=False)
class Pairs:
    """Equally likely lengths, ascending, and for each band its equally likely ratios, ascending.

    `alike` is the correlation of two units of a document by the normal scores of their ranks: of
    lengths among all units, of ratios within a band.
    """

    lengths: Floats  # [pairs]
    ratios: Floats  # [BANDS, pairs / BANDS]
    alike: tuple[float, float]

    @classmethod
    def of(
        cls, lengths: npt.ArrayLike, others: npt.ArrayLike, alike: tuple[float, float]
    ) -> "Pairs":
        """From tokens in two languages, ascending in the first; as many as a multiple of BANDS."""
        first = np.asarray(lengths, np.float64)
        ratios = np.asarray(others, np.float64) / first
        return cls(first, np.sort(ratios.reshape(BANDS, -1), axis=1), alike)

    def draw(
        self, documents: Ints, others: int, rng: np.random.Generator
    ) -> tuple[Floats, list[Floats]]:
        """Lengths of units in one language and in `others` more, each [units]."""
        place = self._places(documents, self.alike[0], len(self.lengths), rng)
        length, per_band = self.lengths[place], self.ratios.shape[1]
        return length, [
            length * self.ratios[
                place // per_band, self._places(documents, self.alike[1], per_band, rng)
            ]
            for _ in range(others)
        ]  # fmt: skip

    def linear(self) -> float:
        """The ratio of expected lengths."""
        return float((self._banded * self.ratios.mean(axis=1)).sum() / self._banded.sum())

    def squared(self) -> float:
        """The ratio of expected squares of a unit's length."""
        squares = (self.lengths**2).reshape(BANDS, -1).sum(axis=1)
        return float((squares * (self.ratios**2).mean(axis=1)).sum() / squares.sum())

    def squared_documents(self, sizes: Ints) -> float:
        """The ratio of expected sums of squared documents, of documents of so many units.

        E(Σx)² is m·E x² + m(m - 1)·E g², with g the mean of x given the document's shift.
        """
        of_length = self._given(self.alike[0], len(self.lengths)) * self.lengths
        means = of_length.reshape(NODES, BANDS, -1).sum(axis=2)
        by_ratio = self._given(self.alike[1], self.ratios.shape[1])
        shared = self._weights @ means.sum(axis=1) ** 2
        others = self._weights @ (means @ self.ratios @ by_ratio.T) ** 2 @ self._weights
        alone = (self.lengths**2).mean()
        once, twice = sizes.sum(), (sizes * (sizes - 1)).sum()
        above = once * alone * self.squared() + twice * others
        return float(above / (once * alone + twice * shared))

    def _places(self, documents: Ints, alike: float, number: int, rng: np.random.Generator) -> Ints:
        """A rank among `number` for each unit, alike within documents."""
        shifts = rng.standard_normal(int(documents.max()) + 1)[documents]
        own = rng.standard_normal(len(documents))
        share = ndtr(np.sqrt(alike) * shifts + np.sqrt(1.0 - alike) * own)
        return np.asarray(np.minimum((share * number).astype(np.int64), number - 1))

    def _given(self, alike: float, number: int) -> Floats:
        """Probability of each of `number` ranks, given a document's shift: [NODES, number]."""
        edges = ndtri(np.linspace(0.0, 1.0, number + 1))
        shifts = np.sqrt(alike) * self._nodes[:, None]
        return np.asarray(np.diff(ndtr((edges - shifts) / np.sqrt(1.0 - alike)), axis=1))

    @property
    def _banded(self) -> Floats:
        return np.asarray(self.lengths.reshape(BANDS, -1).sum(axis=1))

    @cached_property
    def _nodes(self) -> Floats:
        return np.asarray(np.polynomial.hermite_e.hermegauss(NODES)[0])

    @cached_property
    def _weights(self) -> Floats:
        weights = np.polynomial.hermite_e.hermegauss(NODES)[1]
        return np.asarray(weights / weights.sum())

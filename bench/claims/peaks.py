"""Predicted peak memory over the reference's, with its sampling error.

The statistic is the geometric mean, over random batches of the same units in both languages, of
the ratio of the two peaks. Two things make it uncertain: which units a batch drew, and which
documents the corpus is made of. The first is the spread over batches. The second is a jackknife
over documents of what the mean batch would take: a peak is linear in the tokens of a batch (fitted
over the batches), and a batch's tokens go with the mean length of a unit, the share of padding
held as it is.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench.resampling import Clusters, Floats, cluster_sums, jackknife
from bench.statistics import Estimate, seed_contrast


def peak_ratio(
    peaks: npt.NDArray[np.float64],
    batch_tokens: npt.NDArray[np.float64],
    lengths: npt.NDArray[np.int64],
    documents: npt.ArrayLike,
) -> Estimate:
    """A language's peak over the reference's: all arguments have it in column 0, that in 1.

    `peaks` bytes and `batch_tokens` are [batches, 2], `lengths` tokens [units, 2]. The error is
    composed as that of a training contrast, batches in the place of seeds.
    """
    clusters = Clusters.of(documents)
    lines = [_line(batch_tokens[:, side], peaks[:, side]) for side in (0, 1)]
    sums = cluster_sums(np.hstack([lengths, np.ones((len(lengths), 1))]), clusters)
    factors = batch_tokens.mean(axis=0) / lengths.mean(axis=0)

    def log_ratio(totals: Floats) -> Floats:
        tokens = totals[:, :2] / totals[:, 2:] * factors
        above, below = (lines[side][0] + lines[side][1] * tokens[:, side] for side in (0, 1))
        return np.asarray(np.log(above / below)[:, None])

    with np.errstate(divide="ignore", invalid="ignore"):
        error = float(jackknife(sums, log_ratio)[0])
    logs = np.log(peaks[:, 0] / peaks[:, 1])
    return seed_contrast(logs, error, clusters.k_eff, clusters.n_units, clusters.n_documents)


def paired(values: Sequence[float] | npt.ArrayLike, other: npt.ArrayLike) -> Floats:
    """Two columns side by side, as `peak_ratio` takes them."""
    return np.stack([np.asarray(values, np.float64), np.asarray(other, np.float64)], axis=1)


def _line(tokens: npt.NDArray[np.float64], peaks: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Intercept and slope of the peaks in the tokens; flat where all batches are equally long."""
    spread = tokens - tokens.mean()
    square = float(spread @ spread)
    slope = float(spread @ peaks) / square if square else 0.0
    return float(peaks.mean() - slope * tokens.mean()), slope

"""Numbers of an arm, and ratios of two, with the error that seeds and documents leave them.

An estimate is the exponential of a mean over seeds of logarithms; its error adds the variance of
the seeds to that of the documents, found by leaving out one document at a time (`seed_contrast`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.convergence.curves import Curve, Floats
from bench.convergence.measures import AXES, at_log_cost, bounds_of_mean, log_cost
from bench.resampling import jackknife
from bench.statistics import Estimate, seed_contrast, training_contrast


@dataclass(frozen=True)
class Side:
    """Curves of one arm and language, with as many points each, as columns over documents."""

    curves: Sequence[Curve]

    @property
    def columns(self) -> Floats:
        """[documents, 2 + seeds · points]: the top, the best, and every curve's sums."""
        first = self.curves[0]
        return np.concatenate(
            [first.top[:, None], first.best[:, None], *(one.sums for one in self.curves)], axis=1
        )

    def bits(self, totals: Floats, units: Floats) -> Floats:
        """Bits per unit [n, seeds, points] from totals [n, 2 + seeds · points]."""
        shape = (len(totals), len(self.curves), -1)
        return np.asarray(totals[:, 2:].reshape(shape) / units[:, None, None] + self._charge)

    def r(self, totals: Floats, units: Floats) -> Floats:
        """(H0 - b) / (H0 - b*), [n, seeds, points]."""
        top, best = (totals[:, i] / units for i in (0, 1))
        scale = (top - best)[:, None, None]
        return np.asarray((top[:, None, None] - self.bits(totals, units)) / scale)

    def logs(self, axis: str) -> Floats:
        """Log costs [seeds, points]."""
        return np.stack([one.logs(axis) for one in self.curves])

    @property
    def _charge(self) -> float:
        return self.curves[0].charge


def cost_to_target(curves: Sequence[Curve], axis: str, target: float) -> Estimate | None:
    """Cost at which r reaches the target; None if a seed does not, or did before its first point.
    """  # fmt: skip
    side = Side(curves)
    return _estimate((side,), partial(_log_cost, side, axis, target))


def cost_ratio(
    curves: Sequence[Curve], others: Sequence[Curve], axis: str, target: float
) -> Estimate | None:
    """Ratio of the costs at which two arms reach the target, seeds paired."""
    mine, theirs = Side(curves), Side(others)

    def logs(first: Floats, second: Floats, units: Floats) -> Floats:
        above = _log_cost(mine, axis, target, first, units)
        return above - _log_cost(theirs, axis, target, second, units)

    return _estimate((mine, theirs), logs)


def cost_ratio_to_final(
    curves: Sequence[Curve], others: Sequence[Curve], axis: str
) -> Estimate | None:
    """Cost at which an arm reaches the other's final bits, over what the other had spent then.

    Both arms are of one language, so that their bits are of the same text.
    """
    mine, theirs = Side(curves), Side(others)

    def logs(first: Floats, second: Floats, units: Floats) -> Floats:
        final = theirs.r(second, units)[:, :, -1]
        reached = log_cost(mine.r(first, units), mine.logs(axis), final)
        return np.asarray(reached - theirs.logs(axis)[:, -1])

    return _estimate((mine, theirs), logs)


def bounds_to_target(curves: Sequence[Curve], axis: str, target: float) -> dict[str, float | None]:
    """`ci_low` and `ci_high` of a cost to a target that some seed did not meet, or met too soon."""
    r, _ = r_and_bits(curves)
    return _ends(bounds_of_mean(r, Side(curves).logs(axis), target))


def bounds_to_final(
    curves: Sequence[Curve], others: Sequence[Curve], axis: str
) -> dict[str, float | None]:
    """The same of the cost at which an arm reaches the other's final bits, over the other's."""
    (mine, _), (theirs, _) = r_and_bits(curves), r_and_bits(others)
    logs = Side(curves).logs(axis) - Side(others).logs(axis)[:, -1:]
    return _ends(bounds_of_mean(mine, logs, theirs[:, -1]))


def bits_ratio_at_cost(
    curves: Sequence[Curve], others: Sequence[Curve], axis: str
) -> Estimate | None:
    """Ratio of bits per unit on validation at the largest cost that both runs of a pair reached."""
    mine, theirs = Side(curves), Side(others)
    cost = np.minimum(mine.logs(axis)[:, -1], theirs.logs(axis)[:, -1])

    def logs(first: Floats, second: Floats, units: Floats) -> Floats:
        above = at_log_cost(mine.bits(first, units), mine.logs(axis), cost)
        below = at_log_cost(theirs.bits(second, units), theirs.logs(axis), cost)
        return np.asarray(np.log(above / below))

    return _estimate((mine, theirs), logs)


def bits_ratio_on_test(curves: Sequence[Curve], others: Sequence[Curve]) -> Estimate | None:
    """Ratio of final bits per unit on the test split, read once; None where units were not kept."""
    sides = [[one.test.test for one in side if one.test] for side in (curves, others)]
    found = [[bits for bits in side if bits is not None] for side in sides]
    held = curves[0].test
    if held is None or [len(side) for side in found] != [len(curves), len(others)]:
        return None
    mine, theirs = (np.stack(side, axis=1) for side in found)
    return training_contrast(mine, theirs, held.test_documents)


def equal_at_the_end(curves: Sequence[Curve], others: Sequence[Curve]) -> str | None:
    """The first axis along which both runs of each pair ended at one cost, to within 1%, if any.

    A run ends with the step that passes its budget, and vocabularies leave out a sequence or two.
    """
    for axis in AXES:
        mine, theirs = ([one.costs[axis][-1] for one in side] for side in (curves, others))
        if np.allclose(mine, theirs, rtol=0.01, atol=0.0):
            return axis
    return None


def saw_as_much(curves: Sequence[Curve], others: Sequence[Curve]) -> bool:
    """Whether no run of an arm saw less content than its pair of the other, to within 1%."""
    pairs = zip(curves, others, strict=True)
    return all(one.costs["units"][-1] >= 0.99 * other.costs["units"][-1] for one, other in pairs)


def r_and_bits(curves: Sequence[Curve]) -> tuple[Floats, Floats]:
    """r and bits per unit [seeds, points] of a side, over all documents."""
    side = Side(curves)
    totals, units = side.columns.sum(0, keepdims=True), curves[0].units.sum(keepdims=True)
    return side.r(totals, units)[0], side.bits(totals, units)[0]


def paired(
    curves: Sequence[Curve], others: Sequence[Curve]
) -> tuple[Sequence[Curve], Sequence[Curve]]:
    """Runs of two arms in pairs: by seed where they share seeds, in order where they share none."""
    by_seed = {one.seed: one for one in others}
    pairs = [(one, by_seed[one.seed]) for one in curves if one.seed in by_seed]
    if not {one.seed for one in curves} & set(by_seed):
        pairs = list(zip(curves, others, strict=False))
    return [one for one, _ in pairs], [other for _, other in pairs]


def comparable(*arms: Sequence[Curve]) -> bool:
    """Whether all runs have the same number of points within an arm and the same documents."""
    documents = {one.clusters.index.tobytes() for curves in arms for one in curves}
    points = [{one.sums.shape[1] for one in curves} for curves in arms]
    return len(documents) == 1 and all(len(sizes) == 1 for sizes in points)


def _ends(logs: tuple[float, float]) -> dict[str, float | None]:
    low, high = (float(np.exp(one)) if np.isfinite(one) else None for one in logs)
    return {"ci_low": low, "ci_high": high}


def _log_cost(side: Side, axis: str, target: float, totals: Floats, units: Floats) -> Floats:
    return log_cost(side.r(totals, units), side.logs(axis), target)


def _estimate(sides: Sequence[Side], logs: Callable[..., Floats]) -> Estimate | None:
    """The contrast whose logarithms [n, seeds] `logs` computes from each side's totals, and units.

    None if a logarithm is missing on the whole of the documents; without an interval if one is
    missing when some document is left out.
    """
    first = sides[0].curves[0]
    columns = [side.columns for side in sides]
    ends = np.cumsum([one.shape[1] for one in columns])
    sums = np.concatenate([*columns, first.units[:, None]], axis=1)

    def of_seeds(totals: Floats) -> Floats:
        return logs(*np.split(totals[:, :-1], ends[:-1], axis=1), totals[:, -1])

    whole = of_seeds(sums.sum(0, keepdims=True))[0]
    if not np.isfinite(whole).all():
        return None
    clusters, error = first.clusters, 0.0
    if clusters.n_documents > 1:
        error = float(jackknife(sums, lambda totals: of_seeds(totals).mean(1, keepdims=True))[0])
    return seed_contrast(whole, error, clusters.k_eff, clusters.n_units, clusters.n_documents)

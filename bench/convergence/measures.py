"""What is read off learning curves: arrays of bits at rising costs in, one number a curve out.

With H0 = bits per unit of the order-0 character floor on validation, and b* the lowest annealed
bits of any run on that corpus and language, r = (H0 - b) / (H0 - b*): 0 is knowing the characters,
1 is the best model at hand. Arrays are [..., points]; `logs` are logarithms of the costs, of a
shape that broadcasts with them: [points], or [seeds, points].
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TARGETS = (0.5, 0.8, 0.9)
AXES = {
    "units": ("units_seen", "content"),
    "tokens": ("tokens_seen", "token"),
    "flops": ("flops_useful", "flop"),
}
"""Axis -> the column of curves.csv it reads, and the budget that comparing along it equalises."""
DECADES_FOR_A_FIT = 2.0


def log_cost(r: Floats, logs: Floats, target: float | Floats) -> Floats:
    """Log cost at which r first rises to the target, [...]; NaN where it does not, or did before.

    `target` is a number or an array [...]. Linear in the log cost on the segment of the crossing.
    """
    wanted = np.broadcast_to(np.asarray(target, np.float64), r.shape[:-1])
    found = np.full(r.shape[:-1], np.nan)
    for i in range(1, r.shape[-1]):
        before, after = r[..., i - 1], r[..., i]
        crossing = np.isnan(found) & (before < wanted) & (wanted <= after) & (r[..., 0] < wanted)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (wanted - before) / (after - before)
            here = logs[..., i - 1] + share * (logs[..., i] - logs[..., i - 1])
        found = np.where(crossing, here, found)
    return found


def bounds_of_mean(r: Floats, logs: Floats, target: float | Floats) -> tuple[float, float]:
    """What is known of the mean log cost to a target that some of the curves [seeds] do not meet.

    One that falls short counts with its last cost, which bounds the mean from below; one that was
    there before with its first, from above: (low, high), infinite where there is no bound.
    """
    short, before = r.max(-1) < target, r[..., 0] >= target
    held = np.where(short, logs[..., -1], np.where(before, logs[..., 0], log_cost(r, logs, target)))
    mean = float(held.mean())
    return -math.inf if before.any() else mean, math.inf if short.any() else mean


def at_log_cost(values: Floats, logs: Floats, cost: float | Floats) -> Floats:
    """Values [...] at a log cost within the curve, linear between points; NaN outside it."""
    wanted = np.broadcast_to(np.asarray(cost, np.float64), values.shape[:-1])
    close = np.isclose(logs, wanted[..., None], rtol=1e-12, atol=0.0)
    found = np.full(values.shape[:-1], np.nan)
    for i in range(values.shape[-1]):
        found = np.where(close[..., i], values[..., i], found)
        if i:
            low, high = logs[..., i - 1], logs[..., i]
            share = (wanted - low) / (high - low)
            here = values[..., i - 1] + share * (values[..., i] - values[..., i - 1])
            found = np.where((low < wanted) & (wanted < high) & np.isnan(found), here, found)
    return found


def mean_over_log_cost(values: Floats, logs: Floats) -> Floats:
    """Mean of the values over the logarithm of the cost, by trapezoids between the points."""
    areas = (values[..., 1:] + values[..., :-1]) / 2 * np.diff(logs, axis=-1)
    return np.asarray(areas.sum(-1) / (logs[..., -1] - logs[..., 0]))


def gain_of_a_tenth(bits: Floats, logs: Floats) -> Floats:
    """Share of its bits that a model would lose by 10% more cost, from the last two points."""
    slope = (bits[..., -2] - bits[..., -1]) / (logs[..., -1] - logs[..., -2])
    return np.asarray(slope * math.log(1.1) / bits[..., -1])


def power_law(bits: Floats, costs: Floats) -> tuple[float, float, float] | None:
    """(E, A, α) of b = E + A·C^-α through points [points], least squares; None where it cannot be.

    Needs four points over two decades of cost (C is taken in units of the largest). E is what this
    fit tends to, nothing more: no entropy of a language.
    """
    if len(costs) < 4 or math.log10(costs[-1] / costs[0]) < DECADES_FOR_A_FIT - 1e-9:
        return None
    from scipy.optimize import curve_fit

    scaled = costs / costs[-1]
    start = (0.8 * float(bits[-1]), 0.2 * float(bits[-1]), 0.3)
    try:
        (floor, scale, power), _ = curve_fit(
            lambda c, e, a, p: e + a * c**-p, scaled, bits, p0=start,
            bounds=((0, 0, 1e-3), (np.inf, np.inf, 5)), maxfev=10_000,
        )  # fmt: skip
    except RuntimeError:
        return None
    return float(floor), float(scale), float(power)

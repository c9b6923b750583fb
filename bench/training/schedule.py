"""Which steps a stage takes, where the learning rate is annealed, and where it is looked at.

A stage is a list of legs. Under `wsd` the trunk keeps a constant rate; from it a branch decays to
each budget, is evaluated there, and is thrown away. A point read at a branch's end is what a run
of that budget would have given, at a fraction of its price.
"""

import math
from dataclasses import dataclass

import numpy as np

from bench.training.spec import Schedule


@dataclass(frozen=True)
class Leg:
    """Steps `start … stop - 1`. A branch decays and ends annealed; the trunk goes on after it."""

    start: int
    stop: int
    branch: bool


def legs(schedule: Schedule, steps: int) -> list[Leg]:
    """The legs of a stage of `steps` steps, in the order they are run."""
    if schedule.kind == "cosine":
        return [Leg(0, steps, branch=True)]
    found, trunk = [], 0
    for stop in sorted({max(1, round(share * steps)) for share in schedule.budgets}):
        start = max(trunk, min(stop - 1, round(stop * (1 - schedule.decay))))
        if start > trunk:
            found.append(Leg(trunk, start, branch=False))
        found.append(Leg(start, stop, branch=True))
        trunk = start
    return found


def share_of_peak(schedule: Schedule, steps: int, leg: Leg, step: int) -> float:
    """Learning rate at a step as a share of its peak."""
    warmup = max(1, round(schedule.warmup * steps))
    warm = min(1.0, (step + 1) / warmup)
    if not leg.branch:
        return warm
    if schedule.kind == "cosine":
        progress = max(0.0, (step - warmup) / max(1, leg.stop - warmup))
        shape = 0.5 * (1 + math.cos(math.pi * progress))
    else:
        shape = 1 - math.sqrt((step - leg.start) / (leg.stop - leg.start))
    return warm * (schedule.final + (1 - schedule.final) * shape)


def evaluation_steps(steps: int, points: int) -> tuple[int, ...]:
    """About `points` log-spaced steps from 1/64 of the stage to its end."""
    spaced = np.geomspace(max(1.0, steps / 64), steps, points)
    return tuple(sorted({max(1, round(float(step))) for step in spaced}))

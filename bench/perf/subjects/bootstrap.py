"""Intervals of 60 ratios over 10,000 resamples of documents, beside a loop over resamples."""

from pathlib import Path

import numpy as np

from bench.perf.subject import Gate, Subject
from bench.statistics import ratios

UNITS, DOCUMENTS, COLUMNS, RESAMPLES = 2009, 562, 60, 10_000
LOOPED = 500


def subject(folder: Path) -> Subject:
    """Matrix products of weights and sums against indexing in each resample."""
    rng = np.random.default_rng(0)
    documents = np.sort(rng.integers(0, DOCUMENTS, UNITS))
    below = rng.poisson(30, (UNITS, COLUMNS)) + 1
    above = rng.poisson(45, (UNITS, COLUMNS)) + 1
    members = [np.flatnonzero(documents == one) for one in np.unique(documents)]

    def product() -> None:
        ratios(above, below, documents, resamples=RESAMPLES)

    def loop() -> None:
        draw = np.random.default_rng(1)
        for _ in range(LOOPED):
            drawn = draw.integers(0, len(members), len(members))
            units = np.concatenate([members[one] for one in drawn])
            above[units].sum(0) / below[units].sum(0)

    def twice() -> None:
        ratios(np.tile(above, 2), np.tile(below, 2), documents, resamples=RESAMPLES)

    share = RESAMPLES / LOOPED
    gates = [Gate("loop/product, resample for resample", "loop", "product", least=True,
                  scale=share),
             Gate("twice the columns", "product, 120 columns", "product", 2.1, 2.0)]  # fmt: skip
    work = {"product": float(RESAMPLES), "loop": float(LOOPED),
            "product, 120 columns": float(RESAMPLES)}  # fmt: skip
    contestants = {"product": product, "loop": loop, "product, 120 columns": twice}
    return Subject(contestants, gates, clock="cpu", work=work, unit="resamples/s", seconds=30)

"""Whether a text can carry a test at all: enough units, and none that outweighs the others."""

import numpy as np
import numpy.typing as npt

from bench.claims.reasons import Reason

FEWEST_UNITS = 100
LARGEST_UNIT = 0.1
"""Fewer units, or one of a larger share, and there is no test (docs/claims.md)."""


def testable(tokens: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> str:
    """ok, or why no claim is tested on these units; `tokens` is [units, languages].

    A unit is the least that is resampled. Of one that is a tenth of a text there is no second to
    tell its spread by; and few units may lack a kind of unit that weighs much, and not show it.
    """
    units = len(tokens)
    if units < FEWEST_UNITS:
        return Reason.FEW_UNITS(units=units, fewest=FEWEST_UNITS)
    totals = np.maximum(tokens.sum(axis=0), 1)
    share = float((tokens.max(axis=0) / totals).max())
    if share <= LARGEST_UNIT:
        return "ok"
    return Reason.LARGE_UNIT(share=f"{share:.0%}")

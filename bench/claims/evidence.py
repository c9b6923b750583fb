"""Rows of `evidence.csv`, made where a statistic is estimated and its replicates are at hand."""

from collections.abc import Mapping
from typing import Any

from bench.claims.distribution import Distribution
from bench.schema import EVIDENCE
from bench.statistics import Estimate

Row = dict[str, Any]

_SHARED = ("corpus", "split", "vocabulary_family", "model", "context", "language", "reference",
           "variant", "n_seeds", "comparable", "status", "signature")  # fmt: skip


def evidence_row(statistic: str, about: Mapping[str, Any], estimate: Estimate) -> Row | None:
    """The row of a statistic; `about` has what the estimate does not know, other keys are left out.

    None where the value does not exist or is not positive: no test of ours is about such a one.
    """
    if not 0.0 < estimate.value < float("inf"):
        return None
    row = {name: about[name] for name in _SHARED if about.get(name) is not None}
    row |= Distribution.of(estimate).columns()
    row |= {
        "statistic": statistic,
        "ci_method": estimate.method,
        "n_units": estimate.n_units,
        "n_documents": estimate.n_documents,
        "k_eff": estimate.k_eff,
    }
    assert set(row) <= set(EVIDENCE.names)
    return row


def evidence_rows(found: list[Row | None]) -> list[Row]:
    """Those that exist."""
    return [row for row in found if row is not None]

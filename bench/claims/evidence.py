"""Rows of `evidence.csv`, made where a statistic is estimated and its replicates are at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.claims.cost_ratios import cost_ratios
from bench.claims.distribution import Distribution
from bench.claims.peaks import paired, peak_ratio
from bench.schema import EVIDENCE
from bench.statistics import Estimate

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from bench.costs.contexts import Lengths
    from bench.costs.memory import Predicted
    from bench.costs.shape import Shape

Row = dict[str, Any]
About = Callable[..., Row]
"""(languages, **how) -> what a row says of a statistic that rests on these languages."""

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


def evidence_rows(found: Iterable[Row | None]) -> list[Row]:
    """Those that exist."""
    return [row for row in found if row is not None]


def cost_evidence(
    of: Lengths, shapes: Sequence[Shape], sizes: Sequence[int], about: About
) -> list[Row]:
    """Cost ratios of one vocabulary family, for each language, context and shape."""
    reference = of.languages[of.reference]
    rows = []
    for ratio, estimate in cost_ratios(of, shapes, sizes):
        how: dict[str, Any] = {
            "model": ratio.model,
            "ctx": f"{ratio.context}-{ratio.window}" if ratio.window else ratio.context,
            "est": f"{ratio.statistic}.exact",
            "ci": estimate.method,
        }
        shared = about(of.languages[ratio.language], reference, **how)
        place = {"model": ratio.model, "context": ratio.context, "reference": reference}
        rows.append(evidence_row(ratio.statistic, {**shared, **place}, estimate))
    return evidence_rows(rows)


def peak_evidence(
    predicted: Predicted,
    tokens: npt.NDArray[np.int64],
    documents: npt.ArrayLike,
    reference: str,
    about: About,
) -> list[Row]:
    """`peak_memory_ratio` for each language and layout; `tokens` are counts [units, languages]."""
    other = predicted.languages.index(reference)
    rows = []
    for column, layout in predicted.held:
        if column == other or (other, layout) not in predicted.held:
            continue
        peaks = paired(predicted.totals(column, layout), predicted.totals(other, layout))
        batches = paired(predicted.tokens[column, layout], predicted.tokens[other, layout])
        estimate = peak_ratio(peaks, batches, tokens[:, [column, other]], documents)
        context = f"{layout}-{predicted.batch_units}-{predicted.precision}"
        how = {"model": predicted.model, "ctx": context, "est": "geometric-mean-of-batches"}
        shared = about(predicted.languages[column], reference, **how, ci=estimate.method)
        place = {"model": predicted.model, "context": context, "reference": reference}
        rows.append(evidence_row("peak_memory_ratio", {**shared, **place}, estimate))
    return evidence_rows(rows)

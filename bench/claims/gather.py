"""Statistics that rest on several cells at once: the best vocabulary size, bits per token.

Everything else that a claim may be about is estimated in the cell that measures it. These two are
made when a run's results are put together, from what its finished cells hold.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from bench.claims.density_rows import density
from bench.claims.evidence import Row, evidence_row, evidence_rows
from bench.claims.sizes import FEWEST, series, sizes_needed
from bench.convergence.curves import AtCommon
from bench.costs.shape import Shape
from bench.costs.shapes import signed as of_shape
from bench.measured import Measured
from bench.store import Finished
from bench.training.result import RunResult

MODE = "unit"  # claims are about units encoded alone: text encoded in one piece has no documents


def gathered(
    measured: Iterable[Measured],
    runs: Iterable[tuple[Finished, RunResult]],
    training: Iterable[Mapping[str, Any]],
    shapes: Sequence[Shape],
    reference: str,
    at_common: Collection[AtCommon] = (),
) -> list[Row]:
    """Rows of evidence.csv: `vocabulary_needed`, its ratio, and `bits_per_token_ratio`.

    `measured` are the tokenizations of a run, of which those of units alone are read; `runs` are
    its training runs with the corpus each read, `training` the judged rows of training.csv;
    `at_common` are the languages whose own best learning rate is the common one.
    """
    known = [one for one in measured if one.mode == MODE]
    return [*sizes(known, shapes, reference), *density(known, runs, training, at_common)]


def sizes(measured: Sequence[Measured], shapes: Sequence[Shape], reference: str) -> list[Row]:
    """V* of every series of families that differ only in their size, at least three of them."""
    return evidence_rows(
        row
        for (_, _, name), members in sorted(_series(measured).items())
        if len(members) >= FEWEST and shapes
        for row in _needed(name, members, shapes, reference)
    )


def _series(measured: Sequence[Measured]) -> dict[tuple[str, str, str], dict[int, Measured]]:
    """Tokenizations by size, for each corpus, split and series."""
    found: dict[tuple[str, str, str], dict[int, Measured]] = defaultdict(dict)
    for one in measured:
        if sized := series(one.family):
            found[one.whole.name, one.split, sized[0]][sized[1]] = one
    return found


def _needed(
    name: str, members: Mapping[int, Measured], shapes: Sequence[Shape], reference: str
) -> Iterator[Row | None]:
    first = members[min(members)]
    languages = first.statistics.languages
    tokens = {size: one.statistics.tokens for size, one in members.items()}
    signed = {one.name: of_shape(one) for one in shapes}
    documents = first.part.documents()
    for found in sizes_needed(tokens, languages, reference, shapes, documents):
        asked = dict.fromkeys((found.language, reference))
        gates = [one.about(*asked)["comparable"] for one in members.values()]
        shared = first.about(
            *asked, model=signed[found.shape], est="argmin-training-flops",
            sizes="+".join(map(str, sorted(members))),
        )  # fmt: skip
        place = {"vocabulary_family": name, "model": found.shape, "comparable": all(gates),
                 "status": found.open_end or shared["status"]}  # fmt: skip
        yield evidence_row("vocabulary_needed", {**shared, **place}, found.size)
        if found.ratio is not None:
            relative = {**shared, **place, "reference": reference}
            yield evidence_row("vocabulary_needed_ratio", relative, found.ratio)

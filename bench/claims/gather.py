"""Statistics that rest on several cells at once: the best vocabulary size, bits per token.

Everything else that a claim may be about is estimated in the cell that measures it. These two are
made when a run's results are put together, from what its finished cells hold.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from bench.arm_names import is_auxiliary
from bench.claims.density import Scored, densities
from bench.claims.evidence import Row, evidence_row, evidence_rows
from bench.claims.facts import OK
from bench.claims.sizes import FEWEST, series, sizes_needed
from bench.costs.shape import Shape
from bench.measured import Measured
from bench.store import Finished
from bench.training.result import RunResult, test_bits

MODE = "unit"  # claims are about units encoded alone: text encoded in one piece has no documents


def gathered(
    measured: Iterable[Measured],
    runs: Iterable[tuple[Finished, RunResult]],
    training: Iterable[Mapping[str, Any]],
    shapes: Sequence[Shape],
    reference: str,
) -> list[Row]:
    """Rows of evidence.csv: `vocabulary_needed`, its ratio, and `bits_per_token_ratio`.

    `measured` are the tokenizations of a run, of which those of units alone are read; `runs` are
    its training runs with the corpus each read, `training` the judged rows of training.csv.
    """
    known = [one for one in measured if one.mode == MODE]
    return [*sizes(known, shapes, reference), *density(known, runs, training)]


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
    documents = first.part.documents()
    for found in sizes_needed(tokens, languages, reference, shapes, documents):
        asked = dict.fromkeys((found.language, reference))
        gates = [one.about(*asked)["comparable"] for one in members.values()]
        shared = first.about(
            *asked, model=found.shape, est="argmin-training-flops",
            sizes="+".join(map(str, sorted(members))),
        )  # fmt: skip
        place = {"vocabulary_family": name, "model": found.shape, "comparable": all(gates),
                 "status": found.open_end or shared["status"]}  # fmt: skip
        yield evidence_row("vocabulary_needed", {**shared, **place}, found.size)
        if found.ratio is not None:
            relative = {**shared, **place, "reference": reference}
            yield evidence_row("vocabulary_needed_ratio", relative, found.ratio)


def density(
    measured: Sequence[Measured],
    runs: Iterable[tuple[Finished, RunResult]],
    training: Iterable[Mapping[str, Any]],
) -> list[Row]:
    """`bits_per_token_ratio` of every arm whose test units were tokenized with its family."""
    status = {row["run_id"]: row.get("status") for row in training}
    counts = {(one.corpus.folder, one.family): one for one in measured if one.split == "test"}
    arms: dict[tuple[str, ...], list[Scored]] = defaultdict(list)
    tokens: dict[tuple[str, ...], Measured] = {}
    for corpus, run in runs:
        about = run.about
        counted = counts.get((corpus.folder, about["family"]))
        if counted is not None and len(run.arrays["documents"]) == len(counted.statistics.tokens):
            key = (about["corpus"], about["family"], about["spec"]["model"], about["spec"]["arm"])
            arms[key] += _scored(run, counted, status)
            tokens[key] = counted
    read = (key for key in sorted(arms) if not is_auxiliary(key[3]))
    rows = (_densities(key, arms[key], tokens[key]) for key in read)
    return evidence_rows(chain.from_iterable(rows))


def _scored(run: RunResult, counted: Measured, status: Mapping[str, Any]) -> Iterator[Scored]:
    from bench.training.rows import run_id

    statistics = counted.statistics
    for language in run.about["spec"]["languages"]:
        bits = run.arrays.get(test_bits("main", language))
        if bits is not None and language in statistics.languages:
            yield Scored(
                language,
                run.about["spec"]["seed"],
                status.get(run_id(run, "main", language)) or "unjudged: no KN-5 floor beside it",
                np.asarray(bits, np.float64),
                statistics.tokens[:, statistics.languages.index(language)],
                run.about["vocabularies"][language]["size"],
            )


def _densities(
    key: tuple[str, ...], scored: Sequence[Scored], counted: Measured
) -> Iterator[Row | None]:
    _, _, model, arm = key
    for found in densities(scored, counted.part.documents()):
        shared = counted.about(
            found.language, found.reference, model=model, arm=arm,
            est="bits-per-token.ratio-of-totals", seeds=found.n_seeds, ci=found.estimate.method,
        )  # fmt: skip
        place = {"model": model, "variant": arm, "reference": found.reference,
                 "n_seeds": found.n_seeds,
                 "status": shared["status"] if found.status == OK else found.status}  # fmt: skip
        yield evidence_row("bits_per_token_ratio", {**shared, **place}, found.estimate)

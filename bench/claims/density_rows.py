"""Rows of evidence.csv on bits per token: finished runs over the tokens of their held-out units."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from bench.arm_names import BEST, PRIMARY, is_auxiliary
from bench.claims.density import Scored, densities
from bench.claims.evidence import Row, evidence_row, evidence_rows
from bench.claims.facts import OK
from bench.claims.reasons import Reason
from bench.convergence.curves import DIVERGED, AtCommon
from bench.measured import Measured
from bench.store import Finished
from bench.training.result import RunResult, test_bits


class Name(NamedTuple):
    """What the runs of an arm have in common."""

    corpus: str
    family: str
    model: str
    arm: str


@dataclass
class Arm:
    """Finished runs of an arm by language, beside the tokens of the units that they read.

    `diverged` are the languages in which a run did not finish; `lent` those whose runs are the
    primary arm's, because their own best rate is the common one.
    """

    counted: Measured
    scored: dict[str, list[Scored]] = field(default_factory=lambda: defaultdict(list))
    diverged: set[str] = field(default_factory=set)
    lent: set[str] = field(default_factory=set)


Runs = Iterable[tuple[Finished, RunResult]]
Statuses = Mapping[str, Any]


def density(
    measured: Sequence[Measured],
    runs: Runs,
    training: Iterable[Mapping[str, Any]],
    at_common: Collection[AtCommon] = (),
) -> list[Row]:
    """`bits_per_token_ratio` of every arm whose test units were tokenized with its family.

    `at_common` are the languages whose own best learning rate is the common one: at best rates
    their primary runs stand beside the others'.
    """
    arms = _arms(measured, runs, {row["run_id"]: row.get("status") for row in training})
    for name in [one for one in arms if one.arm == PRIMARY]:
        _lend(arms, name, at_common)
    return evidence_rows(row for name in sorted(arms) for row in _rows(name, arms[name]))


def _arms(measured: Sequence[Measured], runs: Runs, status: Statuses) -> dict[Name, Arm]:
    counts = {(one.corpus.folder, one.family): one for one in measured if one.split == "test"}
    found: dict[Name, Arm] = {}
    for corpus, run in runs:
        about, spec = run.about, run.about["spec"]
        counted = counts.get((corpus.folder, about["family"]))
        comparable = counted and len(run.arrays["documents"]) == len(counted.statistics.tokens)
        if counted and comparable and not is_auxiliary(spec["arm"]):
            name = Name(about["corpus"], about["family"], spec["model"], spec["arm"])
            _add(found.setdefault(name, Arm(counted)), run, status)
    return found


def _add(arm: Arm, run: RunResult, status: Statuses) -> None:
    from bench.training.rows import run_id

    statistics, spec = arm.counted.statistics, run.about["spec"]
    for language in spec["languages"]:
        said = status.get(run_id(run, "main", language)) or Reason.UNJUDGED()
        bits = run.arrays.get(test_bits("main", language))
        if DIVERGED in (said, run.status):  # one that stopped in an early stage has no last row
            arm.diverged.add(language)
        elif bits is not None and language in statistics.languages:
            tokens = statistics.tokens[:, statistics.languages.index(language)]
            size = run.about["vocabularies"][language]["size"]
            held = np.asarray(bits, np.float64)
            arm.scored[language].append(Scored(language, spec["seed"], said, held, tokens, size))


def _lend(arms: dict[Name, Arm], name: Name, at_common: Collection[AtCommon]) -> None:
    """Give the arm at best rates what the primary arm has at the same ones."""
    primary = arms[name]
    best = arms.setdefault(name._replace(arm=BEST), Arm(primary.counted))
    for language, scored in primary.scored.items():
        if (name.model, name.corpus, name.family, language) in at_common:
            best.scored[language] = scored
            best.lent.add(language)
            best.diverged |= primary.diverged & {language}


def _rows(name: Name, arm: Arm) -> Iterator[Row | None]:
    judged = [
        replace(one, status=DIVERGED) if language in arm.diverged else one
        for language, scored in arm.scored.items()
        for one in scored
    ]
    for found in densities(judged, arm.counted.part.documents()):
        if {found.language, found.reference} <= arm.lent:
            continue  # it stands under the primary arm
        shared = arm.counted.about(
            found.language, found.reference, model=name.model, arm=name.arm,
            est="bits-per-token.ratio-of-totals", seeds=found.n_seeds, ci=found.estimate.method,
        )  # fmt: skip
        place = {"model": name.model, "variant": name.arm, "reference": found.reference,
                 "n_seeds": found.n_seeds,
                 "status": shared["status"] if found.status == OK else found.status}  # fmt: skip
        yield evidence_row("bits_per_token_ratio", {**shared, **place}, found.estimate)

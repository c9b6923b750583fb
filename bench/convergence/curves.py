"""Runs as learning curves: grouped into arms, with what the scale r of their language needs.

Sums over documents stand beside the costs, so that any statistic of a curve can be computed again
with a document left out. A run without kept units has one document, and no error from it.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench import arm_names
from bench.convergence.evidence import Evidence, Held
from bench.convergence.measures import AXES
from bench.resampling import Clusters, cluster_sums
from bench.signature import parse

Row = Mapping[str, Any]
Floats = NDArray[np.float64]


class Name(NamedTuple):
    """What an arm is: one model, trained one way, with one family of vocabularies."""

    arm: str
    model: str
    corpus: str
    family: str
    more: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in self if part)


@dataclass(frozen=True)
class Curve:
    """One run: its costs [points] by axis, and sums of bits [documents, points] on validation.

    `units` are those of each document; `top` sums the order-0 floor's bits and `best` those of the
    best run of the language, [documents]. `charge` is added to every bits per unit but the top's.
    """

    seed: int
    costs: Mapping[str, Floats]
    sums: Floats
    clusters: Clusters
    units: Floats
    top: Floats
    best: Floats
    status: str
    corpus: str
    test: Held | None
    charge: float = 0.0

    def logs(self, axis: str) -> Floats:
        """Logarithms of the costs [points]."""
        return np.log(self.costs[axis])

    @property
    def bits(self) -> Floats:
        """Bits per unit at the annealed points."""
        return np.asarray(self.sums.sum(0) / self.units.sum() + self.charge)


Arms = dict[Name, dict[str, list[Curve]]]
AtCommon = tuple[str, str, str, str]  # model, corpus, family and language
DIVERGED = "diverged"


def arms(
    training: Iterable[Row], curves: Iterable[Row], evidence: Evidence,
    charges: Mapping[tuple[str, str], float] | None = None,
    at_common: Collection[AtCommon] = (),
) -> Arms:  # fmt: skip
    """Curves by arm and language; runs without an H0 or without annealed points are left out.

    A diverged run has no curve, and its arm and language are `diverged` for it, from the stage in
    which it stopped. `charges` are bits per unit by (family, language), as the price of a
    vocabulary's table; with them, runs of other families are left out. `at_common` are the
    languages whose own best rate is the common one.
    """
    training = list(training)
    points = _annealed(curves)
    made: Arms = defaultdict(lambda: defaultdict(list))
    floors = _floors(training, evidence)
    stopped = _stopped(training)
    for row in sorted(training, key=lambda row: str(row["run_id"])):
        top = floors.get(_text(row))
        charge = (charges or {}).get((row["vocabulary_family"], row["language"]), 0.0)
        excluded = charges is not None and not charge
        if row["run_id"] in points and row.get("status") != DIVERGED and top and not excluded:
            curve = _curve(row, points[row["run_id"]], top, evidence, charge)
            if _run(row) in stopped and (row.get("units") or math.inf) >= stopped[_run(row)]:
                curve = replace(curve, status=f"{curve.status}+{DIVERGED}")
            made[_name(row)][row["language"]].append(curve)
    return _completed(_with_best(_led_down(made)), at_common)


def _stopped(training: Iterable[Row]) -> dict[tuple[Name, str], float]:
    """The least units after which a run of an arm, all its stages, and language diverged."""
    found: dict[tuple[Name, str], float] = {}
    for row in training:
        if row.get("status") == DIVERGED:
            units = float(row.get("units") or 0)
            found[_run(row)] = min(found.get(_run(row), units), units)
    return found


def _annealed(curves: Iterable[Row]) -> dict[str, list[Row]]:
    points = defaultdict(list)
    for point in curves:
        if point["annealed"] and point["bits_per_unit"] is not None:
            points[point["run_id"]].append(point)
    return {name: sorted(own, key=lambda p: float(p["units_seen"])) for name, own in points.items()}


def _floors(training: Sequence[Row], evidence: Evidence) -> dict[tuple[Any, ...], Any]:
    """The order-0 floor on validation by the text it counted: bits a unit, or their mean."""
    found: dict[tuple[Any, ...], Any] = {}
    for row in training:
        if row["model"] == "floor-order0" and row["split"] == "validation":
            units = evidence.floors.get(row["run_id"])
            mean = float(row["bits_per_unit"])
            found[_text(row)] = (mean, units)
    return found


def _text(row: Row) -> tuple[Any, ...]:
    """What a run or a floor was trained on; a slice of a corpus is another text."""
    return row["corpus"], row["language"], row.get("train_units")


def _curve(row: Row, points: list[Row], top: Any, evidence: Evidence, charge: float) -> Curve:
    held = evidence.runs.get(row["run_id"])
    mean, of_units = top
    if held is None or of_units is None or len(of_units) != len(held.validation_documents):
        held, documents = None, np.zeros(1, np.int64)
        matrix = np.array([[float(point["bits_per_unit"]) for point in points]])
        floor = np.array([[mean]])
    else:
        documents, matrix = held.validation_documents, held.validation.T
        floor = np.asarray(of_units, np.float64)[:, None]
    clusters = Clusters.of(documents)
    every = cluster_sums(np.concatenate([np.ones_like(floor), floor, matrix], axis=1), clusters)
    costs = {
        axis: np.array([float(p[column]) for p in points]) for axis, (column, _) in AXES.items()
    }
    corpus = str(parse(row["signature"]).get("corp", row["corpus"]))
    status = str(row.get("status") or "unjudged")
    return Curve(row["seed"], costs, every[:, 2:], clusters, every[:, 0], every[:, 1],
                 every[:, 1], status, corpus, held, charge)  # fmt: skip


def _led_down(made: Arms) -> Arms:
    """The same, where early runs give their points to the runs of the arm that they begin.

    By seed; an arm and language of which a run lacks its early points keeps the points it has.
    """
    for name in [one for one in made if arm_names.later(one.arm)]:
        begun = made.get(name._replace(arm=str(arm_names.later(name.arm))), {})
        for language, own in made.pop(name).items():
            early = {one.seed: one for one in own}
            runs = begun.get(language, [])
            if runs and {one.seed for one in runs} <= early.keys():
                begun[language] = [_continued(early[one.seed], one) for one in runs]
    return made


def _continued(early: Curve, run: Curve) -> Curve:
    """A run with the points of its early run that come before its own first."""
    before = early.costs["units"] < run.costs["units"][0]
    sums = np.concatenate([early.sums[:, before], run.sums], axis=1)
    costs = {axis: np.concatenate([early.costs[axis][before], run.costs[axis]]) for axis in AXES}
    return replace(run, sums=sums, costs=costs)


def _with_best(made: Arms) -> Arms:
    """The same, each curve told the lowest annealed bits of any run of its text.

    A run on a slice of the corpus is held to a smaller validation sample, which is another text.
    """
    best: dict[tuple[str, str, bytes], tuple[float, Floats]] = {}
    for name, languages in made.items():
        for language, own in languages.items():
            for curve in own:
                place, found = _held_text(name, language, curve), _lowest(curve)
                best[place] = min(best.get(place, found), found, key=_first)
    told = {
        name: {
            language: [replace(one, best=best[_held_text(name, language, one)][1]) for one in own]
            for language, own in languages.items()
        }
        for name, languages in made.items()
    }
    return {
        name: {language: [one for one in own if one.top.sum() > one.best.sum()]
               for language, own in languages.items()}
        for name, languages in told.items()
    }  # fmt: skip


def _held_text(name: Name, language: str, curve: Curve) -> tuple[str, str, bytes]:
    return name.corpus, language, curve.clusters.index.tobytes()


def _lowest(curve: Curve) -> tuple[float, Floats]:
    """The lowest annealed bits per unit, and the sums [documents] behind them."""
    i = int(np.argmin(curve.bits))
    return float(curve.bits[i]), curve.sums[:, i] + curve.charge * curve.units


def _completed(made: Arms, at_common: Collection[AtCommon]) -> Arms:
    """`primary-best` with the primary runs of languages whose own best rate is the common one."""
    for name in [one for one in made if one.arm == arm_names.PRIMARY]:
        for language, own in made[name].items():
            if (name.model, name.corpus, name.family, language) in at_common:
                made.setdefault(_at_best(name), {}).setdefault(language, own)
    return {name: {k: v for k, v in own.items() if v} for name, own in made.items() if own}


def borrowed(made: Arms, name: Name, language: str) -> bool:
    """Whether the runs of `primary-best` in a language are those of the primary arm."""
    primary = made.get(name._replace(arm=arm_names.PRIMARY), {})
    return name.arm == arm_names.BEST and made[name][language] is primary.get(language)


def _at_best(name: Name) -> Name:
    return name._replace(arm=arm_names.BEST)


def _name(row: Row) -> Name:
    """The arm of a row, with its stage if it is not the last."""
    whole, _ = _run(row)
    stage = row.get("stage")
    more = [] if stage in (None, "main") else [str(stage)]
    return whole._replace(more="/".join([whole.more, *more] if whole.more else more))


def _run(row: Row) -> tuple[Name, str]:
    """The arm of a row whatever its stage, of a sweep with its rate, and the language."""
    rate = f"lr{row['lr']:g}" if row["arm"] == arm_names.SWEEP else ""
    return (Name(row["arm"], row["model"], row["corpus"], row["vocabulary_family"], rate),
            row["language"])  # fmt: skip


def _first(pair: tuple[float, Floats]) -> float:
    return pair[0]

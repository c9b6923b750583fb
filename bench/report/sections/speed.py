"""How fast each language is learned: convergence.csv as tables, languages across."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bench.arm_names import PRIMARY, is_auxiliary
from bench.report.charts.targets import is_weak
from bench.report.data import Results, Row
from bench.report.document import Beside, Cell, Missing, Table
from bench.report.number import Number, number
from bench.report.scope import Scope, language_name
from bench.report.text import Text, code, say, verbatim

FILES = ("convergence.csv",)
NONE = "none"
UNITS = {"flops": "FLOP", "tokens": "tokens", "units": "tokens"}
Pair = tuple[str, str]
"""An arm, and the arm that it stands beside or `none`."""


class Measure(NamedTuple):
    """Which rows of convergence.csv a line shows, and in which words."""

    title: Text
    axis: str
    name: str
    target: str = NONE


CONTENT = Measure(say("Bits per unit on validation, equal content"), "units", "bits_ratio")
COMPUTE = Measure(say("Bits per unit on validation, equal FLOPs"), "flops", "bits_ratio")
TEST = Measure(say("Bits per unit on test, equal content"), "units", "test_bits_ratio")
IN_AN_ARM = (
    Measure(say("Units to r = 0.8"), "units", "cost_to_target", "r=0.8"),
    Measure(say("Units to r = 0.9"), "units", "cost_to_target", "r=0.9"),
    Measure(say("FLOPs to r = 0.8"), "flops", "cost_to_target", "r=0.8"),
    Measure(say("FLOPs to r = 0.9"), "flops", "cost_to_target", "r=0.9"),
    Measure(say("Mean of r over log units"), "units", "mean_r"),
    CONTENT,
    COMPUTE,
    TEST,
    Measure(say("Bits per unit on test, equal tokens"), "tokens", "test_bits_ratio"),
    Measure(say("Bits per unit on test, equal FLOPs"), "flops", "test_bits_ratio"),
    Measure(say("Bits that 10% more units would save, %"), "units", "gain_of_10_percent"),
)
BETWEEN_ARMS = (
    Measure(say("FLOPs to r = 0.8"), "flops", "cost_to_target_ratio", "r=0.8"),
    Measure(say("FLOPs to r = 0.8, vocabularies charged"), "flops", "cost_to_target_ratio",
            "r=0.8+table"),
    Measure(say("FLOPs to the other's final bits"), "flops", "cost_to_final_bits_ratio", "final"),
    CONTENT,
    COMPUTE,
    TEST,
)  # fmt: skip

# A grown run's first annealed point is past r = 0.8.
OF_GROWTH = tuple(one for one in BETWEEN_ARMS if one.name != "cost_to_target_ratio")
WITHOUT_STAGE = 3  # slashes in the name of an arm


def tables(results: Results, scope: Scope) -> Iterator[Table]:
    """The primary arm; then, folded, the other arms, arms beside each other, and the rates."""
    first = [(arm, NONE) for arm in arms(results) if is_primary(arm)]
    others = [(arm, NONE) for arm in arms(results) if not is_primary(arm)]
    languages = tuple(map(language_name, scope.languages))
    head = (say("Arm"), say("Model"), say("Vocabulary"), say("Measure"), *languages)
    caption = say("How fast each language is learned, from annealed points")
    rows = _lines(results, scope, first, IN_AN_ARM)
    yield Table("convergence", caption, head, rows, FILES)
    rows = _lines(results, scope, others, IN_AN_ARM)
    yield Table("other_arms", say("The same for the other arms"), head, rows, FILES, folded=True)
    head = (say("Arm"), say("Model"), say("Vocabulary"), say("Relative to"), say("Measure"),
            *languages)  # fmt: skip
    rows = _lines(results, scope, pairs(results), BETWEEN_ARMS)
    yield Table("arms", say("Arms beside each other"), head, rows, FILES, folded=True)
    yield _rates(results, scope)


def grown(results: Results, scope: Scope, grew: set[str]) -> Table:
    """What the last stage of arms that grew took and reached, over the same model from scratch."""
    ours = [(arm, other) for arm, other in pairs(results)
            if arm.split("/")[0] in grew and is_whole(arm)
            and is_primary(other) and parts(other)[1:] == parts(arm)[1:]]  # fmt: skip
    languages = tuple(map(language_name, scope.languages))
    head = (say("Arm"), say("Model"), say("Vocabulary"), say("Relative to"), say("Measure"),
            *languages)  # fmt: skip
    rows = _lines(results, scope, ours, OF_GROWTH)
    return Table("grown", say("Grown, over the same model from scratch"), head, rows, FILES)


def arms(results: Results) -> list[str]:
    """The arms of convergence.csv, `arm/model/corpus/family`, without those that serve others."""
    found = results.distinct("convergence", "arm")
    return [one for one in found if not is_auxiliary(one.split("/")[0])]


def pairs(results: Results) -> list[Pair]:
    """Every arm with each of the arms that it is compared with."""
    return [(arm, other) for arm in arms(results)
            for other in results.distinct("convergence", "against", arm=arm)
            if other != NONE]  # fmt: skip


def is_primary(arm: str) -> bool:
    """Whether it is the primary arm, of any model."""
    return arm.startswith(f"{PRIMARY}/")


def is_whole(arm: str) -> bool:
    """Whether it is an arm with all its stages, and not the first ones of a growth."""
    return arm.count("/") == WITHOUT_STAGE


def _lines(
    results: Results, scope: Scope, pairs: list[Pair], measures: tuple[Measure, ...]
) -> tuple[tuple[Cell, ...], ...]:
    """A line a pair and measure, without those of which no language has a row."""
    found = []
    for pair in pairs:
        for measure in measures:
            cells = [cell(results, scope, pair, measure, one) for one in scope.languages]
            if any(cells):
                absent = [_absent(scope, pair, measure, one) for one in scope.languages]
                shown = (cell or other for cell, other in zip(cells, absent, strict=True))
                found.append((*_named(pair), measure.title, *shown))
    return tuple(found)


def _absent(scope: Scope, pair: Pair, measure: Measure, language: str) -> Cell:
    """What stands where there is no row: a language relative to itself is 1."""
    relative = pair[1] == NONE and measure.name.endswith("_ratio")
    if relative and language == scope.reference:
        return verbatim("1")
    return Missing(say("not compared"))


def _named(pair: Pair) -> list[Cell]:
    """Arm, model and vocabulary; and those of the other arm that differ."""
    arm, other = (parts(one) for one in pair)
    named: list[Cell] = [code(part) for part in arm]
    if pair[1] != NONE:
        different = [theirs for mine, theirs in zip(arm, other, strict=True) if mine != theirs]
        named.append(code(" ".join(different)))
    return named


def parts(arm: str) -> tuple[str, str, str]:
    """Name and stage, model, and vocabulary of `arm/model/corpus/family/stage`."""
    name, model, _, family, *stage = arm.split("/") + [""] * (3 - arm.count("/"))
    return "/".join([name, *stage]), model, family


def cell(
    results: Results, scope: Scope, pair: Pair, measure: Measure, language: str
) -> Cell | None:
    """What a line says of a language; None where there is no row."""
    where = {"arm": pair[0], "against": pair[1], "axis": measure.axis, "target": measure.target,
             "language": language}  # fmt: skip
    if pair[1] != NONE:
        return shown(results.row("convergence", measure=measure.name, reference=None, **where))
    if measure.name.endswith("_ratio"):
        return shown(results.row("convergence", measure=measure.name, reference=scope.reference,
                                  **where))  # fmt: skip
    own = shown(results.row("convergence", measure=measure.name, reference=None, **where))
    ratio = shown(results.row("convergence", measure=f"{measure.name}_ratio",
                               reference=scope.reference, **where))  # fmt: skip
    if isinstance(own, Number):
        return Beside(own, ratio if isinstance(ratio, Number) else None)
    return own


def shown(row: Row | None) -> Number | Missing | None:
    """A value of convergence.csv; for a target that was not met, what bounds it."""
    if row is None or (row["value"] is None and not row["censored"]):
        return None
    unit = "ratio" if row["measure"].endswith("_ratio") else _unit(row)
    if not row["censored"]:
        percent = 100 if row["measure"] == "gain_of_10_percent" else 1
        return number(row, *FILES, value=row["value"] * percent, unit=unit, n_units=None,
                      gated=is_weak(row))  # fmt: skip
    if row["ci_low"] is not None:
        return Missing(say("not reached: more than {n}", n=Number(row["ci_low"], unit).shown))
    if row["ci_high"] is not None:
        return Missing(say("already met before {n}", n=Number(row["ci_high"], unit).shown))
    return Missing(say("one of the two was not measured: see their own lines"))


def _unit(row: Row) -> str:
    if row["measure"] == "cost_to_target":
        return UNITS.get(row["axis"], "")
    return "ratio" if row["measure"] == "mean_r" else ""


def _rates(results: Results, scope: Scope) -> Table:
    """The common learning rate of each model; each language's best, and what that would save."""
    lines = []
    for row in results.rows("convergence", measure="common_lr", language=scope.reference):
        best = (_best_rate(results, str(row["arm"]), language) for language in scope.languages)
        _, *place = parts(str(row["arm"]))
        lines.append((*map(code, place), number(row, *FILES) or NOTHING, *best))
    head = (say("Model"), say("Vocabulary"), say("Common rate"),
            *map(language_name, scope.languages))  # fmt: skip
    caption = say("Learning rates: the common one, and each language's best beside the bits at the "
                  "common rate over those at its best")  # fmt: skip
    return Table("rates", caption, head, tuple(lines), FILES, folded=True)


def _best_rate(results: Results, arm: str, language: str) -> Cell:
    rows = {measure: results.row("convergence", arm=arm, measure=measure, language=language)
            for measure in ("best_lr", "common_over_best_bits")}  # fmt: skip
    best = number(rows["best_lr"], *FILES)
    loss = number(rows["common_over_best_bits"], *FILES, unit="ratio")
    return Beside(best, loss) if best else NOTHING


NOTHING = Missing(say("none"))

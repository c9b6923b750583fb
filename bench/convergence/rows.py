"""Rows of convergence.csv: each arm alone, against the reference language, against other arms."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.arm_names import PRIMARY, is_auxiliary
from bench.convergence import contrasts
from bench.convergence.curves import Arms, AtCommon, Curve, Name, Row, arms, borrowed
from bench.convergence.evidence import Evidence
from bench.convergence.measures import (
    AXES,
    TARGETS,
    gain_of_a_tenth,
    mean_over_log_cost,
    power_law,
)
from bench.signature import signature
from bench.statistics import Estimate

if TYPE_CHECKING:
    from bench.training.rates import Choice

NONE = "none"
Charges = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class About:
    """What a row is about: an arm, a language, and what it is compared with, if anything."""

    arm: Name
    language: str
    reference: str | None = None
    against: str = NONE


def rows(
    training: Iterable[Row],
    curves: Iterable[Row],
    reference: str = "en",
    evidence: Evidence | None = None,
    *,
    against: Mapping[str, Sequence[str]] | None = None,
    charges: Charges | None = None,
    at_common: Collection[AtCommon] = (),
) -> list[dict[str, Any]]:
    """Every measure of every arm; none for arms without annealed points or without an H0.

    Without `evidence`, or with fewer than five seeds, values are points. `against` names, for an
    arm, the arms it is compared with beside the primary one. `charges` are bits per unit for the
    table and merges of a vocabulary, by (family, language): ratios between arms are given with
    them too, their target marked `+table`. `at_common` are the languages whose own best rate is the
    common one: their primary runs stand beside the others' at their best, and what only repeats
    the primary arm is left out.
    """
    training, curves, kept = list(training), list(curves), evidence or Evidence()
    made = arms(training, curves, kept, None, at_common)
    found = [*_alone(made), *_languages(made, reference), *_arms(made, against or {})]
    if charges:
        charged = arms(training, curves, kept, charges, at_common)
        found += _arms(charged, against or {}, "+table")
    return found


def rate_rows(choice: "Choice", arm: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of convergence.csv of a sweep: the common rate, each language's best, what it costs."""
    shared = {"axis": "units", "budget": "content", "target": NONE, "against": NONE,
              "ci_method": NONE, "n_seeds": 1, "censored": False, "model": params["model"],
              "corpus": params["corpus"], "vocabulary_family": params["family"],
              "status": "at the sweep's end" if choice.at_an_end else "ok"}  # fmt: skip
    found = []
    for language, best in choice.best.items():
        values = {"common_lr": choice.common, "best_lr": best,
                  "common_over_best_bits": choice.loss(language)}  # fmt: skip
        for measure, value in values.items():
            signed = signature(corp=choice.corp, split="validation", arm=arm, lang=language,
                               est=measure, rates=len(choice.bits[language]))  # fmt: skip
            found.append({**shared, "arm": arm, "language": language, "measure": measure,
                          "value": value, "signature": signed})  # fmt: skip
    return found


def at_common(rates: Iterable[Row]) -> frozenset[AtCommon]:
    """The languages of `rate_rows` whose own best rate is the common one."""
    found: dict[AtCommon, dict[str, float]] = defaultdict(dict)
    for row in rates:
        if row["measure"] in ("common_lr", "best_lr"):
            place = (row["model"], row["corpus"], row["vocabulary_family"], row["language"])
            found[place][row["measure"]] = row["value"]
    return frozenset(
        place for place, rate in found.items() if rate.get("common_lr") == rate.get("best_lr")
    )


def _alone(made: Arms) -> Iterator[dict[str, Any]]:
    for name, languages in sorted(made.items()):
        for language, runs in sorted(languages.items()):
            if contrasts.comparable(runs) and not borrowed(made, name, language):
                yield from _of_language(About(name, language), runs)


def _of_language(about: About, runs: Sequence[Curve]) -> Iterator[dict[str, Any]]:
    for axis in AXES:
        for target in TARGETS:
            found = contrasts.cost_to_target(runs, axis, target)
            bounds = {} if found else contrasts.bounds_to_target(runs, axis, target)
            yield _row(about, axis, "content", "cost_to_target", f"r={target}", runs, found, bounds)
    for axis, measure, value in _of_whole_curves(runs):
        yield _row(about, axis, "content", measure, NONE, runs, {"value": value})


def _of_whole_curves(runs: Sequence[Curve]) -> Iterator[tuple[str, str, float]]:
    """Axis, measure and mean over seeds of what is read off all points: r, slope, power law."""
    r, bits = contrasts.r_and_bits(runs)
    logs = {axis: contrasts.Side(runs).logs(axis) for axis in AXES}
    if r.shape[-1] > 1:
        for axis in ("units", "flops"):
            yield axis, "mean_r", float(mean_over_log_cost(r, logs[axis]).mean())
        yield "units", "gain_of_10_percent", float(gain_of_a_tenth(bits, logs["units"]).mean())
    fit = power_law(bits.mean(0), np.exp(logs["flops"].mean(0)))
    for part, value in zip(("floor", "scale", "exponent"), fit or (), strict=False):
        yield "flops", f"power_law_{part}", value


def _languages(made: Arms, reference: str) -> Iterator[dict[str, Any]]:
    """Ratios to the reference language within each arm."""
    for name, languages in sorted(made.items()):
        others = languages.get(reference, ())
        for language, runs in sorted(languages.items()):
            repeats = others and all(borrowed(made, name, one) for one in (language, reference))
            if others and language != reference and not repeats:
                about = About(name, language, reference)
                yield from _ratios(about, *contrasts.paired(runs, others))


def _arms(
    made: Arms, against: Mapping[str, Sequence[str]], mark: str = ""
) -> Iterator[dict[str, Any]]:
    """Ratios to another arm within each language."""
    for name, other in _pairs(made, against):
        for language, runs in sorted(made[name].items()):
            others = made[other].get(language, ())
            if others and not _repeats(made, name, other, language):
                about = About(name, language, None, str(other))
                yield from _ratios(about, *contrasts.paired(runs, others), mark)


def _repeats(made: Arms, name: Name, other: Name, language: str) -> bool:
    """Whether a contrast at best rates is one of the primary arm, or of a run with itself."""
    mine, theirs = (borrowed(made, one, language) for one in (name, other))
    return mine and (theirs or made[name][language] is made[other][language])


def _pairs(made: Arms, against: Mapping[str, Sequence[str]]) -> Iterator[tuple[Name, Name]]:
    """Each arm with the primary one and those it names, and TokenFormers with Transformers."""
    trained = [name for name in sorted(made) if not is_auxiliary(name.arm)]
    for name in trained:
        for other in trained:
            same_place = (name.corpus, name.more) == (other.corpus, other.more)
            if name == other or not same_place:
                continue
            if name.model == other.model:
                wanted = {PRIMARY, *against.get(name.arm, ())} - {name.arm}
                if other.arm in wanted and name.arm != PRIMARY:
                    yield name, other
            elif (name.arm, name.family) == (other.arm, other.family) and name < other:
                yield name, other


def _ratios(
    about: About, runs: Sequence[Curve], others: Sequence[Curve], mark: str = ""
) -> Iterator[dict[str, Any]]:
    if not runs or not contrasts.comparable(runs, others):
        return
    both, pairs = [*runs, *others], len(runs)
    for axis, (_, budget) in AXES.items():
        for target in TARGETS:
            found = contrasts.cost_ratio(runs, others, axis, target)
            yield _row(about, axis, "content", "cost_to_target_ratio", f"r={target}{mark}", both,
                       found, pairs=pairs)  # fmt: skip
        if about.reference is None and contrasts.saw_as_much(runs, others):
            found = contrasts.cost_ratio_to_final(runs, others, axis)
            bounds = {} if found else contrasts.bounds_to_final(runs, others, axis)
            yield _row(about, axis, "content", "cost_to_final_bits_ratio", f"final{mark}", both,
                       found, bounds, pairs)  # fmt: skip
        found = contrasts.bits_ratio_at_cost(runs, others, axis)
        yield _row(about, axis, budget, "bits_ratio", mark.strip("+") or NONE, both, found,
                   pairs=pairs)  # fmt: skip
    ended = contrasts.equal_at_the_end(runs, others)
    if ended and not mark:
        found = contrasts.bits_ratio_on_test(runs, others)
        yield _row(about, ended, AXES[ended][1], "test_bits_ratio", NONE, both, found,
                   pairs=pairs)  # fmt: skip


def _row(
    about: About, axis: str, budget: str, measure: str, target: str, runs: Sequence[Curve],
    found: Estimate | Mapping[str, Any] | None, bounds: Mapping[str, Any] | None = None,
    pairs: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A row about `runs`; of a contrast about both sides', in so many `pairs`."""
    statuses = "+".join(sorted({one for run in runs for one in run.status.split("+")}))
    seeds = len(runs) if pairs is None else pairs
    split = "test" if measure.startswith("test") else "validation"
    signed = signature(
        corp=runs[0].corpus, split=split, arm=str(about.arm), lang=about.language,
        ref=about.reference or NONE, against=about.against, est=f"{measure}.{axis}.{target}",
        seeds=seeds, status=statuses,
    )  # fmt: skip
    return {
        "arm": str(about.arm),
        "language": about.language,
        "reference": about.reference,
        "against": about.against,
        "axis": axis,
        "budget": budget,
        "measure": measure,
        "target": target,
        "n_seeds": seeds,
        "corpus": about.arm.corpus,
        "vocabulary_family": about.arm.family,
        "model": about.arm.model,
        "status": statuses,
        "censored": found is None,
        "ci_method": NONE,
        **(_numbers(found) if isinstance(found, Estimate) else (found or bounds or {})),
        "signature": signed,
    }


def _numbers(found: Estimate) -> dict[str, Any]:
    interval = found.interval()
    return {
        "value": found.value,
        "ci_low": interval.low,
        "ci_high": interval.high,
        "ci_method": interval.method,
        "k_eff": interval.k_eff if interval.n_documents > 1 else None,
        "log_se": found.log_se,
        "df": found.df if math.isfinite(found.df) else None,
    }

"""From settings to verdicts: two p-values each, Holm within a family, and what would settle it.

p_support tests the null "the bound does not hold", p_refute its reverse. A case of several parts
holds if all of them do: the largest p_support; it fails if one of them does: the smallest p_refute
times the number of parts. So a case with a part that is missing, or has no sampling error, may fail
by another, and cannot hold. A contrast of training has to give the verdict at the common learning
rate and at each language's best one: the larger p of the two.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Literal

from bench.claims.distribution import Distribution
from bench.claims.facts import OK, Fact
from bench.claims.power import settled_by
from bench.claims.reasons import Reason
from bench.claims.settings import Found, Setting
from bench.multiplicity import holm, holm_levels, largest

Verdict = Literal["supported", "refuted", "inconclusive"]
ALPHA = 0.05
EDGE = 1e-9  # a statistic of few values may stand exactly at its bound


@dataclass(frozen=True)
class Tested:
    """A setting with its p-values before correction, and the part that decides."""

    setting: Setting
    p_support: float | None
    p_refute: float | None
    decisive: Found | None
    by_rate: bool = False  # the verdicts at the two learning rates differ

    @property
    def p_values(self) -> tuple[float, float] | None:
        """Both, where there is a test and nothing forbids a verdict."""
        if self.p_support is None or self.p_refute is None or self.setting.status != OK:
            return None
        return None if self.setting.claim.untested else (self.p_support, self.p_refute)


@dataclass(frozen=True)
class Judged:
    """A verdict with its adjusted p-values; `level` is that of Holm's test, for the interval."""

    tested: Tested
    p_support: float | None
    p_refute: float | None
    level: float | None
    verdict: Verdict
    reason: str | None


def judge(settings: Sequence[Setting], alpha: float = ALPHA) -> list[Judged]:
    """Verdicts of all settings, each corrected within its family, in the order given.

    The primary endpoints of a family are corrected together, and the other settings of a family
    within their corpus and vocabulary.
    """
    tested = [tested_in(setting, alpha) for setting in settings]
    order = sorted(range(len(tested)), key=lambda i: family_of(settings[i]))
    found: dict[int, Judged] = {}
    for _, group in groupby(order, key=lambda i: family_of(settings[i])):
        places = list(group)
        judged = _judge_family([tested[i] for i in places], alpha)
        found.update(zip(places, judged, strict=True))
    return [found[i] for i in range(len(tested))]


def family_of(setting: Setting) -> tuple[str, ...]:
    """What is corrected together."""
    if setting.primary:
        return (setting.claim.family, "primary")
    return (setting.claim.family, "secondary", setting.key.corpus, setting.key.vocabulary)


def tested_in(setting: Setting, alpha: float = ALPHA) -> Tested:
    """The p-values of one setting, uncorrected."""
    if not setting.found:
        return Tested(setting, None, None, None)
    pairs = [_both(one) for one in setting.found]
    supports, refutes = zip(*pairs, strict=True)
    support, refute = largest(supports), _smallest(refutes, len(setting.case.parts))
    if refute is not None and (setting.missing or support is None):
        support = 1.0
    by_rate = any(_differ(one, alpha) for one in setting.found)
    return Tested(setting, support, refute, _decisive(setting.found, pairs), by_rate)


def support_and_refute(found: Found, of: Distribution) -> tuple[float | None, float | None]:
    """Both p-values of a part on a distribution."""
    low, high = found.part.bounds
    tests: dict[str, Callable[[], tuple[float | None, float | None]]] = {
        "below": lambda: (of.p_below(low), of.p_above(low * (1 - EDGE))),
        "at_most": lambda: (of.p_below(low * (1 + EDGE)), of.p_above(low)),
        "above": lambda: (of.p_above(low), of.p_below(low * (1 + EDGE))),
        "at_least": lambda: (of.p_above(low * (1 - EDGE)), of.p_below(low)),
        "within": lambda: (of.p_within(low, high or low), of.p_outside(low, high or low)),
    }
    return tests[found.part.test]()


def holds(found: Found) -> bool:
    """Whether the value itself is where the claim has it."""
    value, (low, high) = _of(found).value, found.part.bounds
    return {
        "below": value < low,
        "at_most": value <= low,
        "above": value > low,
        "at_least": value >= low,
        "within": low <= value <= (high or low),
    }[found.part.test]


def _both(found: Found) -> tuple[float | None, float | None]:
    """P-values of a part; with a twin, the larger of the two on each side."""
    facts = [fact for fact in (found.fact, found.twin) if fact is not None]
    if any(fact.distribution is None for fact in facts):
        return None, None
    pairs = [support_and_refute(found, fact.distribution) for fact in facts if fact.distribution]
    supports, refutes = zip(*pairs, strict=True)
    return largest(supports), largest(refutes)


def _differ(found: Found, alpha: float) -> bool:
    """Whether one of the learning rates alone would give a verdict that the other does not."""
    facts = [fact for fact in (found.fact, found.twin) if fact is not None]
    pairs = [support_and_refute(found, fact.distribution) for fact in facts if fact.distribution]
    verdicts = {
        tuple(p is not None and p <= alpha for p in pair) for pair in pairs
    }  # fmt: skip
    return len(verdicts) > 1


def _smallest(p_values: Sequence[float | None], parts: int) -> float | None:
    """The p-value of "one of the parts fails": Bonferroni's over all; None where none has one."""
    known = [p for p in p_values if p is not None]
    return min(1.0, parts * min(known)) if known else None


def _decisive(
    found: Sequence[Found], pairs: Sequence[tuple[float | None, float | None]]
) -> Found | None:
    """The part that supports least, or, where one fails, the part that fails most clearly."""
    known = [(one, pair) for one, pair in zip(found, pairs, strict=True) if one.fact.distribution]
    if not known:
        return None
    failing = [(one, pair) for one, pair in known if not holds(one)]
    if failing:
        return min(failing, key=lambda two: 1.0 if two[1][1] is None else two[1][1])[0]
    return max(known, key=lambda two: 1.0 if two[1][0] is None else two[1][0])[0]


def _judge_family(tested: Sequence[Tested], alpha: float) -> Iterator[Judged]:
    """Holm over each hypothesis' smaller p-value; the larger one takes the same factor.

    Of a hypothesis and its reverse one is true, so a family has as many true nulls as hypotheses,
    and a verdict is wrong only on the side of the true one.
    """
    pairs = [one.p_values for one in tested]
    smaller = [None if pair is None else min(pair) for pair in pairs]
    for one, pair, adjusted, level in zip(
        tested, pairs, holm(smaller), holm_levels(smaller, alpha), strict=True
    ):
        if pair is None or adjusted is None or level is None:
            yield Judged(one, None, None, None, "inconclusive", _why_untested(one))
            continue
        factor = alpha / level
        support, refute = (
            adjusted if p == min(pair) else min(1.0, max(adjusted, factor * p)) for p in pair
        )
        yield _verdict(one, support, refute, level, alpha)


def _verdict(one: Tested, support: float, refute: float, level: float, alpha: float) -> Judged:
    if min(support, refute) <= alpha and support != refute:
        verdict: Verdict = "supported" if support < refute else "refuted"
        return Judged(one, support, refute, level, verdict, None)
    reason = settled_by(_needed(one), test_level(one, level)) if one.decisive else None
    if one.setting.missing:
        reason = one.setting.lacking
    elif without_error := _without_error(one.setting):
        reason = without_error
    elif one.by_rate:
        reason = Reason.BY_RATE()
    return Judged(one, support, refute, level, "inconclusive", reason)


def test_level(one: Tested, level: float) -> float:
    """The level of each one-sided test of the part that decides, where the case is tested at one.

    That a part fails may be true of any of them, and of a range on either side of it.
    """
    if holds(_needed(one)):
        return level
    sides = 2 if _needed(one).part.test == "within" else 1
    return level / len(one.setting.case.parts) / sides


def _needed(one: Tested) -> Found:
    assert one.decisive is not None
    return one.decisive


def _why_untested(one: Tested) -> str:
    setting = one.setting
    if setting.claim.untested:
        return setting.claim.untested
    if setting.status != OK:
        return setting.status
    return _without_error(setting) or Reason.NO_ERROR_AT_ALL()


def _without_error(setting: Setting) -> str | None:
    """Why the first part that has no sampling error has none; None where every part has one."""
    common = (_no_error(one.fact) for one in setting.found if not _is_tested(one.fact))
    twins = (one.twin for one in setting.found if one.twin and not _is_tested(one.twin))
    best = (Reason.AT_BEST(reason=_no_error(twin)) for twin in twins)
    return next(chain(common, best), None)


def _is_tested(fact: Fact) -> bool:
    return fact.distribution is not None and fact.distribution.tested


def _no_error(fact: Fact) -> str:
    """Why a statistic has no error: no value, too few seeds, or too few documents."""
    if fact.distribution is None:
        return Reason.NO_VALUE(statistic=fact.name)
    if fact.n_seeds is not None and fact.n_seeds < 5:
        return Reason.FEW_SEEDS(seeds=fact.n_seeds, more=5 - fact.n_seeds)
    if fact.k_eff is not None and fact.k_eff < 10:
        return Reason.FEW_DOCUMENTS(k_eff=f"{fact.k_eff:.1f}")
    known = fact.distribution
    if known is not None and known.k_weight < known.needed:
        return Reason.FEW_BY_WEIGHT(documents=f"{known.k_weight:.1f}", needed=f"{known.needed:g}")
    if fact.statistic.startswith("vocabulary_needed"):
        return Reason.JUMPS()
    return Reason.NO_ERROR(statistic=fact.name)


def _of(found: Found) -> Distribution:
    assert found.fact.distribution is not None
    return found.fact.distribution

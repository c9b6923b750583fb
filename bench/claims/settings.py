"""Where a claim can be tested: a case of it, a setting, and the facts that its parts ask for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import NamedTuple

from bench import arm_names
from bench.claims.definition import Case, Claim, Part, Selection
from bench.claims.facts import LOOSE, NONE, OK, Fact
from bench.claims.reasons import Lack, Reason
from bench.claims.sizes import series

PRIMARY, BEST, SWEEP = (f"{one}/" for one in (arm_names.PRIMARY, arm_names.BEST, arm_names.SWEEP))
RATES = ("common_lr", "best_lr")


class Key(NamedTuple):
    """A setting: what stands in claims.csv beside the claim."""

    corpus: str
    vocabulary: str
    model: str
    context: str
    variant: str


@dataclass(frozen=True)
class Found:
    """A part of a case with its fact; `twin` is the same at each language's best learning rate."""

    part: Part
    fact: Fact
    twin: Fact | None = None


@dataclass(frozen=True)
class Setting:
    """A case of a claim in a setting. `missing` names the parts that no fact answers there."""

    claim: Claim
    case: Case
    key: Key
    found: tuple[Found, ...]
    missing: tuple[str, ...] = ()

    @property
    def primary(self) -> bool:
        """Whether it is one of the claim's primary endpoints."""
        return any(
            all(fnmatchcase(ours, pattern) for ours, pattern in zip(self.key, wanted, strict=True))
            for wanted in (
                (one.corpus, one.vocabulary, one.model, one.context, one.variant)
                for one in self.claim.primary
            )
        )

    @property
    def status(self) -> str:
        """ok, or the first reason for which there is no verdict.

        Where a part alone is missing the case may still fail, by one of the others.
        """
        if not self.found:
            return self.lacking
        facts = [fact for one in self.found for fact in (one.fact, one.twin) if fact]
        return next((fact.status for fact in facts if fact.status != OK), OK)

    @property
    def lacking(self) -> str:
        """What is missing, in words; ok where nothing is."""
        return Reason.MISSING(lacks="; ".join(self.missing)) if self.missing else OK


def settings(claim: Claim, facts: Sequence[Fact]) -> list[Setting]:
    """Every setting of every case; where there is none, one that says what is missing."""
    found = []
    for case in claim.cases:
        wanted = [_matching(claim, part, facts) for part in case.parts]
        keys = _keys(wanted)
        made = [_setting(claim, case, key, wanted, facts) for key in keys]
        found += made or [_nowhere(claim, case, facts)]
    return found


def _matching(claim: Claim, part: Part, facts: Sequence[Fact]) -> list[Fact]:
    found = [
        fact for fact in facts
        if fact.fits(part)
        and any(fnmatchcase(fact.vocabulary, pattern) for pattern in claim.vocabularies)
    ]  # fmt: skip
    return _largest(found) if claim.largest else found


def _largest(found: Sequence[Fact]) -> list[Fact]:
    """Facts of the largest of the families that differ in size alone, where there are several."""
    sizes: dict[tuple[str, str], set[int]] = {}
    placed = [(fact, sized) for fact in found if (sized := series(fact.vocabulary))]
    for fact, (name, size) in placed:
        sizes.setdefault((fact.corpus, name), set()).add(size)
    return [
        fact for fact, (name, size) in placed
        if len(known := sizes[fact.corpus, name]) > 1 and size == max(known)
    ]  # fmt: skip


def _keys(wanted: Sequence[Sequence[Fact]]) -> list[Key]:
    """Settings of all parts; one that another says more exactly is left out."""
    keys = sorted({_key(fact) for part in wanted for fact in part})
    return [key for key in keys if not any(_says_more(other, key) for other in keys)]


def _key(fact: Fact) -> Key:
    return Key(fact.corpus, fact.vocabulary, fact.model, fact.context, fact.variant)


def _says_more(other: Key, key: Key) -> bool:
    if other == key or other[:2] != key[:2]:
        return False
    return all(a == b or b in LOOSE for a, b in zip(other[2:], key[2:], strict=True))


def _setting(
    claim: Claim, case: Case, key: Key, wanted: Sequence[Sequence[Fact]], facts: Sequence[Fact]
) -> Setting:
    found, missing = [], []
    for part, matching in zip(case.parts, wanted, strict=True):
        here = [fact for fact in matching if _key(fact) == key or _says_more(key, _key(fact))]
        if len(here) != 1:
            asked = _wanted(part)
            missing.append(Lack.SEVERAL(wanted=asked) if here else asked)
            continue
        divided, reason = _divided(part, here[0], facts)
        if divided is None:
            missing.append(reason)
        else:
            found.append(_with_twin(part, here[0], divided, facts))
    return Setting(claim, case, key, tuple(found), tuple(missing))


def _divided(part: Part, fact: Fact, facts: Sequence[Fact]) -> tuple[Fact | None, str]:
    """The fact over the one that `over` asks for, of the same corpus, model and context."""
    if part.over is None:
        return fact, ""
    place = (fact.corpus, fact.model, fact.context)
    below = [one for one in facts
             if one.fits(part.over) and (one.corpus, one.model, one.context) == place]  # fmt: skip
    if len(below) != 1:
        asked = _wanted(part.over)
        return None, Lack.SEVERAL_BELOW(wanted=asked) if below else asked
    return fact.over(below[0]), ""


def _with_twin(part: Part, fact: Fact, divided: Fact, facts: Sequence[Fact]) -> Found:
    """A part with the same contrast at each language's own best rate, where that is another."""
    if not fact.arm.startswith(PRIMARY) or part.over is not None:
        return Found(part, divided)
    arm, against = (_at_best(name) for name in (fact.arm, fact.against))
    same = replace(fact, arm=arm, against=against)
    twin = next((one for one in facts if _identity(one) == _identity(same)), None)
    if twin is None and divided.status == OK and _has_other_rates(fact, facts):
        lack = Lack.OF_ARM(statistic=fact.statistic, arm=arm)
        divided = replace(divided, status=Reason.MISSING(lacks=lack))
    return Found(part, divided, twin)


def _has_other_rates(fact: Fact, facts: Sequence[Fact]) -> bool:
    """Whether the sweep of one of its models found a best rate that is not the common one."""
    sweeps = {SWEEP + arm.removeprefix(PRIMARY) for arm in (fact.arm, fact.against)}
    rates: dict[tuple[str, str], set[float]] = defaultdict(set)
    for one in facts:
        concerned = one.arm in sweeps and one.language in (fact.language, fact.reference)
        if concerned and one.statistic in RATES and one.distribution:
            rates[one.arm, one.language].add(one.distribution.value)
    return any(len(values) > 1 for values in rates.values())


def _at_best(arm: str) -> str:
    return BEST + arm.removeprefix(PRIMARY) if arm.startswith(PRIMARY) else arm


def _identity(fact: Fact) -> tuple[str, ...]:
    return (fact.statistic, *_key(fact), fact.language, fact.reference, fact.arm, fact.against)


def _nowhere(claim: Claim, case: Case, facts: Sequence[Fact]) -> Setting:
    """No setting at all: which parts no row answers."""
    lacking = [part for part in case.parts if not _matching(claim, part, facts)]
    missing = tuple(dict.fromkeys(_wanted(part) for part in lacking or case.parts))
    if claim.largest and not lacking:
        missing = (Lack.FAMILIES(),)
    if claim.vocabularies != ("*",):
        families = " or ".join(claim.vocabularies)
        missing = (Lack.OF_FAMILIES(wanted=", ".join(missing), families=families),)
    return Setting(claim, case, Key(NONE, NONE, NONE, NONE, "default"), (), missing)


def _wanted(part: Selection) -> str:
    """In words: `cost_to_target_ratio ru (reference en, target r=0.8)`."""
    names = ("reference", "context", "target", "model", "arm", "against")
    more = [f"{name} {getattr(part, name)}" for name in names if getattr(part, name) != "*"]
    return f"{part.statistic} {part.language}" + (f" ({', '.join(more)})" if more else "")

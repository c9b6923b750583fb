"""What claims are tested on: rows of evidence.csv and convergence.csv in one form."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from bench.claims.definition import Selection
from bench.claims.distribution import Distribution
from bench.claims.reasons import Reason
from bench.signature import parse

Row = Mapping[str, Any]
NONE = "none"
LOOSE = (NONE, "any", "default")  # a fact without a model or a context holds for all of them
OK = "ok"


@dataclass(frozen=True)
class Fact:
    """A statistic in a setting. `distribution` is None where there is no value.

    `status` is ok, or why it may enter no verdict; `n_seeds` is None where nothing was trained.
    """

    statistic: str
    corpus: str
    vocabulary: str
    model: str
    context: str
    language: str
    reference: str
    variant: str
    arm: str
    against: str
    distribution: Distribution | None
    status: str
    k_eff: float | None
    n_units: int | None
    n_documents: int | None
    n_seeds: int | None
    signature: str

    @property
    def name(self) -> str:
        """`token_premium zh/en`."""
        relative = "" if self.reference == NONE else f"/{self.reference}"
        arms = "" if self.against == NONE else f", {_arm(self.arm)} over {_arm(self.against)}"
        return f"{self.statistic} {self.language}{relative}{arms}"

    @cached_property
    def source(self) -> Mapping[str, str]:
        """The parts of its signature."""
        return parse(self.signature)

    def fits(self, wanted: Selection) -> bool:
        """Whether it is what a part of a claim asks for."""
        pairs = (
            (self.statistic, wanted.statistic), (self.language, wanted.language),
            (self.reference, wanted.reference), (self.context, wanted.context),
            (self.variant, wanted.target), (self.model, wanted.model),
            (self.arm, wanted.arm), (self.against, wanted.against),
        )  # fmt: skip
        return all(fnmatchcase(found, pattern) for found, pattern in pairs)

    def over(self, other: "Fact") -> "Fact":
        """The quotient, with the sum of both errors: an upper bound, however they go together."""
        mine, theirs = self.distribution, other.distribution
        ratio = None if mine is None or theirs is None else mine.over(theirs)
        status = self.status if self.status != OK else other.status
        against = other.arm if other.arm != self.arm else NONE
        return replace(self, distribution=ratio, status=status, reference=other.language,
                       against=against)  # fmt: skip


def facts(evidence: Iterable[Row], convergence: Iterable[Row]) -> list[Fact]:
    """Every fact of a results folder."""
    found = [*map(_of_evidence, evidence), *map(_of_convergence, convergence)]
    return _refuse_mixtures(found)


def _of_evidence(row: Row) -> Fact:
    trained = row["statistic"] == "bits_per_token_ratio"
    path = (row["variant"], row["model"], row["corpus"], row["vocabulary_family"])
    status = row["status"] or OK
    if row["comparable"] is False:
        status = Reason.GATED()
    return Fact(
        statistic=row["statistic"],
        corpus=row["corpus"],
        vocabulary=row["vocabulary_family"],
        model=row["model"] or NONE,
        context=row["context"] or NONE,
        language=row["language"],
        reference=row["reference"] or NONE,
        variant="default" if trained else row["variant"] or "default",
        arm="/".join(path) if trained else NONE,
        against=NONE,
        distribution=Distribution.from_row(row),
        status=status,
        k_eff=row["k_eff"],
        n_units=row["n_units"],
        n_documents=row["n_documents"],
        n_seeds=row["n_seeds"],
        signature=row["signature"] or "",
    )


def _of_convergence(row: Row) -> Fact:
    held = Distribution.from_row({**row, "statistic": row["measure"], "context": row["axis"]})
    status = row["status"] or "unjudged"
    bad = sorted(set(status.split("+")) - {OK})
    status = Reason.UNFIT(statuses=", ".join(bad)) if bad else OK
    if held is None and status == OK:
        status = Reason.NOT_REACHED(target=row["target"])
    return Fact(
        statistic=row["measure"],
        corpus=row["corpus"] or NONE,
        vocabulary=row["vocabulary_family"] or NONE,
        model=row["model"] or NONE,
        context=row["axis"],
        language=row["language"],
        reference=row["reference"] or NONE,
        variant=row["target"] or NONE,
        arm=row["arm"],
        against=row["against"] or NONE,
        distribution=held,
        status=status,
        k_eff=row["k_eff"],
        n_units=None,
        n_documents=None,
        n_seeds=row["n_seeds"],
        signature=row["signature"] or "",
    )


def _refuse_mixtures(found: Sequence[Fact]) -> list[Fact]:
    """Facts of a corpus, or a suite, in two versions or modes: none may enter a verdict.

    Only what was tokenized has a mode.
    """
    contents: dict[str, set[str]] = defaultdict(set)
    modes: dict[str, set[str]] = defaultdict(set)
    for fact in found:
        contents[fact.corpus].add(fact.source.get("corp", ""))
        modes[fact.corpus] |= {fact.source["mode"]} if "mode" in fact.source else set()
    versions = {fact.source.get("v", "") for fact in found}
    mixed = {
        name: _mixture({"corp": contents[name], "mode": modes[name], "v": versions})
        for name in contents
    }
    return [replace(fact, status=mixed[fact.corpus] or fact.status) for fact in found]


def _mixture(found: Mapping[str, set[str]]) -> str | None:
    for key, values in ((key, sorted(values)) for key, values in found.items()):
        if len(values) > 1:
            return Reason.MIXED(key=key, values=" and ".join(one or "missing" for one in values))
    return None


def _arm(name: str) -> str:
    return name.split("/")[0]

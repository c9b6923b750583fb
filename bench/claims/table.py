"""Rows of claims.csv, and what they come to over settings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.claims.definition import Claim
from bench.claims.facts import facts
from bench.claims.settings import Setting, settings
from bench.claims.verdicts import Judged, judge, test_level
from bench.schema import CLAIMS
from bench.signature import signature

Row = dict[str, Any]
VERDICTS = ("supported", "refuted", "inconclusive")


def claim_rows(
    claims: Sequence[Claim],
    evidence: Iterable[Mapping[str, Any]],
    convergence: Iterable[Mapping[str, Any]],
) -> list[Row]:
    """The rows of claims.csv: every case of every claim in every setting, in the claims' order.

    Rows are those of evidence.csv and convergence.csv with all their columns.
    """
    known = facts(evidence, convergence)
    wanted = [setting for claim in claims for setting in settings(claim, known)]
    return [_row(one) for one in judge(wanted)]


@dataclass(frozen=True)
class Summary:
    """A claim over its settings: how many gave each verdict, and in which.

    `overall` is that of all settings with a verdict; `depends` where they do not agree. `primary`
    is that of the primary endpoints, none where there is none.
    """

    claim: str
    counts: Mapping[str, int]
    where: Mapping[str, tuple[str, ...]]
    overall: str
    primary: str

    @property
    def lead(self) -> str:
        """What the claim is judged by: its primary endpoints, or else all of its settings."""
        return self.overall if self.primary == "none" else self.primary

    @property
    def tested(self) -> int:
        """Settings with a verdict."""
        return self.counts["supported"] + self.counts["refuted"]


def summaries(rows: Iterable[Mapping[str, Any]]) -> list[Summary]:
    """One for each claim, in the order of the rows."""
    by_claim: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_claim[row["claim"]].append(row)
    return [_summary(claim, own) for claim, own in by_claim.items()]


def overall(verdicts: Iterable[str]) -> str:
    """What several settings say together: inconclusive ones neither agree nor disagree."""
    clear = {verdict for verdict in verdicts if verdict != "inconclusive"}
    if not clear:
        return "inconclusive"
    return clear.pop() if len(clear) == 1 else "depends"


def _summary(claim: str, own: Sequence[Mapping[str, Any]]) -> Summary:
    where = {name: tuple(_place(row) for row in own if row["verdict"] == name) for name in VERDICTS}
    first = [row["verdict"] for row in own if row["endpoint"] == "primary"]
    return Summary(
        claim,
        {name: len(places) for name, places in where.items()},
        where,
        overall(row["verdict"] for row in own),
        overall(first) if first else "none",
    )


def _place(row: Mapping[str, Any]) -> str:
    """A setting in words: what tells it apart, corpus and vocabulary first."""
    more = [row[name] for name in ("model", "context") if row[name] not in (None, "none", "any")]
    case = [] if row["case"] == "all" else [row["case"]]
    return " ".join([*case, f"{row['vocabulary']} on {row['corpus']}", *more])


def _row(judged: Judged) -> Row:
    setting, tested = judged.tested.setting, judged.tested
    row: Row = dict.fromkeys(CLAIMS.names) | {
        "claim": setting.claim.id,
        "family": setting.claim.family,
        "corpus": setting.key.corpus,
        "vocabulary": setting.key.vocabulary,
        "model": setting.key.model,
        "context": setting.key.context,
        "case": _case(setting),
        "endpoint": "primary" if setting.primary else "secondary",
        "statistic": "; ".join(f"{part.statistic} {part.language}" for part in setting.case.parts),
        "p_support": judged.p_support,
        "p_refute": judged.p_refute,
        "verdict": judged.verdict,
        "reason": judged.reason,
    }
    return row | (_measured(judged) if tested.decisive else {"signature": _unsigned(setting)})


def _measured(judged: Judged) -> Row:
    """The part that decides: its value, interval at the level of its test, bound and counts."""
    found = judged.tested.decisive
    assert found is not None
    fact, (low, high) = found.fact, found.part.bounds
    level = 0.95
    if judged.level is not None:
        level = 1.0 - 2.0 * test_level(judged.tested, judged.level)
    ends = fact.distribution.interval(level) if fact.distribution else None
    return {
        "statistic": fact.name,
        "value": fact.distribution.value if fact.distribution else None,
        "ci_low": ends[0] if ends else None,
        "ci_high": ends[1] if ends else None,
        "ci_level": level if ends else None,
        "test": found.part.test,
        "threshold": low,
        "threshold_high": high,
        "n_units": fact.n_units,
        "n_documents": fact.n_documents,
        "k_eff": fact.k_eff,
        "n_seeds": fact.n_seeds,
        "signature": fact.signature,
    }


def _case(setting: Setting) -> str:
    """The case, with the segmenter or target that tells its settings apart."""
    variant = setting.key.variant
    said = {part.target for part in setting.case.parts} | {"default", "none"}
    return setting.case.name if variant in said else f"{setting.case.name} {variant}"


def _unsigned(setting: Setting) -> str:
    return signature(claim=setting.claim.id, case=setting.case.name, est="none")

"""Claims: what is believed about Chinese, Russian and English, and what this run says of it."""

from __future__ import annotations

from functools import cache

from bench.claims.definition import Claim, load
from bench.claims.table import Summary, summaries
from bench.report.charts import claims as picture
from bench.report.claim_words import CASES, FIGURES
from bench.report.data import Results, Row
from bench.report.document import Block, Cell, Missing, Paragraph, Remarked, Section, Table
from bench.report.filled import matched
from bench.report.number import Number
from bench.report.reasons import reason, statistic
from bench.report.scope import Scope
from bench.report.text import Text, code, known, listed, say, template, verbatim

FILES = ("claims.csv",)
VERDICTS = {
    "supported": say("✓ supported"),
    "refuted": say("✗ refuted"),
    "inconclusive": say("? inconclusive"),
    "depends": say("≈ it depends"),
}
SIGNS = {"below": "<", "at_most": "≤", "above": ">", "at_least": "≥"}
NAMED = 3  # settings that a cell names; the rest are counted
PLACE = template("{vocabulary} on {corpus}")
LISTED = 24  # settings of a claim that the report lists; a run may test a claim in a thousand


def section(results: Results, scope: Scope) -> Section | None:
    """The verdicts on a page, then every setting; None where no claim was tested."""
    rows = results.rows("claims")
    if not rows:
        return None
    found = sorted(summaries(rows), key=_order)
    drawn = picture.chart([leading(rows, one) for one in found])
    blocks: list[Block | None] = [
        Paragraph(ABOUT), _page(rows, found), drawn, Paragraph(CAVEATS, "caution"),
        Paragraph(UNTRACED), _literature(found), _settings(rows),
    ]  # fmt: skip
    return Section("claims", say("Claims"), tuple(block for block in blocks if block))


ABOUT = say(
    "Each claim has a statistic and a bound. Supported and refuted are two one-sided tests at "
    "0.05, corrected within a family (Holm); anything else is inconclusive. A verdict holds in "
    "its setting: another vocabulary may reverse it. Vocabularies that lose text, and runs that "
    "have not learned enough, enter no verdict. The number is that of the primary endpoint, fixed "
    "before the run (marked ●), or else of one setting; its interval is at the level of its test."
)
CAVEATS = say(
    "Most texts here were written in English and translated: a verdict is “given an English "
    "source” unless it also holds on the Quran. It is also given the domain of the text, the size "
    "of the models, and the vocabularies as they were trained: intervals say how much documents "
    "and seeds matter, not how much another training of the vocabulary would."
)
UNTRACED = say(
    "Attributions that circulate with these claims (a comparison of languages in PaLM, a "
    "correction of token counts by language in Chinchilla, faster training on Chinese at Alibaba) "
    "could not be traced to a source."
)


def leading(rows: list[Row], summary: Summary) -> Row:
    """The setting whose number is shown: primary, with a value, and of the claim's own verdict.

    Of a claim that depends on the setting, one that has a verdict.
    """
    own = [row for row in rows if row["claim"] == summary.claim]
    return min(
        own,
        key=lambda row: (row["value"] is None, row["endpoint"] != "primary",
                         row["verdict"] != summary.lead, row["verdict"] == "inconclusive"),
    )  # fmt: skip


@cache
def _claims() -> dict[str, Claim]:
    return {claim.id: claim for claim in load()}


def _order(summary: Summary) -> int:
    """The place of a claim in the suite's list; the user's own come last."""
    names = list(_claims())
    return names.index(summary.claim) if summary.claim in names else len(names)


def _page(rows: list[Row], found: list[Summary]) -> Table:
    lines: list[tuple[Cell, ...]] = []
    for summary in found:
        row = leading(rows, summary)
        claim = _claims().get(summary.claim)
        words = _words(claim) if claim else code(summary.claim)
        lines.append((words, _overall(summary), _value(row), _bound(row), _where(row),
                      _change(summary, row)))  # fmt: skip
    head = (say("Claim"), say("Verdict"), say("Measured"), say("Claimed"), say("Where"),
            say("What would change it"))  # fmt: skip
    return Table("claims", say("What is believed, and what was found"), head, tuple(lines), FILES)


def _words(claim: Claim) -> Cell:
    """What is claimed, and what it was tested as where the words alone do not say."""
    words = say("{words} ({name})", words=say(claim.words), name=code(claim.id))
    return Remarked(words, say(claim.note)) if claim.note else words


def _overall(summary: Summary) -> Text:
    """The verdict over settings, and in how many of them."""
    clear = [
        say("{verdict} in {n}", verdict=VERDICTS[name], n=count)
        for name, count in summary.counts.items()
        if count
    ]
    total = sum(summary.counts.values())
    secondary = summary.primary == "none"
    if total == 1:
        only = VERDICTS[summary.lead]
        return say("{verdict}, no primary endpoint here", verdict=only) if secondary else only
    told: dict[str, str | Text | int] = {
        "verdict": VERDICTS[summary.lead],
        "counts": listed(clear),
        "all": total,
    }
    if secondary:
        return say("{verdict}, no primary endpoint here. Over {all}: {counts}", **told)
    return say("{verdict}. Over {all}: {counts}", **told)


def _where(row: Row) -> Cell:
    if row["corpus"] in (None, "none"):
        return Missing(say("in no setting"))
    names = [known(row["case"], CASES)] if row["case"] not in (None, "all") else []
    names += [code(row[name]) for name in ("vocabulary", "corpus", "model", "context")
              if row[name] not in (None, "none", "any")]  # fmt: skip
    if row["endpoint"] != "primary":
        return listed(names)
    return say("{mark} {names}", mark=verbatim("●"), names=listed(names))


def _change(summary: Summary, row: Row) -> Text:
    """Settings that say otherwise; of an inconclusive one what would settle it."""
    if summary.overall == "depends":
        places = {name: _named(summary, name) for name in ("supported", "refuted")}
        return say("holds: {supported}; does not: {refuted}", **places)
    if summary.lead == "inconclusive":
        return reason(row["reason"] or "")
    if summary.counts["inconclusive"]:
        return say(
            "no setting here says otherwise; open: {places}", places=_named(summary, "inconclusive")
        )
    if summary.tested == 1:
        return say("another setting: this is the only one that was tested")
    return say("no setting here says otherwise")


def _named(summary: Summary, verdict: str) -> Text:
    places = list(summary.where[verdict])
    shown = listed([_place(place) for place in places[:NAMED]])
    if len(places) <= NAMED:
        return shown
    return say("{some} and {n} more", some=shown, n=len(places) - NAMED)


def _place(words: str) -> Text:
    """A setting in words, as a summary has it."""
    return matched(PLACE, words, {"vocabulary": _with_case}) or verbatim(words)


def _with_case(words: str) -> Text:
    """A vocabulary, and the case before it where that has a name in words."""
    case = next((one for one in CASES if words.startswith(f"{one} ")), None)
    if case is None:
        return verbatim(words)
    return listed([say(case), verbatim(words.removeprefix(f"{case} "))], " ")


def _literature(found: list[Summary]) -> Table | None:
    lines: list[tuple[Cell, ...]] = [
        (code(summary.claim), known(one.figure, FIGURES), verbatim(one.source))
        for summary in found
        if (claim := _claims().get(summary.claim))
        for one in claim.literature
    ]
    if not lines:
        return None
    head = (say("Claim"), say("Published figure"), say("Source"))
    return Table("claims_literature", say("What was published before"), head, tuple(lines),
                 folded=True)  # fmt: skip


def _settings(rows: list[Row]) -> Table:
    """Settings of each claim: endpoints first, then verdicts; the file has all of them."""
    by_claim: dict[str, list[Row]] = {}
    for row in rows:
        by_claim.setdefault(row["claim"], []).append(row)
    shown = [row for own in by_claim.values() for row in sorted(own, key=_interest)[:LISTED]]
    lines: list[tuple[Cell, ...]] = [
        (
            code(row["claim"]), VERDICTS.get(row["verdict"], verbatim(row["verdict"] or "")),
            _where(row), statistic(row["statistic"] or ""), _value(row), _bound(row),
            reason(row["reason"] or ""),
        )
        for row in shown
    ]  # fmt: skip
    head = (say("Claim"), say("Verdict"), say("Where"), say("Statistic"), say("Measured"),
            say("Claimed"), say("Why, and what would settle it"))  # fmt: skip
    caption = say("Every claim in every setting")
    if len(shown) < len(rows):
        caption = say("Claims by setting: {some} of {all}, at most {n} a claim, endpoints and "
                      "verdicts first", some=len(shown), all=len(rows), n=LISTED)  # fmt: skip
    return Table("claims_by_setting", caption, head, tuple(lines), FILES, folded=len(shown) > 12)


def _interest(row: Row) -> tuple[bool, bool, bool]:
    return row["endpoint"] != "primary", row["verdict"] == "inconclusive", row["value"] is None


def _value(row: Row) -> Cell:
    if row["value"] is None:
        return Missing(say("not computed"))
    kept = {name: row[name] for name in ("n_units", "n_documents", "k_eff", "signature")}
    notes = [statistic(row["statistic"])] if row["statistic"] else []
    notes += [verbatim(f"{name} {row[name]:.3g}") for name in ("p_support", "p_refute")
              if row[name] is not None]  # fmt: skip
    if row["ci_level"] is not None and row["ci_low"] is not None:
        kept["level"] = row["ci_level"]
        notes.append(say("the interval is at the level of the test"))
    return Number(row["value"], "ratio", row["ci_low"], row["ci_high"], file="claims.csv",
                  note=listed(notes) if notes else None, **kept)  # fmt: skip


def _bound(row: Row) -> Cell:
    low, high = row["threshold"], row["threshold_high"]
    if low is None:
        return Missing(say("no bound"))
    if high is not None:
        return verbatim(f"{low:.4g} – {high:.4g}")
    return verbatim(f"{SIGNS.get(row['test'] or '', '')} {low:.4g}".strip())

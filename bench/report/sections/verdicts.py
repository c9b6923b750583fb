"""Claims: what is believed about Chinese, Russian and English, and what this run says of it."""

from __future__ import annotations

from collections import Counter

from bench.report.data import Results, Row
from bench.report.document import Block, Cell, Missing, Paragraph, Section, Table
from bench.report.number import Number
from bench.report.scope import Scope
from bench.report.text import Text, code, listed, say, verbatim

FILES = ("claims.csv",)
VERDICTS = {
    "supported": say("✓ supported"),
    "refuted": say("✗ refuted"),
    "inconclusive": say("? inconclusive"),
}


def section(results: Results, scope: Scope) -> Section | None:
    """The verdicts over settings, then every setting; None where no claim was tested."""
    rows = results.rows("claims")
    if not rows:
        return None
    blocks: list[Block] = [Paragraph(ABOUT), _summary(rows), _settings(rows), Paragraph(UNTRACED)]
    return Section("claims", say("Claims"), tuple(blocks))


ABOUT = say(
    "Each claim has a statistic and a bound. Supported and refuted are two one-sided tests at "
    "0.05, corrected within a family (Holm); anything else is inconclusive. A verdict holds in "
    "its setting: another vocabulary may reverse it."
)
UNTRACED = say(
    "Attributions that circulate with these claims (a comparison of languages in PaLM, a "
    "correction of token counts by language in Chinchilla, faster training on Chinese at Alibaba) "
    "could not be traced to a source."
)


def _summary(rows: list[Row]) -> Table:
    lines: list[tuple[Cell, ...]] = []
    for claim in dict.fromkeys(row["claim"] for row in rows):
        own = [row for row in rows if row["claim"] == claim]
        counts = Counter(row["verdict"] for row in own)
        verdict = say("in {n} of {all}", n=0, all=len(own))
        cells = [say("in {n} of {all}", n=counts[name], all=len(own)) if counts[name] else verdict
                 for name in VERDICTS]  # fmt: skip
        lines.append((code(claim), _overall(counts, len(own)), *cells))
    head = (say("Claim"), say("Over settings"), *VERDICTS.values())
    return Table("claims", say("Verdicts over settings"), head, tuple(lines), FILES)


def _overall(counts: Counter[str], settings: int) -> Text:
    for name, words in VERDICTS.items():
        if counts[name] == settings:
            return words
    held = [VERDICTS[name] for name in VERDICTS if counts[name]]
    return say("it depends: {verdicts}", verdicts=listed(held))


def _settings(rows: list[Row]) -> Table:
    lines: list[tuple[Cell, ...]] = [
        (
            code(row["claim"]), VERDICTS.get(row["verdict"], verbatim(row["verdict"] or "")),
            code(row["vocabulary"]), code(row["corpus"]), code(row["model"]),
            verbatim(row["statistic"] or ""), _value(row), _threshold(row),
            verbatim(row["reason"] or ""),
        )
        for row in rows
    ]  # fmt: skip
    head = (say("Claim"), say("Verdict"), say("Vocabulary"), say("Corpus"), say("Model"),
            say("Statistic"), say("Value"), say("Bound"),
            say("Why, and what would settle it"))  # fmt: skip
    caption = say("Every claim in every setting")
    return Table("claims_by_setting", caption, head, tuple(lines), FILES, folded=len(rows) > 12)


def _value(row: Row) -> Cell:
    if row["value"] is None:
        return Missing(say("not computed"))
    kept = {name: row[name] for name in ("n_units", "n_documents", "k_eff", "signature")}
    chances = [f"{name} {row[name]:.3g}" for name in ("p_support", "p_refute")
               if row[name] is not None]  # fmt: skip
    return Number(row["value"], "ratio", row["ci_low"], row["ci_high"], file="claims.csv",
                  note=", ".join(chances) or None, **kept)  # fmt: skip


def _threshold(row: Row) -> Cell:
    if row["threshold"] is None:
        return Missing(say("none"))
    return Number(row["threshold"], "bound", signature=row["signature"], file="claims.csv")

"""Tokens: what each vocabulary makes of the same content, corpus by corpus."""

from __future__ import annotations

from bench.report.charts import lengths, premium, sizes
from bench.report.data import Results, Row
from bench.report.document import Block, Cell, Missing, Paragraph, Section, Table
from bench.report.number import Number, number
from bench.report.readings import primary
from bench.report.scope import Scope, language_name
from bench.report.text import Text, code, say, template

FILES = ("tokenization.csv",)
QUALITY = (
    ("fertility", say("Tokens per word")),
    ("continued_words", say("Words in several tokens")),
    ("single_token_retention", say("Frequent words in one token")),
    ("bytes_per_token", say("Bytes per token")),
    ("renyi_efficiency", say("Rényi efficiency")),
    ("vocabulary_utilisation", say("Vocabulary used")),
    ("partial_character_rate", say("Partial characters")),
    ("byte_fallback_rate", say("Byte fallback")),
    ("unknown_rate", say("Unknown")),
    ("round_trip_rate", say("Round trip")),
)


def section(results: Results, scope: Scope) -> Section:
    """Premiums of every corpus; then length, size and quality of vocabularies."""
    blocks: list[Block] = [Paragraph(ABOUT)]
    for corpus in scope.corpora:
        blocks += _corpus(results, scope, corpus)
    charts = (lengths.chart(results, scope), sizes.chart(results, scope))
    blocks += [chart for chart in charts if chart]
    blocks += [table for table in (_texts(results, scope), _quality(results, scope)) if table.rows]
    return Section("tokens", say("Tokens"), tuple(blocks))


ABOUT = say(
    "The token premium of a language is its tokens over the reference's for the same units, each "
    "unit encoded alone (ratio of totals). A vocabulary with unknown tokens, or one that does not "
    "give the text back, swallows text and looks cheap: it is shown, marked, and never compared. "
    "One that was trained on a corpus is measured on the documents held out from it, all others on "
    "the whole corpus, so tokens per unit are not of the same units."
)


def _corpus(results: Results, scope: Scope, corpus: str) -> list[Block]:
    families = [
        family for family in scope.families
        if results.row("tokenization", corpus=corpus, vocabulary_family=family)
    ]  # fmt: skip
    lines = [_line(results, scope, corpus, family) for family in families]
    gated = frozenset(
        place for place, family in enumerate(families) if _gates(results, corpus, family)
    )
    head = (
        say("Vocabulary"),
        say("{language}, tokens per unit", language=language_name(scope.reference)),
        *(say("{language}, premium", language=language_name(one)) for one in scope.others),
        say("Compare?"),
    )
    caption = say("Token premium on {corpus}", corpus=code(corpus))
    name = f"token_premium_{plain(corpus)}"
    folded = corpus != scope.corpus
    table = Table(name, caption, head, tuple(lines), FILES, gated, folded)
    few = [Paragraph(_few(results, corpus), "note")] if _too_few(results, corpus) else []
    chart = premium.chart(results, scope, corpus)
    return [*([chart] if chart else []), *few, table]


def _line(results: Results, scope: Scope, corpus: str, family: str) -> tuple[Cell, ...]:
    where = {
        "corpus": corpus,
        "vocabulary_family": family,
        "mode": results.mode,
        "variant": "default",
    }
    per_unit = number(
        results.row("tokenization", metric="tokens_per_unit", language=scope.reference, **where),
        FILES[0],
    )
    premiums = [
        number(results.row("tokenization", metric="token_premium", language=one, **where), FILES[0])
        for one in scope.others
    ]
    why = _gates(results, corpus, family)
    return (code(family), *map(_or_missing, (per_unit, *premiums)), why or say("yes"))


def _gates(results: Results, corpus: str, family: str) -> Text | None:
    """Why a family's counts must not be compared, in words; None where they may be."""
    where = {"corpus": corpus, "vocabulary_family": family, "mode": results.mode}
    rows = results.rows("tokenization", metric="token_premium", **where)
    if all(row["comparable"] is not False for row in rows):
        return None
    unknown = _share(max(_values(results, "unknown_rate", where), default=None))
    returned = _share(min(_values(results, "round_trip_rate", where), default=None))
    return say("no: up to {unknown} unknown tokens; {returned} of units come back",
               unknown=unknown, returned=returned)  # fmt: skip


def _values(results: Results, metric: str, where: dict[str, str]) -> list[float]:
    rows = results.rows("tokenization", metric=metric, **where)
    return [row["value"] for row in rows if row["value"] is not None]


def _share(value: float | None) -> str:
    return "?" if value is None else f"{value:.1%}"


def _too_few(results: Results, corpus: str) -> bool:
    row = results.row("tokenization", corpus=corpus, metric="token_premium")
    return row is not None and row["k_eff"] is not None and row["k_eff"] < 10


def _few(results: Results, corpus: str) -> Text:
    row = results.row("tokenization", corpus=corpus, metric="token_premium") or {}
    return say(
        "{corpus} has {documents} documents of unequal size, worth {k} equal ones. Fewer than 10 "
        "support no interval, so there is none.",
        corpus=code(corpus), documents=row.get("n_documents") or 0,
        k=f"{row.get('k_eff') or 0:.1f}",
    )  # fmt: skip


def _texts(results: Results, scope: Scope) -> Table:
    """The corpora themselves, before any vocabulary: bytes and characters."""
    held = results.rows("tokenization", mode=results.mode, metric=PREMIUMS, language=scope.others)
    columns = [
        (metric, language)
        for metric in PREMIUMS
        for language in scope.others
        if any(row["metric"] == metric and row["language"] == language for row in held)
    ]
    settings = dict.fromkeys((row["corpus"], row["split"]) for row in held)
    lines = [
        _text([row for row in held if (row["corpus"], row["split"]) == one], columns)
        for one in sorted(settings, key=lambda one: scope.corpora.index(one[0]))
    ]
    head = [say("Corpus"), say("Split"), say("Units"), say("Documents"), say("K_eff")]
    head += [say(MEASURED[metric], language=language_name(one)) for metric, one in columns]
    caption = say("The texts themselves: bytes and characters, relative to {reference}",
                  reference=language_name(scope.reference))  # fmt: skip
    return Table("texts", caption, tuple(head), tuple(lines), FILES)


def _text(rows: list[Row], columns: list[tuple[str, str]]) -> tuple[Cell, ...]:
    first = rows[0]
    cells = [_or_missing(number(_pick(rows, *column), FILES[0])) for column in columns]
    counts = [
        Number(first[name], "tokens" if name != "k_eff" else "", file=FILES[0])
        if first[name] is not None else Missing(say("unknown"))
        for name in ("n_units", "n_documents", "k_eff")
    ]  # fmt: skip
    return (code(first["corpus"]), code(first["split"]), *counts, *cells)


MEASURED = {
    "byte_premium": template("{language}, bytes"),
    "character_premium": template("{language}, characters"),
}
PREMIUMS = ("byte_premium", "character_premium")


def _pick(rows: list[Row], metric: str, language: str) -> Row | None:
    wanted = (row for row in rows if row["metric"] == metric and row["language"] == language)
    return next(wanted, None)


def _quality(results: Results, scope: Scope) -> Table:
    """What else is known of each vocabulary, within each language only."""
    where = {"corpus": scope.corpus, "mode": results.mode}
    metrics = [
        (metric, title) for metric, title in QUALITY
        if results.row("tokenization", metric=metric, **where)
    ]  # fmt: skip
    rows = [
        (code(family), language_name(language), *(
            _or_missing(number(primary(results.rows(
                "tokenization", metric=metric, vocabulary_family=family, language=language, **where
            )), FILES[0], gated=False))
            for metric, _ in metrics
        ))
        for family in scope.families for language in scope.languages
    ]  # fmt: skip
    caption = say("Each vocabulary within each language, on {corpus}: not for comparing languages",
                  corpus=code(scope.corpus or ""))  # fmt: skip
    head = (say("Vocabulary"), say("Language"), *(title for _, title in metrics))
    return Table("vocabulary_quality", caption, head, tuple(rows) if metrics else (), FILES,
                 folded=True)  # fmt: skip


def _or_missing(found: Number | None) -> Cell:
    return found or Missing(say("not measured"))


def plain(name: str) -> str:
    """A name fit for a file."""
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name)

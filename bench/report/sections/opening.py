"""The opening table: what was asked first, measured, for Chinese, Russian and English.

Seven questions of the comparison that started this, and memory. A question that this run does not
answer says so in its cell.
"""

from __future__ import annotations

from dataclasses import replace

from bench.arm_names import PRIMARY
from bench.claims.distribution import Distribution
from bench.claims.sizes import series
from bench.report.data import Results, Row
from bench.report.document import Beside, Block, Cell, Missing, Paragraph, Section, Table
from bench.report.number import Number, number
from bench.report.peaks import peaks
from bench.report.readings import (
    bits,
    cost,
    mean,
    mean_bits,
    memory_number,
    memory_ratio,
    primary,
)
from bench.report.scope import (
    ILLUSTRATION,
    Scenario,
    Scope,
    is_floor,
    is_illustration,
    language_name,
)
from bench.report.text import code, say


def section(results: Results, scope: Scope) -> Section:
    """The first section: the table, and how to read it."""
    blocks: list[Block] = [_about(scope)]
    if scope.scenarios:
        blocks += [_table(results, scope), _reading(scope)]
    if results.runs() and is_illustration(results):
        blocks.append(Paragraph(ILLUSTRATION, "caution"))
    return Section("opening", say("What a unit of meaning costs"), tuple(blocks))


def _about(scope: Scope) -> Paragraph:
    about = [
        say("{title}: {corpus}, split {split}{model}", title=one.title, corpus=code(one.corpus),
            split=code(one.split),
            model=say(", model {model}", model=code(one.model)) if one.model else "")
        for one in scope.scenarios
    ]  # fmt: skip
    if not about:
        return Paragraph(NO_TOKENS)
    if not about[1:]:
        return Paragraph(say("{a}.", a=about[0]))
    return Paragraph(say("{a}. {b}.", a=about[0], b=about[1]))


NO_TOKENS = say("This run measured no tokens.")


def _reading(scope: Scope) -> Paragraph:
    return Paragraph(
        say(
            "A unit of meaning is one aligned piece of parallel text, the same content in every "
            "language. In brackets: 95% intervals over documents; for memory over batches, for a "
            "ratio of bits over seeds too. “×” is relative to {reference}.",
            reference=language_name(scope.reference),
        )
    )


def _table(results: Results, scope: Scope) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for title, line in LINES:
        for scenario in scope.scenarios:
            cells = [line(results, scope, scenario, language) for language in scope.languages]
            if any(not isinstance(cell, Missing) for cell in cells) or _is_own(scope, scenario):
                rows.append((title, code(scenario.family), *cells))
    head = (say("Question"), say("Vocabulary"), *map(language_name, scope.languages))
    caption = say("What a unit of meaning costs, language by language")
    files = tuple(f"{name}.csv" for name in ("tokenization", "costs", "memory", "training")
                  if results.rows(name))  # fmt: skip
    return Table("opening", caption, head, tuple(rows), files)


def _is_own(scope: Scope, scenario: Scenario) -> bool:
    return scenario is scope.own


def words_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """Tokens per word, and their ratio: words are those of each language's own segmenter."""
    found = _words(results, scenario, language)
    if found is None:
        counted = results.row("tokenization", metric="fertility")
        return Missing(say("words not counted for this vocabulary") if counted
                       else say("no word segmenter in this run"))  # fmt: skip
    return Beside(found, _words_ratio(results, scope, scenario, language))


def vocabulary_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """V*, the vocabulary size that costs least to train with, and its ratio."""
    sized = series(scenario.family)
    where = {"corpus": scenario.corpus, "vocabulary_family": sized[0] if sized else "",
             "model": scenario.model, "language": language}  # fmt: skip
    row = results.row("evidence", statistic="vocabulary_needed", **where)
    if row is None:
        return Missing(say("needs three vocabulary sizes"))
    if row["status"] != "ok":
        return Missing(say("not identified: the end of the sizes tried, {size}",
                           size=f"{row['value']:,.0f}"))  # fmt: skip
    ratio = results.row("evidence", statistic="vocabulary_needed_ratio", status="ok", **where)
    return Beside(_of_evidence(row, "tokens"), _of_evidence(ratio, "ratio") if ratio else None)


def information_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """Bits per token: the bits per unit of the line of quality, over tokens per unit."""
    seeds = seeds_of(results, scenario, language)
    tokens = _tokens(results, scenario, language)
    if not seeds or tokens is None:
        return Missing(say("nothing was trained with this vocabulary"))
    quality = mean_bits(seeds)
    note = say("{bits} bits/unit ÷ {tokens} tokens/unit; {of}", bits=f"{quality.value:.6g}",
               tokens=f"{tokens.value:.6g}", of=quality.note or "")  # fmt: skip
    found = Number(quality.value / tokens.value, "bits/token", signature=quality.signature,
                   file="training.csv", note=note, gated=quality.gated)  # fmt: skip
    row = results.row(
        "evidence", statistic="bits_per_token_ratio", variant="primary", model=seeds[0]["model"],
        language=language, reference=scope.reference, **scenario.where,
    )  # fmt: skip
    return Beside(found, _of_evidence(row, "ratio") if row else None)


def tokens_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """Tokens per unit, and the premium."""
    tokens = _tokens(results, scenario, language)
    ratio = number(
        results.row("tokenization", metric="token_premium", language=language, mode=results.mode,
                    **scenario.where),
        "tokenization.csv",
    )  # fmt: skip
    if tokens is None:
        return Missing(say("not measured"))
    return Beside(tokens, None if language == scope.reference else ratio)


def attention_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """Attention FLOPs of a unit, and their ratio."""
    return cost(results, scenario, language, "attention_flops")


def training_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """Training FLOPs of a unit, and their ratio."""
    return cost(results, scenario, language, "training_flops")


def memory_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """Predicted peak of one training step of the scenario's model, on the same units."""
    wanted = (scenario.corpus, scenario.family, scenario.model)
    here = (rows for one, rows in peaks(results, scope).items()
            if (one.corpus, one.family, one.model) == wanted)  # fmt: skip
    totals = [row for row in next(here, []) if row["part"] == "total"]
    mine = next((row for row in totals if row["language"] == language), None)
    other = next((row for row in totals if row["language"] == scope.reference), None)
    if mine is None:
        return Missing(say("not predicted for this model"))
    known = _peak_ratio(results, scope, scenario, mine)
    return Beside(memory_number(mine), known or memory_ratio(mine, other))


def _peak_ratio(results: Results, scope: Scope, scenario: Scenario, row: Row) -> Number | None:
    """The ratio of peaks with its interval, over batches and documents, where evidence has one."""
    found = results.row(
        "evidence", statistic="peak_memory_ratio", corpus=scenario.corpus, model=row["model"],
        vocabulary_family=scenario.family, language=row["language"], reference=scope.reference,
        context=f"{row['layout']}-{row['batch_units']}-{row['precision']}",
    )  # fmt: skip
    if found is None:
        return None
    note = say("geometric mean over batches of the ratio of two peaks")
    return replace(_of_evidence(found, "ratio"), note=note)


def quality_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """Held-out bits per unit of the scenario's model, mean over seeds, and their ratio."""
    best = seeds_of(results, scenario, language)
    other = seeds_of(results, scenario, scope.reference)
    if not best:
        return Missing(say("nothing was trained with this vocabulary"))
    if not other or language == scope.reference:
        return Beside(mean_bits(best))
    row = _contrast(results, scope, best[0], language)
    if row is not None:
        return Beside(mean_bits(best), number(row, "convergence.csv", unit="ratio"))
    mine, theirs = mean_bits(best), mean_bits(other)
    note = say("ratio of two means over seeds; no interval: a contrast needs five seeds")
    ratio = Number(mine.value / theirs.value, "ratio", file="training.csv", note=note,
                   gated=mine.gated or theirs.gated)  # fmt: skip
    return Beside(mine, ratio)


def floor_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """Held-out bits per unit of the floor that a model has to be below."""
    rows = [row for row in _runs(results, scenario, language) if row["model"] == "floor-kn5"]
    return Beside(bits(rows[0])) if rows else Missing(say("no floor in this run"))


LINES = (
    (say("Tokens per word"), words_line),
    (say("Vocabulary size needed"), vocabulary_line),
    (say("Information per token, bits"), information_line),
    (say("Input length, tokens per unit"), tokens_line),
    (say("Attention, FLOPs per unit read alone"), attention_line),
    (say("Training, FLOPs per unit read alone"), training_line),
    (say("Memory, predicted peak of a training step"), memory_line),
    (say("Quality reached, bits per unit (less is better)"), quality_line),
    (say("Beside it: a 5-gram's bits per unit, to be beaten"), floor_line),
)


def _words(results: Results, scenario: Scenario, language: str) -> Number | None:
    row = _words_row(results, scenario, language)
    by = say("words by {segmenter}", segmenter=row["variant"]) if row else None
    return number(row, "tokenization.csv", note=by)


def _words_row(results: Results, scenario: Scenario, language: str) -> Row | None:
    where = {**scenario.where, "metric": "fertility", "language": language, "mode": results.mode}
    return primary(results.rows("tokenization", **where))


def _words_ratio(
    results: Results, scope: Scope, scenario: Scenario, language: str
) -> Number | None:
    """The ratio of two languages' tokens per word, nothing for the reference itself.

    The two were resampled apart, so their errors are added: the interval is at least wide enough.
    """
    rows = [_words_row(results, scenario, one) for one in (language, scope.reference)]
    if language == scope.reference or not all(row and row["value"] for row in rows):
        return None
    mine, theirs = (row for row in rows if row)
    known = [_known_words(results, scenario, row) for row in (mine, theirs)]
    ratio = known[0].over(known[1]) if known[0] and known[1] else None
    low, high = (ratio and ratio.interval(0.95)) or (None, None)
    note = ADDED if low else APART
    return Number(mine["value"] / theirs["value"], "ratio", low, high, file="tokenization.csv",
                  note=note, gated=False in (mine["comparable"], theirs["comparable"]))  # fmt: skip


ADDED = say("ratio of two means over different words; the interval adds both errors")
APART = say("ratio of two means over different words: no interval")


def _known_words(results: Results, scenario: Scenario, row: Row) -> Distribution | None:
    """What evidence.csv keeps of tokens per word; it is about units alone."""
    kept = {name: row[name] for name in ("language", "variant")}
    found = results.row("evidence", statistic="fertility", **kept, **scenario.where)
    return Distribution.from_row(found) if found and results.mode == "unit" else None


def _of_evidence(row: Row, unit: str) -> Number:
    """A statistic of evidence.csv with its 95% interval."""
    known = Distribution.from_row(row)
    low, high = (known and known.interval(0.95)) or (None, None)
    named = number(row, "evidence.csv", unit=unit, low=low, high=high, method=row["ci_method"])
    assert named is not None
    return replace(named, gated=named.gated or row["status"] != "ok")


def _contrast(results: Results, scope: Scope, best: Row, language: str) -> Row | None:
    """The ratio of bits on test over all seeds, with its interval; None with fewer than five."""
    found = results.rows(
        "convergence", measure="test_bits_ratio", language=language, reference=scope.reference,
        model=best["model"], vocabulary_family=best["vocabulary_family"], status="ok",
    )  # fmt: skip
    tested = [row for row in found if row["arm"].startswith("primary/") and row["ci_low"]]
    return tested[0] if tested else None


def seeds_of(results: Results, scenario: Scenario, language: str) -> list[Row]:
    """The seeds of the scenario's model in the primary arm; a floor where nothing was trained.

    One model for all languages: the best where the scenario's was not trained. Other arms have
    other rates, lengths and seeds, and are read only where there is no primary one.
    """
    runs = _runs(results, scenario)
    models = [row for row in runs if not is_floor(row)]
    first = [row for row in models if row["arm"] == PRIMARY] or models or runs
    by_model: dict[str, list[Row]] = {}
    for row in first:
        by_model.setdefault(row["model"], []).append(row)
    best = min(by_model.values(), key=lambda rows: mean(rows, "bits_per_unit"), default=[])
    chosen = by_model.get(scenario.model or "", best)
    return [row for row in chosen if row["language"] == language]


def _runs(results: Results, scenario: Scenario, language: str | None = None) -> list[Row]:
    where = {"corpus": scenario.corpus, "vocabulary_family": scenario.family}
    where |= {"language": language} if language else {}
    return [
        row for row in results.runs(**where)
        if row["bits_per_unit"] is not None and row["status"] != "diverged"
    ]  # fmt: skip


def _tokens(results: Results, scenario: Scenario, language: str) -> Number | None:
    row = results.row(
        "tokenization", metric="tokens_per_unit", variant="default", language=language,
        mode=results.mode, **scenario.where,
    )  # fmt: skip
    return number(row, "tokenization.csv")

"""The opening table: what was asked first, measured, for Chinese, Russian and English.

Seven questions of the comparison that started this, and memory. A question that this run does not
answer says so in its cell.
"""

from __future__ import annotations

from dataclasses import replace

from bench.report.data import Results, Row
from bench.report.document import Beside, Block, Cell, Missing, Paragraph, Section, Table
from bench.report.number import Number, number
from bench.report.scope import Scenario, Scope, is_floor, is_illustration, language_name
from bench.report.text import code, say


def section(results: Results, scope: Scope) -> Section:
    """The first section: the table, and how to read it."""
    blocks: list[Block] = [_about(scope)]
    if scope.scenarios:
        blocks += [_table(results, scope), _reading(scope)]
    if results.runs() and is_illustration(results):
        blocks.append(Paragraph(ILLUSTRATION, "caution"))
    return Section("opening", say("What a unit of meaning costs"), tuple(blocks))


ILLUSTRATION = say(
    "What this run trained is an illustration. Small models, a small budget and too few seeds "
    "rank languages by how slowly they learn. No verdict rests on it."
)


def _about(scope: Scope) -> Paragraph:
    about = [
        say("{title}: {corpus}, split {split}{model}", title=one.title, corpus=code(one.corpus),
            split=code(one.split),
            model=say(", model {model}", model=code(one.model)) if one.model else "")
        for one in scope.scenarios
    ]  # fmt: skip
    if not about:
        return Paragraph(NO_TOKENS)
    return Paragraph(say("{a}. {b}.", a=about[0], b=about[1]) if about[1:] else about[0])


NO_TOKENS = say("This run measured no tokens.")


def _reading(scope: Scope) -> Paragraph:
    return Paragraph(
        say(
            "A unit of meaning is one aligned piece of parallel text, the same content in every "
            "language. In brackets: 95% intervals over documents. “×” is relative to {reference}.",
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
    """Tokens per word."""
    rows = results.rows(
        "tokenization", metric="fertility", language=language, mode=results.mode, **scenario.where
    )
    found = number(primary(rows), "tokenization.csv")
    return found or Missing(say("no word segmenter in this run"))


def vocabulary_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """The vocabulary size that costs least."""
    rows = results.rows("convergence", language=language, measure="vocabulary_needed")
    found = number(rows[0] if rows else None, "convergence.csv")
    return found or Missing(say("needs several vocabulary sizes"))


def information_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """Bits per token: the fewest bits per unit of any model or floor, over tokens per unit."""
    best = min(_runs(results, scenario, language), key=_bits, default=None)
    tokens = _tokens(results, scenario, language)
    if best is None or tokens is None:
        return Missing(say("nothing was trained with this vocabulary"))
    return Number(
        best["bits_per_unit"] / tokens.value,
        "bits/token",
        signature=best["signature"],
        file="training.csv",
        note=f"{best['bits_per_unit']:.6g} bits/unit ÷ {tokens.value:.6g} tokens/unit; "
        f"{best['model']}",
    )


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
    """Predicted peak of one training step on the same units, the model's smallest layout."""
    rows = [
        row
        for row in results.rows("memory", corpus=scenario.corpus, part="total")
        if row["vocabulary"] in _vocabularies(results, scenario)
    ]
    own = [row for row in rows if row["model"] == scenario.model] or rows
    wanted = [row for row in own if row["layout"] == own[0]["layout"]]
    mine = next((row for row in wanted if row["language"] == language), None)
    other = next((row for row in wanted if row["language"] == scope.reference), None)
    if mine is None:
        return Missing(say("not predicted for this vocabulary"))
    return Beside(memory_number(mine), memory_ratio(mine, other))


def quality_line(results: Results, scope: Scope, scenario: Scenario, language: str) -> Cell:
    """Held-out bits per unit of the best run, and their ratio without an interval."""
    best = best_run(results, scenario, language)
    if best is None:
        return Missing(say("nothing was trained with this vocabulary"))
    other = best_run(results, scenario, scope.reference)
    if other is None or language == scope.reference:
        return Beside(bits(best))
    note = "ratio of two runs; no interval: a contrast needs five seeds"
    gated = any(run["status"] in ("undertrained", "diverged") for run in (best, other))
    value = best["bits_per_unit"] / other["bits_per_unit"]
    return Beside(bits(best), Number(value, "ratio", file="training.csv", note=note, gated=gated))


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


def cost(
    results: Results, scenario: Scenario, language: str, name: str, context: str = "unit"
) -> Cell:  # fmt: skip
    """A cost of a language in the scenario's model, beside its ratio to the reference."""
    where = {**scenario.where, "model": scenario.model, "context": context, "language": language}
    rows = results.rows("costs", cost=name, **where)
    found = number(exact(rows), "costs.csv")
    ratio = number(exact(results.rows("costs", cost=f"{name}_ratio", **where)), "costs.csv")
    return Beside(found, ratio) if found else Missing(say("no such cost in this run"))


def exact(rows: list[Row]) -> Row | None:
    """The row of the convention that reports use; costs of another kind have one row alone."""
    return next((row for row in rows if row["convention"] == "exact"), rows[0] if rows else None)


def best_run(results: Results, scenario: Scenario, language: str) -> Row | None:
    """The run with the fewest held-out bits per unit; a floor where no model was trained."""
    rows = _runs(results, scenario, language)
    return min([row for row in rows if not is_floor(row)] or rows, key=_bits, default=None)


def _runs(results: Results, scenario: Scenario, language: str) -> list[Row]:
    return [
        row
        for row in results.runs(language=language, vocabulary_family=scenario.family)
        if row["bits_per_unit"] is not None and row["status"] != "diverged"
    ]


def _bits(row: Row) -> float:
    return float(row["bits_per_unit"])


def bits(row: Row) -> Number:
    """Held-out bits per unit of a run, as a number."""
    return Number(
        row["bits_per_unit"],
        "bits/unit",
        row["bits_ci_low"],
        row["bits_ci_high"],
        n_units=row["n_units"],
        n_documents=row["n_documents"],
        k_eff=row["k_eff"],
        signature=row["signature"],
        file="training.csv",
        gated=row["status"] in ("undertrained", "diverged"),
        note=", ".join(filter(None, (row["model"], row["status"]))),
    )


def memory_number(row: Row) -> Number:
    """Mean predicted bytes over batches, as a number."""
    return Number(
        row["bytes_mean"],
        "byte",
        row["ci_low"],
        row["ci_high"],
        signature=row["signature"],
        file="memory.csv",
        note=f"{row['model']}, {row['batch_units']} units a batch, {row['layout']}, "
        f"{row['precision']}, mean of {row['n_batches']} batches",
    )


def memory_ratio(row: Row, other: Row | None) -> Number | None:
    """A language's mean over the reference's; nothing for the reference itself."""
    if other is None or other is row or not other["bytes_mean"]:
        return None
    value = row["bytes_mean"] / other["bytes_mean"]
    note = "ratio of the two means over the same batches of units"
    return replace(memory_number(row), value=value, unit="ratio", low=None, high=None, note=note)


def primary(rows: list[Row]) -> Row | None:
    """The row to show where a metric has variants: the first with a value."""
    held = [row for row in rows if row["value"] is not None]
    plain = [row for row in held if row["variant"] == "default"]
    return next(iter(plain or held), None)


def _tokens(results: Results, scenario: Scenario, language: str) -> Number | None:
    row = results.row(
        "tokenization", metric="tokens_per_unit", variant="default", language=language,
        mode=results.mode, **scenario.where,
    )  # fmt: skip
    return number(row, "tokenization.csv")


def _vocabularies(results: Results, scenario: Scenario) -> set[str]:
    return set(results.distinct("tokenization", "vocabulary", **scenario.where))

"""From tokens to FLOPs: attention in its contexts, the price of a unit, and serving it."""

from __future__ import annotations

from dataclasses import replace

from bench.report.charts import attention, stack
from bench.report.data import Results, Row
from bench.report.document import Beside, Block, Cell, Missing, Paragraph, Section, Table
from bench.report.number import Number, number
from bench.report.readings import cost, exact
from bench.report.scope import Scenario, Scope, language_name
from bench.report.text import Text, code, say

FILES = ("costs.csv",)
CONTEXTS = (
    ("unit", say("each unit read alone")),
    ("document", say("each document read whole")),
    ("window", say("windows of equal tokens")),
    ("window_equal_content", say("windows of equal content")),
)
SERVING = (
    ("kv_cache_bytes", say("Key-value cache of a unit")),
    ("prefill_flops", say("Reading a unit (prefill)")),
    ("decode_flops", say("Writing a unit (decode)")),
    ("decode_seconds", say("Writing a unit, seconds by bandwidth")),
    ("price", say("Price by the given table")),
    ("effective_context_units", say("Units that fit into the context")),
)


def attention_section(results: Results, scope: Scope) -> Section | None:
    """Attention by context, beside the square of the premium."""
    lines = [line for one in scope.scenarios for line in _contexts(results, scope, one)]
    if not lines:
        return None
    head = (say("Vocabulary, model"), say("What is one sequence"),
            *(language_name(one) for one in scope.others))  # fmt: skip
    caption = say("Attention FLOPs per unit of meaning, relative to {reference}",
                  reference=language_name(scope.reference))  # fmt: skip
    table = Table("attention", caption, head, tuple(lines), ("costs.csv", "tokenization.csv"))
    picture = attention.chart(results, scope)
    blocks: list[Block] = [Paragraph(SQUARES), *([picture] if picture else []), table]
    return Section("attention", say("Attention"), tuple(blocks))


SQUARES = say(
    "A longer sequence pays twice: more tokens, each attending to more. So a premium is about "
    "squared where a sequence is a unit, a document, or a window of equal content. In windows of "
    "equal token counts it is not squared, but the window then holds less content."
)


def price_section(results: Results, scope: Scope) -> Section | None:
    """Training FLOPs by vocabulary and model, the stack they are made of, and serving."""
    tables = [_training(results, scope, model, place > 0)
              for place, model in enumerate(_models(results, scope))]  # fmt: skip
    tables.append(_serving(results, scope))
    held = [table for table in tables if table.rows]
    if not held:
        return None
    picture = stack.price_chart(results, scope)
    blocks: list[Block] = [Paragraph(PRICE), *([picture] if picture else []), *held]
    return Section("price", say("The price of a unit of meaning"), tuple(blocks))


PRICE = say(
    "FLOPs of one unit read alone, by the convention “exact”: matrix products, causal attention, "
    "logits included, a backward pass twice the forward one. Linear layers follow the tokens, "
    "attention about their square, logits the tokens times the vocabulary size."
)


def _contexts(results: Results, scope: Scope, scenario: Scenario) -> list[tuple[Cell, ...]]:
    name = say("{family}, {model}", family=code(scenario.family), model=code(scenario.model or "–"))
    rows: list[tuple[Cell, ...]] = []
    for context, title in CONTEXTS:
        cells = [_ratio(results, scope, scenario, one, context) for one in scope.others]
        if any(isinstance(cell, Number) for cell in cells):
            rows.append((name, title, *cells))
    if rows:
        squares = [_square(results, scenario, language) for language in scope.others]
        rows.append((name, say("the token premium squared"), *squares))
    return rows


def _ratio(results: Results, scope: Scope, scenario: Scenario, language: str, context: str) -> Cell:
    cell = cost(results, scenario, language, "attention_flops", context)
    found = cell.ratio if isinstance(cell, Beside) else None
    return found or Missing(say("not in this run"))


def _square(results: Results, scenario: Scenario, language: str) -> Cell:
    row = results.row("tokenization", metric="token_premium", language=language, mode=results.mode,
                      **scenario.where)  # fmt: skip
    premium = number(row, "tokenization.csv")
    if premium is None:
        return Missing(say("not measured"))
    low, high = (None if end is None else end**2 for end in (premium.low, premium.high))
    return replace(premium, value=premium.value**2, low=low, high=high,
                   note=say("the token premium, squared"))  # fmt: skip


def _models(results: Results, scope: Scope) -> list[str]:
    """Models with training FLOPs: those of the scenarios first."""
    found = results.distinct("costs", "model", cost="training_flops", corpus=scope.corpus)
    first = [one.model for one in reversed(scope.scenarios) if one.model]
    return list(dict.fromkeys([*(one for one in first if one in found), *found]))


def _training(results: Results, scope: Scope, model: str, folded: bool) -> Table:
    lines: list[tuple[Cell, ...]] = []
    gated: set[int] = set()
    for family in scope.families:
        where = {"corpus": scope.corpus, "vocabulary_family": family, "model": model,
                 "context": "unit"}  # fmt: skip
        rows = results.rows("costs", **where)
        if rows:
            if _is_gated(results, family):
                gated.add(len(lines))
            lines.append(_price_line(rows, scope, family))
    head = (
        say("Vocabulary"),
        say("{language}, FLOPs per unit", language=language_name(scope.reference)),
        *(say("{language}, ratio", language=language_name(one)) for one in scope.others),
    )
    caption = say("Training FLOPs per unit of meaning, {model}", model=code(model))
    name = "price_" + "".join(c if c.isalnum() else "_" for c in model)
    return Table(name, caption, head, tuple(lines), FILES, frozenset(gated), folded)


def _price_line(rows: list[Row], scope: Scope, family: str) -> tuple[Cell, ...]:
    def pick(name: str, language: str) -> Cell:
        held = [row for row in rows if row["cost"] == name and row["language"] == language]
        return number(exact(held), FILES[0]) or Missing(say("not in this run"))

    ratios = [pick("training_flops_ratio", language) for language in scope.others]
    return (code(family), pick("training_flops", scope.reference), *ratios)


def _is_gated(results: Results, family: str) -> bool:
    return any(
        row["comparable"] is False
        for row in results.rows("tokenization", vocabulary_family=family, metric="token_premium")
    )


def _serving(results: Results, scope: Scope) -> Table:
    """What serving a unit costs with the production vocabulary."""
    scenario, lines = scope.shared, []
    for name, title in SERVING if scenario else ():
        assert scenario is not None
        model = "any" if name in ("effective_context_units", "price") else scenario.model
        where = replace(scenario, model=model)
        cells = [cost(results, where, language, name) for language in scope.languages]
        if any(isinstance(cell, Beside) for cell in cells):
            lines.append((_with_convention(results, where, name, title), *cells))
    head = (say("Cost"), *map(language_name, scope.languages))
    about = say("{family}, {model}", family=code(scenario.family if scenario else ""),
                model=code(scenario.model or "" if scenario else ""))  # fmt: skip
    caption = say("Serving a unit of meaning: {about}", about=about)
    return Table("serving", caption, head, tuple(lines), FILES)


def _with_convention(results: Results, scenario: Scenario, name: str, title: Text) -> Text:
    row = results.row("costs", cost=name, model=scenario.model, **scenario.where)
    return say("{title} ({how})", title=title, how=code(row["convention"])) if row else title

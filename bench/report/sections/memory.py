"""Memory: the predicted peak of a training step on the same units in each language."""

from __future__ import annotations

from bench.report.charts import stack
from bench.report.data import Results, Row
from bench.report.document import Beside, Block, Cell, Missing, Paragraph, Section, Table
from bench.report.number import Number
from bench.report.scope import Scope, language_name
from bench.report.sections.opening import memory_number, memory_ratio
from bench.report.text import code, say

PARTS = {
    "total": say("total"),
    "activations": say("activations"),
    "temporaries": say("temporaries"),
    "gradients": say("gradients"),
    "optimizer": say("optimizer"),
    "parameters": say("parameters"),
}
SETTING = ("corpus", "model", "batch_units", "layout", "precision")


def section(results: Results, scope: Scope) -> Section | None:
    """A stack for each model and layout, and its numbers."""
    rows = results.rows("memory")
    if not rows:
        return None
    lines = [
        line
        for setting in dict.fromkeys(tuple(row[name] for name in SETTING) for row in rows)
        for line in _lines([row for row in rows
                            if tuple(row[name] for name in SETTING) == setting], scope)
    ]  # fmt: skip
    head = (say("Model, batch"), say("Part"), *map(language_name, scope.languages))
    table = Table("memory", say("Predicted peak memory of one training step, by part"), head,
                  tuple(lines), ("memory.csv",))  # fmt: skip
    picture = stack.memory_chart(results, scope)
    blocks: list[Block] = [Paragraph(ABOUT), *([picture] if picture else []), table]
    split = _split(rows, scope)
    if split.rows:
        blocks.append(split)
    return Section("memory", say("Memory"), tuple(blocks))


ABOUT = say(
    "Predicted without running the step, for batches of the same units in each language. The parts "
    "are those held at the moment of the peak, so they sum to it. What no prediction sees: the "
    "device's own context, workspaces, fragmentation."
)


CAUSES = {
    "ratio": say("ratio"),
    "ratio_logits": say("logits"),
    "ratio_activations": say("activations"),
    "ratio_states": say("states"),
}


def _split(rows: list[Row], scope: Scope) -> Table:
    """The ratio of totals to the reference, and what each cause adds to 1."""
    lines: list[tuple[Cell, ...]] = []
    for row in rows:
        if row["part"] == "total" and row.get("ratio") is not None:
            what = say("{model}, {layout}, {vocabulary}", model=code(row["model"]),
                       layout=row["layout"], vocabulary=code(row["vocabulary"]))  # fmt: skip
            numbers = (Number(row[name], "ratio", signature=row["signature"], file="memory.csv")
                       for name in CAUSES)  # fmt: skip
            lines.append((language_name(row["language"]), what, *numbers))
    head = (say("Language"), say("Model, batch"), *CAUSES.values())
    caption = say("Ratio of predicted peaks to {language}, and what each cause adds to 1",
                  language=language_name(scope.reference))  # fmt: skip
    return Table("memory_ratio", caption, head, tuple(lines), ("memory.csv",), folded=True)


def _lines(rows: list[Row], scope: Scope) -> list[tuple[Cell, ...]]:
    first = rows[0]
    name = say(
        "{model}, {units} units of {corpus}, {layout}, {precision}", model=code(first["model"]),
        units=first["batch_units"] or 0, corpus=code(first["corpus"]), layout=first["layout"],
        precision=first["precision"],
    )  # fmt: skip
    return [
        (name, words, *(_cell(rows, scope, part, language) for language in scope.languages))
        for part, words in PARTS.items()
        if any(row["part"] == part for row in rows)
    ]


def _cell(rows: list[Row], scope: Scope, part: str, language: str) -> Cell:
    held = {row["language"]: row for row in rows if row["part"] == part
            and row["bytes_mean"] is not None}  # fmt: skip
    if language not in held:
        return Missing(say("not predicted"))
    return Beside(memory_number(held[language]),
                  memory_ratio(held[language], held.get(scope.reference)))  # fmt: skip

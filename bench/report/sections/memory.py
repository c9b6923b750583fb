"""Memory: the predicted peak of a training step on the same units in each language."""

from __future__ import annotations

from bench.report.charts import stack
from bench.report.data import Results, Row
from bench.report.document import Beside, Block, Cell, Missing, Paragraph, Section, Table
from bench.report.number import Number
from bench.report.peaks import Peaks, Setting, leading, peaks
from bench.report.readings import memory_number, memory_ratio
from bench.report.scope import Scope, language_name
from bench.report.text import Text, code, say

FILES = ("memory.csv",)
TOTAL = "total"
PARTS = {
    "activations": say("activations"),
    "temporaries": say("temporaries"),
    "gradients": say("gradients"),
    "optimizer": say("optimizer"),
    "parameters": say("parameters"),
}


def section(results: Results, scope: Scope) -> Section | None:
    """A stack and the peaks of the leading model; folded, the rest."""
    found = peaks(results, scope)
    if not found:
        return None
    first = leading(found, scope)
    others = {one: rows for one, rows in found.items() if one not in first}
    picture = stack.memory_chart(first, scope)
    tables = (
        _peaks("memory", CAPTION, first, scope),
        _peaks("memory_others", say("The same for the other models"), others, scope, folded=True),
        _by_part(first, scope),
        _split(found, scope),
    )
    blocks: list[Block] = [Paragraph(ABOUT), *([picture] if picture else [])]
    return Section("memory", say("Memory"), (*blocks, *(one for one in tables if one.rows)))


CAPTION = say("Predicted peak memory of one training step")


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


def _peaks(
    name: str, caption: Text, found: Peaks, scope: Scope, folded: bool = False
) -> Table:  # fmt: skip
    lines = tuple(
        (*_named(setting), *_across(rows, scope, TOTAL)) for setting, rows in found.items()
    )
    head = (*HEAD, *map(language_name, scope.languages))
    return Table(name, caption, head, lines, FILES, folded=folded)


def _by_part(found: Peaks, scope: Scope) -> Table:
    """What is held at the peak; parts that no language holds then are left out."""
    lines = tuple(
        (*_named(setting), words, *_across(rows, scope, part))
        for setting, rows in found.items()
        for part, words in PARTS.items()
        if any(row["part"] == part and row["bytes_mean"] for row in rows)
    )
    head = (*HEAD, say("Part"), *map(language_name, scope.languages))
    caption = say("Predicted peak memory of one training step, by part")
    return Table("memory_parts", caption, head, lines, FILES, folded=True)


def _split(found: Peaks, scope: Scope) -> Table:
    """The ratio of totals to the reference, and what each cause adds to 1."""
    lines = tuple(
        (language_name(row["language"]), *_named(setting), *_causes(row))
        for setting, rows in found.items()
        for row in rows
        if row["part"] == TOTAL and row.get("ratio") is not None
    )
    head = (say("Language"), *HEAD, *CAUSES.values())
    caption = say("Ratio of predicted peaks to {language}, and what each cause adds to 1",
                  language=language_name(scope.reference))  # fmt: skip
    return Table("memory_ratio", caption, head, lines, FILES, folded=True)


HEAD = (say("Vocabulary"), say("Model"), say("Batch"))


def _named(setting: Setting) -> tuple[Cell, ...]:
    batch = say("{units} units, {layout}, {precision}", units=setting.batch_units,
                layout=setting.layout, precision=setting.precision)  # fmt: skip
    return code(setting.family), code(setting.model), batch


def _causes(row: Row) -> tuple[Number, ...]:
    return tuple(
        Number(row[name], "ratio", signature=row["signature"], file="memory.csv") for name in CAUSES
    )


def _across(rows: list[Row], scope: Scope, part: str) -> list[Cell]:
    """A part in every language, beside its ratio to the reference."""
    held = {row["language"]: row for row in rows if row["part"] == part}
    other = held.get(scope.reference)
    return [
        Beside(memory_number(held[one]), memory_ratio(held[one], other))
        if one in held else Missing(say("not predicted"))
        for one in scope.languages
    ]  # fmt: skip

"""Learning: what small models make of the same content, beside the floors they must beat."""

from __future__ import annotations

from bench.report.charts import curves, growth, quality, targets
from bench.report.data import Results, Row
from bench.report.document import Block, Cell, Missing, Paragraph, Section, Table
from bench.report.number import Number
from bench.report.readings import UNFIT, bits, mean_bits, of_first_arm
from bench.report.scope import (
    ILLUSTRATION,
    Scope,
    is_floor,
    is_illustration,
    language_name,
    trained,
)
from bench.report.sections import one_factor, speed
from bench.report.text import Text, code, say, verbatim

FILES = ("training.csv",)
LONGEST = 300  # rows of a table; the rest stands in the CSV file that the table links to
STATUS = {
    "ok": say("below the 5-gram"),
    "undertrained": say("undertrained: not below the 5-gram"),
    "diverged": say("diverged"),
}


def section(results: Results, scope: Scope) -> Section | None:
    """Bits per unit of models and floors, curves, and compute to a target."""
    if not results.runs():
        return None
    blocks: list[Block] = [Paragraph(ABOUT)]
    if is_illustration(results):
        blocks.append(Paragraph(ILLUSTRATION, "caution"))
    if _undertrained(results):
        blocks.append(Paragraph(_undertrained_words(results), "caution"))
    blocks += filter(None, [quality.chart(results, scope), _bits(results, scope)])
    blocks += filter(None, [curves.chart(results, scope), targets.chart(results, scope)])
    if results.rows("convergence"):
        blocks.append(Paragraph(SCALE))
    more = (*one_factor.tables(results, scope), *speed.tables(results, scope), _runs(results))
    blocks += [table for table in more if table.rows]
    return Section("learning", say("Learning"), tuple(blocks))


def growth_section(results: Results, scope: Scope) -> Section | None:
    """Models grown by stages, beside the same size from scratch; None where none was grown."""
    grown = {row["arm"] for row in trained(results) if row["stage"] not in (None, "main")}
    rows = [row for row in trained(results) if row["arm"] in grown or row["stage"] != "main"]
    if not grown:
        return None
    stages = _run_table("growth", say("Growth by stages: every stage's own numbers"), rows, True)
    picture, saved = growth.chart(results, scope, grown), speed.grown(results, scope, grown)
    blocks: list[Block] = [Paragraph(GROWTH), *([saved] if saved.rows else [])]
    blocks += [*([picture] if picture else []), stages]
    return Section("growth", say("Growth"), tuple(blocks))


GROWTH = say(
    "A TokenFormer grows by adding slots. What it saves is counted with all stages, the small base "
    "included, against the large model from scratch on the same content."
)
SCALE = say(
    "r is the way gone from a language's own characters, taken independently, to its own best "
    "model here. It is a scale of its own in each language: where characters alone say more, as in "
    "Chinese, less of the way is left. Bits per unit compare languages on one scale."
)
ABOUT = say(
    "At every step each language's model has seen the same aligned units. Quality is bits per unit "
    "of meaning on held-out documents, so that languages can be compared at all. Floors need no "
    "training: characters without context, a Kneser-Ney 5-gram over the same tokens, and xz. A "
    "model that is not below the 5-gram has learned too little to say anything of a language."
)


def _undertrained(results: Results) -> list[Row]:
    return [row for row in trained(results) if row["status"] == "undertrained"]


def _undertrained_words(results: Results) -> Text:
    return say(
        "{n} of {all} runs, those of the sweep and early ones not counted, are undertrained: their "
        "bits are not below the 5-gram's. They are shown and marked, and no verdict uses them.",
        n=len(_undertrained(results)), all=len(trained(results)),
    )  # fmt: skip


def _bits(results: Results, scope: Scope) -> Table | None:
    """Models and floors down the side, languages across; the primary arm before all others."""
    runs = results.runs(**scope.where_trained)
    settings = dict.fromkeys(_setting(row) for row in runs)
    lines = [
        (code(model), code(family) if family else say("any"),
         *(_best(results, scope, family, model, language) for language in scope.languages))
        for family, model in sorted(settings, key=lambda one: (one[0], _is_model(one[1])))
    ]  # fmt: skip
    head = (say("Model or floor"), say("Vocabulary"), *map(language_name, scope.languages))
    caption = say("Held-out bits per unit of meaning (less is better), mean over seeds")
    return Table("bits_per_unit", caption, head, tuple(lines), FILES)


def _setting(row: Row) -> tuple[str, str]:
    """Vocabulary and model; floors of characters and bytes know no vocabulary."""
    free = row["model"] in ("floor-order0", "floor-xz")
    return "" if free else row["vocabulary_family"] or "", row["model"]


def _is_model(name: str) -> tuple[bool, str]:
    return not name.startswith("floor-"), name


def _best(results: Results, scope: Scope, family: str, model: str, language: str) -> Cell:
    where = {"model": model, "language": language, **scope.where_trained}
    where |= {"vocabulary_family": family} if family else {}
    rows = [row for row in of_first_arm(results.runs(**where)) if row["bits_per_unit"] is not None]
    if not rows:
        return Missing(say("no finished run"))
    return mean_bits([row for row in rows if row["arm"] == rows[0]["arm"]])


def _runs(results: Results) -> Table:
    caption = say("Every run and floor")
    return _run_table("runs", caption, results.tested()[:LONGEST], True)


def _run_table(name: str, caption: Text, rows: list[Row], folded: bool) -> Table:
    gated = frozenset(place for place, row in enumerate(rows) if row["status"] in UNFIT)
    head = (say("Run"), say("Arm"), say("Language"), say("Model"), say("Seed"), say("Stage"),
            say("Rate"), say("Parameters"), say("Units"), say("Tokens"),
            say("Tokens per parameter"), say("FLOPs, padding included"),
            say("Bits per unit"), say("Bits per byte"), say("Status"))  # fmt: skip
    return Table(name, caption, head, tuple(map(_run, rows)), FILES, gated, folded)


def _run(row: Row) -> tuple[Cell, ...]:
    size = sum(row[name] or 0 for name in ("parameters_body", "parameters_embedding")) or None
    return (
        code(row["run_id"]),
        verbatim(row["arm"] or ""),
        language_name(row["language"]),
        code(row["model"]),
        verbatim("" if row["seed"] is None else str(row["seed"])),
        verbatim(row["stage"] or ""),
        verbatim("" if row["lr"] is None else f"{row['lr']:g}"),
        _plain(size, "tokens", row),
        _plain(row["units"], "tokens", row),
        _plain(row["tokens"], "tokens", row),
        _plain(row["tokens"] / size if size and row["tokens"] else None, "", row),
        _plain(row["flops_spent"], "FLOP", row),
        bits(row) if row["bits_per_unit"] is not None else Missing(say("none")),
        _plain(row["bits_per_byte"], "bits/byte", row),
        say("floor") if is_floor(row) else STATUS.get(row["status"], say("unknown")),
    )


def _plain(value: float | None, unit: str, row: Row) -> Cell:
    if value is None:
        return Missing(say("none"))
    return Number(value, unit, signature=row["signature"], file="training.csv")

"""Glyphs: whether re-coding text into single signs pays, the vocabulary's price included."""

from __future__ import annotations

from bench.report import glyphs
from bench.report.charts import glyphs as picture
from bench.report.data import Results
from bench.report.document import Block, Cell, Missing, Paragraph, Section, Table
from bench.report.number import number
from bench.report.readings import bits, mean_bits
from bench.report.scope import Scope, language_name
from bench.report.text import code, say

FILES = ("tokenization.csv", "training.csv", "convergence.csv")


def section(results: Results, scope: Scope) -> Section | None:
    """The figure and the table behind it; None where no glyph vocabulary was measured."""
    points = glyphs.points(results, scope)
    chart = picture.chart(results, scope)
    if not points or not chart:
        return None
    head = (say("Vocabulary"), say("Language"), say("Tokens per unit"),
            say("Price of the vocabulary, bits per unit"), say("5-gram, bits per unit"),
            say("Model, bits per unit"))  # fmt: skip
    table = Table("glyphs", say("Glyph vocabularies beside plain and superword BPE"), head,
                  tuple(_line(point) for point in points), FILES)  # fmt: skip
    blocks: list[Block] = [Paragraph(ABOUT), chart, table]
    return Section("glyphs", say("Glyphs"), tuple(blocks))


ABOUT = say(
    "Frequent words and phrases of a language are re-coded as single signs, without loss, and BPE "
    "is trained on the glyph text. The price of a vocabulary is 8 · xz(table + merges) / units of "
    "train, and is charged to every vocabulary alike. Bits are those of the coding that the "
    "vocabulary gives, an upper bound for the text."
)


def _line(point: glyphs.Point) -> tuple[Cell, ...]:
    tokens, table = number(point.tokens, FILES[0]), number(point.table, FILES[2])
    floor = bits(point.floor) if point.floor else None
    measured = (tokens, table, floor, mean_bits(point.seeds) if point.seeds else None)
    cells = (one or Missing(say("not measured")) for one in measured)
    return (code(point.family.name), language_name(point.language), *cells)

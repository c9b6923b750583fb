"""The report for code hosts: Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from bench.report.document import (
    Beside,
    Block,
    Cell,
    Chart,
    Document,
    Missing,
    Paragraph,
    Remarked,
    Section,
    Table,
)
from bench.report.number import Number
from bench.report.text import Text

MARKS = {"note": "> [!NOTE]\n> ", "caution": "> [!CAUTION]\n> "}
NONE = "–"  # a table for people; in CSV files a missing value is empty


def render(document: Document) -> str:
    """The whole report as Markdown."""
    parts = [f"# {words(document.title)}", words(document.lead)]
    parts += chain.from_iterable(_section(section) for section in document.sections)
    return "\n\n".join(parts) + "\n"


def words(text: Text) -> str:
    """A text in English, what comes from data made harmless."""
    return _plain_code(text.render(lambda template: template, _unmarked, _escape))


def cell(content: Cell) -> str:
    """One cell of a table."""
    if isinstance(content, Missing):
        return f"{NONE} ({words(content.reason)})"
    if isinstance(content, Number):
        return _number(content)
    if isinstance(content, Beside):
        ratio = f"<br>× {_number(content.ratio)}" if content.ratio else ""
        return _number(content.number) + ratio
    if isinstance(content, Remarked):
        return f"{words(content.text)}. {words(content.remark)}"
    return words(content)


def _section(section: Section) -> Iterator[str]:
    yield f"## {words(section.title)}"
    yield from map(_block, section.blocks)


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return MARKS.get(block.kind or "", "") + words(block.text)
    if isinstance(block, Chart):
        picture = f"![{words(block.title)}](figures/{block.name}.png)"
        rows = f"[rows](figures/{block.name}.csv)"
        return f"{picture}\n\n**{words(block.title)}.** {words(block.caption)} {rows}"
    return _table(block)


def _table(table: Table) -> str:
    head = "| " + " | ".join(map(words, table.columns)) + " |"
    rule = "|" + " --- |" * len(table.columns)
    rows = [
        "| " + " | ".join(_marked(map(cell, row), place in table.gated)) + " |"
        for place, row in enumerate(table.rows)
    ]
    links = ", ".join(f"[{name}]({name})" for name in table.files)
    source = f" Rows: {links}." if links else ""
    body = "\n".join([f"**{words(table.caption)}.**{source}", "", head, rule, *rows])
    if not table.folded:
        return body
    return f"<details><summary>{words(table.caption)}</summary>\n\n{body}\n\n</details>"


def _marked(cells: Iterator[str], gated: bool) -> Iterator[str]:
    """The cells of a row; one that must not be compared carries a sign, whatever it holds."""
    return (f"⚠ {text}" if gated and not place else text for place, text in enumerate(cells))


def _number(number: Number) -> str:
    interval = f" {number.interval}" if number.interval else ""
    suffix = f" {number.suffix}" if number.suffix else ""
    return f"{number.figure}{interval}{suffix}{' ⚠' if number.gated else ''}"


def _escape(value: str) -> str:
    """Text that is not ours: on one line, with no markup of its own."""
    flat = re.sub(r"\s+", " ", value).strip().replace("&", "&amp;").replace("<", "&lt;")
    return _unmarked(flat)


def _unmarked(line: str) -> str:
    """The line with its stars, bars and brackets as they are; ours have some too, as V*."""
    return re.sub(r"([|*\[\]\\])", r"\\\1", line)


def _plain_code(line: str) -> str:
    """The line with its stars in code as they are: a backslash would be shown there."""
    return re.sub(r"`[^`]*`", lambda code: code.group().replace(r"\*", "*"), line)

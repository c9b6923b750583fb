"""Tables for papers: booktabs rules, siunitx columns, one file a table, and one that shows all.

Each file holds a `tabular` to be had with `\\input`; `all_tables.tex` is a whole document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.report.document import Beside, Cell, Missing, Table
from bench.report.number import Number

PACKAGES = r"\usepackage{booktabs,siunitx}"
PREAMBLE = (
    r"\documentclass[a4paper]{article}",
    r"\usepackage[utf8]{inputenc}",
    PACKAGES,
    r"\usepackage{graphicx}",
    r"\usepackage[margin=2cm]{geometry}",
    r"\newsavebox{\held}",
    r"\newcommand{\fitted}[1]{\noindent\sbox{\held}{#1}%",
    r"  \ifdim\wd\held>\linewidth\sbox{\held}{\resizebox{\linewidth}{!}{\usebox{\held}}}\fi%",
    r"  \ifdim\dimexpr\ht\held+\dp\held>.9\textheight%",
    r"    \sbox{\held}{\resizebox*{!}{.9\textheight}{\usebox{\held}}}\fi%",
    r"  \usebox{\held}}",
)
SPECIAL = {
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"\ensuremath{\times}",
    "÷": r"\ensuremath{\div}",
    "–": "--",
    "−": r"\ensuremath{-}",
    "≥": r"\ensuremath{\ge}",
    "≤": r"\ensuremath{\le}",
    "·": r"\ensuremath{\cdot}",
    "²": r"\ensuremath{^2}",
    "“": "``",
    "”": "''",
    "’": "'",
    "…": r"\ldots{}",
    "●": r"\ensuremath{\bullet}",
    "≈": r"\ensuremath{\approx}",
    "✓": "",
    "✗": "",
}
GATED = r"\ensuremath{^\ast}"
SCALING = ("FLOP", "byte")  # shown with a prefix of their own, so never aligned in one column


def render(table: Table) -> str:
    """One table as LaTeX; intervals stand in a column beside their numbers."""
    columns = [_column([row[place] for row in table.rows]) for place in range(len(table.columns))]
    spans = [len(specification) for specification, _ in columns]
    head = [rf"\multicolumn{{{span}}}{{l}}{{{escape(str(name))}}}"
            for name, span in zip(table.columns, spans, strict=True)]  # fmt: skip
    lines = [
        " & ".join([_first(table, place), *(cells[place] for _, cells in columns[1:])])
        for place in range(len(table.rows))
    ]
    specification = "".join(part for parts, _ in columns for part in parts)
    return "\n".join(
        [
            f"% {escape(str(table.caption))}",
            f"% Needs {PACKAGES}",
            rf"\begin{{tabular}}{{{specification}}}",
            r"\toprule",
            " & ".join(head) + r" \\",
            r"\midrule",
            *(line + r" \\" for line in lines),
            r"\bottomrule",
            *([_legend(sum(spans))] if GATED in "".join(lines) else []),
            r"\end{tabular}",
            "",
        ]
    )


def _legend(width: int) -> str:
    words = "not to be compared: the vocabulary loses text, or a run is not below its 5-gram"
    return rf"\multicolumn{{{width}}}{{l}}{{\footnotesize {GATED} {words}}} \\"


def document(tables: Sequence[Table]) -> str:
    """A document that shows every table beside it, each shrunk to the page where it is larger."""
    shown = [
        f"\\section*{{{escape(str(table.caption))}}}\n\\fitted{{\\input{{{table.name}}}}}\n"
        for table in tables
    ]
    return "\n".join([*PREAMBLE, r"\begin{document}", *shown, r"\end{document}", ""])


def escape(text: str) -> str:
    """Text for LaTeX; a character that plain pdfLaTeX cannot set is spelled as its code point."""
    flat = re.sub(r"\s+", " ", text).replace("`", "")
    return "".join(map(_character, flat)).strip()


def _column(cells: Sequence[Cell]) -> tuple[list[str], list[str]]:
    """A column's LaTeX specification, one part a physical column, and its cells."""
    numbers = [cell for cell in cells if isinstance(cell, Number)]
    aligned = bool(numbers) and len({cell.unit for cell in numbers}) == 1
    if not aligned or numbers[0].unit in SCALING or any(isinstance(c, Beside) for c in cells):
        return ["l"], [_loose(cell) for cell in cells]
    if not any(number.interval for number in numbers):
        return [_siunitx(numbers)], [_bare(cell) for cell in cells]
    return [_siunitx(numbers), "@{ }l"], [f"{_bare(cell)} & {_interval(cell)}" for cell in cells]


def _siunitx(numbers: Sequence[Number]) -> str:
    parts = [_plain(number).lstrip("-").partition(".") for number in numbers]
    before, after = max(len(whole) for whole, _, _ in parts), max(len(d) for _, _, d in parts)
    return f"S[table-format={before}.{after}]"


def _bare(cell: Cell) -> str:
    if isinstance(cell, Number):
        return _plain(cell) + f"{{{GATED}}}" * cell.gated
    return f"{{{_loose(cell)}}}"


def _interval(cell: Cell) -> str:
    return f"{{{cell.interval}}}" if isinstance(cell, Number) and cell.interval else ""


def _loose(cell: Cell) -> str:
    if isinstance(cell, Missing):
        return "--"
    if isinstance(cell, Number):
        interval = f" {{{cell.interval}}}" if cell.interval else ""
        suffix = f" {cell.suffix}" if cell.suffix else ""
        return rf"\num{{{_plain(cell)}}}{interval}{suffix}{GATED * cell.gated}"
    if isinstance(cell, Beside):
        below = rf"\\ \ensuremath{{\times}} {_loose(cell.ratio)}" if cell.ratio else ""
        return rf"\begin{{tabular}}[t]{{@{{}}l@{{}}}}{_loose(cell.number)}{below}\end{{tabular}}"
    return escape(str(cell))


def _plain(number: Number) -> str:
    return number.figure.replace(",", "")


def _first(table: Table, place: int) -> str:
    """The cell that names a row: nothing where it only repeats the one above."""
    cell = table.rows[place][0]
    if place and table.rows[place - 1][0] == cell:
        return ""
    return _loose(cell) + GATED * (place in table.gated)


def _character(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character in "&%$#_{}":
        return "\\" + character
    if ord(character) < 32 or ord(character) > 255:
        return f"[U+{ord(character):04X}]"
    return character

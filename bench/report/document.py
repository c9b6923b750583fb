"""What a report is made of, before anything decides how it looks.

Sections hold blocks; the renderers (Markdown, HTML, LaTeX) know blocks and nothing of the results.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bench.report.number import Number
from bench.report.text import Text

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

Kind = Literal["note", "caution"]


@dataclass(frozen=True)
class Missing:
    """A value that does not exist, and why."""

    reason: Text


@dataclass(frozen=True)
class Beside:
    """A number and, below it, the same relative to the reference language."""

    number: Number
    ratio: Number | None = None


@dataclass(frozen=True)
class Remarked:
    """Words, and a remark on them that stands back."""

    text: Text
    remark: Text

    def __str__(self) -> str:
        return f"{self.text}. {self.remark}"


Cell = Text | Number | Beside | Missing | Remarked


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of words; a `note` or a `caution` stands out."""

    text: Text
    kind: Kind | None = None


@dataclass(frozen=True)
class Table:
    """Rows of cells under column heads. `name` is the file name under tables/, without ending.

    `gated` rows are shown, but marked: their values must not be compared. `folded` tables are
    long: closed until asked for where the medium can fold.
    """

    name: str
    caption: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]
    files: tuple[str, ...] = ()
    gated: frozenset[int] = frozenset()
    folded: bool = False


@dataclass(frozen=True)
class Chart:
    """A figure: how to draw it, what it says in words, and the rows it shows.

    `narrow` draws the same for a narrow screen, where the wide one would not be read.
    """

    name: str
    title: Text
    caption: Text
    draw: Callable[[], Drawing]
    table: str
    rows: tuple[dict[str, Any], ...]
    narrow: Callable[[], Drawing] | None = None


Block = Paragraph | Table | Chart


@dataclass(frozen=True)
class Section:
    """A headed part of the report."""

    anchor: str
    title: Text
    blocks: tuple[Block, ...] = field(default=())


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: Text
    lead: Text
    sections: tuple[Section, ...]

    def charts(self) -> tuple[Chart, ...]:
        """Every figure, in order."""
        blocks = (block for section in self.sections for block in section.blocks)
        return tuple(block for block in blocks if isinstance(block, Chart))

    def tables(self) -> tuple[Table, ...]:
        """Every table, in order."""
        blocks = (block for section in self.sections for block in section.blocks)
        return tuple(block for block in blocks if isinstance(block, Table))

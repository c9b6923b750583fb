"""A glyph table, and its file: a TSV that people and spreadsheets can read.

    #babeltoll-glyphs  version=1  alphabet=private  glyphs=2  sha256=3f…
    code_point  phrase  count
    U+E001       of the  812
    U+E002       and     790

Cells are parted by a tab. A phrase stands as it is, a leading space included; it holds printable
characters only, so it needs no quoting. Glyphs are numbered in the order of the rows.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.errors import InputError
from bench.vocabularies.glyphs.alphabet import PRIVATE, Alphabet, alphabet

VERSION = 1
LONGEST = 255  # characters of a phrase
_DIGITS = 18  # of a count
_MARK = "#babeltoll-glyphs"
_COLUMNS = "code_point\tphrase\tcount"
RESTORE = "restore the file (one learnt anew reads only what is coded with it)"


@dataclass(frozen=True)
class GlyphTable:
    """Phrases in the order of their glyphs, and how often each was used where it was learnt."""

    phrases: tuple[str, ...]
    counts: tuple[int, ...]
    alphabet: Alphabet = PRIVATE

    def __len__(self) -> int:
        return len(self.phrases)

    @cached_property
    def glyphs(self) -> str:
        """The sign of each phrase."""
        return self.alphabet.glyphs(len(self))

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over the alphabet's name and the phrases: all that coding depends on."""
        named = "\n".join([f"{VERSION} {self.alphabet.name}", *self.phrases])
        return hashlib.sha256(named.encode()).hexdigest()

    def to_tsv(self) -> str:
        """The file's text."""
        head = "\t".join(
            [
                _MARK,
                f"version={VERSION}",
                f"alphabet={self.alphabet.name}",
                f"glyphs={len(self)}",
                f"sha256={self.digest}",
            ]
        )
        rows = [
            f"U+{ord(glyph):04X}\t{phrase}\t{count}"
            for glyph, phrase, count in zip(self.glyphs, self.phrases, self.counts, strict=True)
        ]
        return "\n".join([head, _COLUMNS, *rows]) + "\n"

    @classmethod
    def from_tsv(cls, text: str, where: str) -> GlyphTable:
        """Read what `to_tsv` wrote; InputError, naming `where` and the line, if it is not that."""
        lines = text.split("\n")
        facts = _facts(lines[0], where)
        if len(lines) < 3 or lines[1] != _COLUMNS or lines[-1]:
            raise InputError(f"{where}: cut short, or its second line is not the column names; "
                             f"{RESTORE}")  # fmt: skip
        if facts["glyphs"] != str(len(lines) - 3):
            raise InputError(f"{where}: {len(lines) - 3} rows, its header says {facts['glyphs']}; "
                             f"{RESTORE}")  # fmt: skip
        rows = [_row(line, f"{where}, line {place}") for place, line in enumerate(lines[2:-1], 3)]
        phrases, counts = tuple(row[1] for row in rows), tuple(row[2] for row in rows)
        _refuse_duplicates(phrases, where)
        table = cls(phrases, counts, alphabet(facts["alphabet"]))
        for place, (row, glyph) in enumerate(zip(rows, table.glyphs, strict=True), 3):
            if row[0] != f"U+{ord(glyph):04X}":
                raise InputError(f"{where}, line {place}: {row[0]} stands where U+{ord(glyph):04X} "
                                 f"belongs; rows were moved: {RESTORE}")  # fmt: skip
        if table.digest != facts["sha256"]:
            raise InputError(
                f"{where}: its phrases are not those of its header (SHA-256 "
                f"{table.digest[:8]}, header {facts['sha256'][:8]}); {RESTORE}"
            )
        return table


def is_phrase(text: str, signs: Alphabet) -> bool:
    """Whether a glyph may stand for it: printable, no reserved character, not too long."""
    reserved = (first <= ord(c) <= last for c in text for first, last in signs.ranges)
    return 0 < len(text) <= LONGEST and text.isprintable() and not any(reserved)


def _facts(line: str, where: str) -> dict[str, str]:
    if _MARK in line and (line[0] == "\ufeff" or line[-1] == "\r"):
        changed = "a byte order mark was added" if line[0] == "\ufeff" else "line ends became CRLF"
        raise InputError(f"{where}, line 1: {changed}; {RESTORE}")
    mark, *cells = line.split("\t")
    facts = dict(cell.split("=", 1) for cell in cells if "=" in cell)
    if mark != _MARK or not {"version", "alphabet", "glyphs", "sha256"} <= facts.keys():
        raise InputError(f"{where}: not a glyph table (its first line must begin with {_MARK}); "
                         "make one with `bench glyphs learn`")  # fmt: skip
    if facts["version"] != str(VERSION):
        raise InputError(f"{where}, line 1: a table of version {facts['version']}, this program "
                         f"reads version {VERSION}; use the release that wrote it")  # fmt: skip
    return facts


def _row(line: str, where: str) -> tuple[str, str, int]:
    cells = line.split("\t")
    if len(cells) != 3 or not cells[2].isdecimal() or len(cells[2]) > _DIGITS:
        raise InputError(f"{where}: a row is a code point, a phrase and a count, parted by tabs")
    if not 0 < len(cells[1]) <= LONGEST or any(map(_is_control, cells[1])):
        raise InputError(
            f"{where}: a phrase holds 1 to {LONGEST} characters, none of them a control"
        )
    return cells[0], cells[1], int(cells[2])


def _is_control(sign: str) -> bool:
    """What no table holds on any Python; which characters are printable differs between them."""
    return unicodedata.category(sign) in ("Cc", "Zl", "Zp")


def _refuse_duplicates(phrases: Sequence[str], where: str) -> None:
    lines: dict[str, int] = {}
    for place, phrase in enumerate(phrases, 3):
        if (first := lines.setdefault(phrase, place)) != place:
            raise InputError(f"{where}, line {place}: {phrase!r} already stands in line {first}; "
                             f"{RESTORE}")  # fmt: skip

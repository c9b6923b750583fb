"""Glyph tables of several sizes beside plain and superword BPE, all with as many entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bench.arm_names import PRIMARY
from bench.report.data import Results, Row
from bench.report.scope import Scope, is_floor

Kind = tuple[str, float]
_FAMILY = re.compile(r"(?:glyphs-(\d+)\+)?bpe-(\d+)-(per-language)(-none)?")
FLOOR = "floor-kn5"


@dataclass(frozen=True)
class Family:
    """One way to cut text: so many glyphs among `total` entries; superwords cross spaces."""

    name: str
    glyphs: int
    total: int
    superwords: bool

    @classmethod
    def of(cls, name: str) -> Family | None:
        """The family of that name; None for any other kind, and for glyphs under superwords."""
        found = _FAMILY.fullmatch(name)
        if not found or (found[1] and found[4]):
            return None
        glyphs = int(found[1] or 0)
        return cls(name, glyphs, glyphs + int(found[2]), bool(found[4]))


@dataclass(frozen=True)
class Point:
    """What is known of one family in one language; None where it was not measured."""

    family: Family
    language: str
    tokens: Row | None  # of tokenization.csv
    table: Row | None  # of convergence.csv: the price of the vocabulary, bits per unit
    floor: Row | None  # of training.csv: the 5-gram over the same tokens
    seeds: list[Row]  # of training.csv: the runs of one model, as long as those with glyphs

    @property
    def bits(self) -> float | None:
        """Bits per unit of the 5-gram with the price of the vocabulary."""
        if self.floor is None or self.table is None:
            return None
        return float(self.floor["bits_per_unit"] + self.table["value"])


def points(results: Results, scope: Scope) -> list[Point]:
    """Families of one total size, superwords first, then by glyphs; none where none has glyphs."""
    known = [found for name in scope.families if (found := Family.of(name))]
    sizes = {one.total: sum(other.total == one.total for other in known)
             for one in known if one.glyphs}  # fmt: skip
    if not sizes:
        return []
    total = max(sizes, key=lambda size: (sizes[size], -size))
    chosen = [one for one in known if one.total == total]
    chosen.sort(key=lambda one: (not one.superwords, one.glyphs))
    return list(_points(results, scope, chosen))


def _points(results: Results, scope: Scope, families: list[Family]) -> Iterator[Point]:
    trained = _trained(results, scope, families)
    for family in families:
        for language in scope.languages:
            where = {"vocabulary_family": family.name, "language": language}
            runs = [row for row in results.runs(corpus=scope.corpus, **where)
                    if row["bits_per_unit"] is not None]  # fmt: skip
            tokens = results.row("tokenization", corpus=scope.corpus, metric="tokens_per_unit",
                                 variant="default", mode=results.mode, **where)  # fmt: skip
            table = results.row("convergence", corpus=scope.corpus, measure="table_bits", **where)
            floor = next((row for row in runs if row["model"] == FLOOR), None)
            seeds = [row for row in _primary(runs) if _kind(row) in trained]
            yield Point(family, language, tokens, table, floor, seeds)


def _trained(results: Results, scope: Scope, families: list[Family]) -> set[Kind]:
    """The model and epochs of the runs with glyphs: what stands beside them is trained so too."""
    names = [one.name for one in families if one.glyphs]
    found = {_kind(row) for row in results.runs(corpus=scope.corpus) if not is_floor(row)
             and row["vocabulary_family"] in names}  # fmt: skip
    return {min(found)} if found else set()


def _primary(runs: list[Row]) -> list[Row]:
    """The primary arm's runs where it trained this family, else all; floors are left out."""
    models = [row for row in runs if not is_floor(row)]
    return [row for row in models if row.get("arm") == PRIMARY] or models


def _kind(row: Row) -> Kind:
    return str(row["model"]), float(row.get("epochs") or 0.0)

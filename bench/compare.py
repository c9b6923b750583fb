"""Two results side by side, refusing by name what is not comparable.

Every value carries a signature of how it was made. Two values are compared only where the parts
that change the value agree: the corpus and its hash, split, mode, vocabulary hash, estimator and
whatever else a signature names, except the parts that only describe (see `DESCRIPTIVE`). So must
what a ratio is relative to, and, for what hangs on r, the best run b* of each folder.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.convergence.best import BEST, with_best
from bench.errors import InputError
from bench.results import read_table
from bench.schema import TABLES
from bench.signature import parse

Row = Mapping[str, Any]
Key = tuple[str, ...]
Part = tuple[str, str, str]  # name, first, second

VALUES = {
    "tokenization": "value",
    "costs": "value",
    "memory": "bytes_mean",
    "training": "bits_per_unit",
    "convergence": "value",
    "claims": "value",
}
SETTINGS = ("corpus", "split", "mode")  # columns that a signature answers for
ON_R = ("convergence", "claims")
DESCRIPTIVE = {"v", "n", "keff", "ci"}  # version and sample size; the interval's method
RELATIVE = {  # the column that says to what; the one of memory is about its ratios alone
    "tokenization": "reference",
    "costs": "reference",
    "convergence": "reference",
    "claims": "statistic",
}
NAMES = {"corp": "corpus", "vocab": "vocabulary", "est": "estimator"}


@dataclass(frozen=True)
class Pair:
    """One value in two results: what it is, and both values."""

    table: str
    key: Key
    first: float | None
    second: float | None

    @property
    def equal(self) -> bool:
        """Whether both hold the same 12 digits, or both nothing."""
        return self.first == self.second


@dataclass(frozen=True)
class Refusal:
    """A value that must not be compared, and the parts of its signature that differ."""

    table: str
    key: Key
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Comparison:
    """What two results hold in common, what was refused, what only one of them has."""

    pairs: tuple[Pair, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    only_first: tuple[tuple[str, Key], ...] = ()
    only_second: tuple[tuple[str, Key], ...] = ()

    def __add__(self, other: Comparison) -> Comparison:
        return Comparison(
            self.pairs + other.pairs,
            self.refusals + other.refusals,
            self.only_first + other.only_first,
            self.only_second + other.only_second,
        )


def compare_folders(first: Path, second: Path) -> Comparison:
    """Compare every result file that both folders hold; InputError if they share none."""
    for folder in (first, second):
        if not folder.is_dir():
            raise InputError(f"{folder} is not a folder: name two folders of results")
    total, shared = Comparison(), False
    for name in VALUES:
        file = TABLES[name].file
        if (first / file).is_file() and (second / file).is_file():
            shared = True
            total += compare_rows(name, _rows(first, name), _rows(second, name))
    if not shared:
        raise InputError(
            f"{first} and {second} share no result file: each needs a tokenization.csv or the like"
        )
    return total


def compare_rows(table: str, first: Iterable[Row], second: Iterable[Row]) -> Comparison:
    """Compare the rows of one table that have the same key, corpus, split and mode apart."""
    ours, theirs = _grouped(table, first), _grouped(table, second)
    found = Comparison()
    for key in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(key, []), theirs.get(key, [])
        paired = [(a, b, differing(table, a, b)) for a, b in _matched(table, mine, other)]
        found += Comparison(
            tuple(_pair(table, key, a, b) for a, b, parts in paired if not parts),
            tuple(Refusal(table, key, parts) for _, _, parts in paired if parts),
            tuple((table, key) for _ in mine[len(paired) :]),
            tuple((table, key) for _ in other[len(paired) :]),
        )
    return found


def differing(table: str, first: Row, second: Row) -> tuple[Part, ...]:
    """What forbids a comparison: (name, first, second).

    Parts of the signatures; what a ratio is relative to; and b*, the lowest annealed bits of a
    folder's runs, for what hangs on r, where the folders have another or do not show it.
    """
    return (*_signed(first, second), *_relative(table, first, second), *_best(first, second))


def _signed(first: Row, second: Row) -> Iterator[Part]:
    ours, theirs = parse(str(first["signature"])), parse(str(second["signature"]))
    for part in dict.fromkeys((*ours, *theirs)):
        if part not in DESCRIPTIVE and _content(part, ours) != _content(part, theirs):
            yield NAMES.get(part, part), ours.get(part, "none"), theirs.get(part, "none")


def _relative(table: str, first: Row, second: Row) -> Iterator[Part]:
    column = RELATIVE.get(table, "")
    ours, theirs = first.get(column), second.get(column)
    if ours and theirs and ours != theirs:
        yield column, ours, theirs


def _best(first: Row, second: Row) -> Iterator[Part]:
    if BEST not in first or BEST not in second:
        return
    ours, theirs = first[BEST], second[BEST]
    if None in (ours, theirs) or ours != theirs:
        yield BEST, ours or "not known", theirs or "not known"


def _content(part: str, signature: Mapping[str, str]) -> str | None:
    """What a part says of the content: a text or vocabulary is its hash, whatever its name."""
    value = signature.get(part)
    if value is None or part not in ("corp", "vocab"):
        return value
    return "+".join(re.sub(r"^.*@", "", one) for one in value.split("+"))


def _rows(folder: Path, table: str) -> Sequence[Row]:
    rows = read_table(folder, table)
    return with_best(folder, rows) if table in ON_R else rows


def _grouped(table: str, rows: Iterable[Row]) -> dict[Key, list[Row]]:
    """Rows by their key without the settings, which the signatures are asked about."""
    columns = [column for column in TABLES[table].key if column not in SETTINGS]
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(str(row[column]) for column in columns)].append(row)
    return groups


def _matched(table: str, first: Sequence[Row], second: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """Rows of one key: those that agree in their settings with each other, then the rest."""
    left = list(second)
    unmatched = []
    for row in first:
        same = next((other for other in left if not differing(table, row, other)), None)
        if same is None:
            unmatched.append(row)
        else:
            left.remove(same)
            yield row, same
    yield from zip(unmatched, left, strict=False)


def _pair(table: str, key: Key, first: Row, second: Row) -> Pair:
    column = VALUES[table]
    return Pair(table, key, first[column], second[column])

"""Join pairs of languages on their identical reference text, in bounded memory.

English–Russian and English–Chinese become English–Russian–Chinese where the English is the same
string. The sentences of each pair are dealt to a fixed number of files by a hash of the English;
each set of files is then joined on its own (a Grace hash join), so that only a fraction of the
corpus is in memory at a time.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from corpora.cache import cache_dir, make_folder, readable_errors

PARTITIONS = 64


class Sentence(NamedTuple):
    """A row of a pair: its number in the source, the reference text and the other one."""

    row: int
    reference: str
    other: str


def join_on_reference(pairs: Sequence[Iterable[Sentence]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(row of the first pair, (reference, other, other, …)) of every text that all pairs have.

    Of a reference text that repeats within a pair the first row counts. Sorted by row.
    """
    folder = make_folder(cache_dir() / "spool")
    with readable_errors(folder), tempfile.TemporaryDirectory(dir=folder) as spool:
        dealt = [_deal(pair, Path(spool), place) for place, pair in enumerate(pairs)]
        joined = (_joined([one[at] for one in dealt]) for at in range(PARTITIONS))
        yield from _by_row((unit for part in joined for unit in part), Path(spool))


def _deal(pair: Iterable[Sentence], folder: Path, place: int) -> list[Path]:
    paths = [folder / f"pair-{place}-{at}.jsonl" for at in range(PARTITIONS)]
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("w", encoding="utf-8")) for path in paths]
        for one in pair:
            digest = hashlib.blake2b(one.reference.encode(), digest_size=2).digest()
            files[int.from_bytes(digest, "big") % PARTITIONS].write(json.dumps(one) + "\n")
    return paths


def _joined(paths: Sequence[Path]) -> Iterator[tuple[int, tuple[str, ...]]]:
    first, *rest = (_first_of_each(path) for path in paths)
    for reference, (row, other) in first.items():
        if all(reference in one for one in rest):
            yield row, (reference, other, *(one[reference][1] for one in rest))


def _first_of_each(path: Path) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row, reference, other = json.loads(line)
            found.setdefault(reference, (row, other))
    path.unlink()
    return found


def _by_row(
    units: Iterable[tuple[int, tuple[str, ...]]], folder: Path, span: int = 500_000
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Sort by row, dealing units to files that cover a range of rows each."""
    ranges: dict[int, Path] = {}
    with ExitStack() as stack:
        files = {}
        for row, texts in units:
            at = row // span
            if at not in files:
                ranges[at] = folder / f"rows-{at}.jsonl"
                files[at] = stack.enter_context(ranges[at].open("w", encoding="utf-8"))
            files[at].write(json.dumps([row, texts]) + "\n")
    for at in sorted(ranges):
        with ranges[at].open(encoding="utf-8") as lines:
            found = sorted((row, tuple(texts)) for row, texts in map(json.loads, lines))
        yield from found

"""Find units of `train` whose text stands in `validation` or `test`, in any language.

Removing repeats by their English side alone leaks: in the help pages 0 English but 89 Russian and
93 Chinese texts of the 2,138 in the test split stand verbatim in train. So folded texts are
compared in every language, and the train copy goes.

The memory needed does not grow with the corpus: fingerprints lie in a spool file, and the
held-out ones are looked up a fixed number at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from corpora.folding import fingerprints
from corpora.spool import batches_of, scratch

HELD = 2_000_000  # fingerprints looked up, and looked up in, at a time


def leaking(table: pa.Table, train: np.ndarray, languages: Sequence[str]) -> np.ndarray:
    """bool [units]: True for units of train that repeat a held-out text in some language.

    `train` is bool [units]; every other unit is held out.
    """
    mask = scratch((len(table),), np.bool_)
    prints = scratch((len(languages), len(table)), np.uint64)
    for rows, batch in batches_of(table.select(list(languages))):
        for row, one in enumerate(languages):
            prints[row, rows] = fingerprints(batch[one])
    for row in prints:
        for held in _held_out(row, train):
            for here in _windows(len(mask)):
                mask[here] |= train[here] & _contains(held, row[here])
    return mask


def _windows(size: int) -> Iterator[slice]:
    return (slice(start, start + HELD) for start in range(0, size, HELD))


def _held_out(prints: np.ndarray, train: np.ndarray) -> Iterator[np.ndarray]:
    """The sorted fingerprints of what is not train, window by window."""
    for here in _windows(len(prints)):
        held = np.unique(prints[here][~train[here]])
        if len(held):
            yield held


def _contains(ordered: np.ndarray, values: np.ndarray) -> np.ndarray:
    place = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.asarray(ordered[place] == values)

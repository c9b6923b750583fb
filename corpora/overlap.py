"""Find units of `train` whose text stands in `validation` or `test`, in any language.

Removing repeats by their English side alone leaks: in the help pages 0 English but about 100
Russian and 100 Chinese texts of the test split stand verbatim in train. So folded texts are
compared in every language, and the train copy goes.

The memory needed does not grow with the corpus: fingerprints are spilled to a temporary file,
and the held-out ones are looked up a fixed number at a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpora.folding import fingerprints

BATCH = 65_536  # units folded at a time
HELD = 4_000_000  # held-out fingerprints looked up at a time


def leaking(table: pa.Table, languages: Sequence[str]) -> np.ndarray:
    """bool [units]: True for units of train that repeat a held-out text in some language."""
    mask = np.zeros(len(table), bool)
    if not len(table):
        return mask
    train = pc.equal(table["split"], "train").to_numpy(zero_copy_only=False)
    with tempfile.TemporaryFile() as spill:
        prints = np.memmap(spill, np.uint64, "w+", shape=(len(languages), len(table)))
        for start, batch in _batches(table.select(list(languages))):
            for row, one in enumerate(languages):
                prints[row, start : start + len(batch)] = fingerprints(batch[one])
        for row in prints:
            for held in _held_out(row, train):
                for start in range(0, len(mask), HELD):
                    here = slice(start, start + HELD)
                    mask[here] |= train[here] & _contains(held, row[here])
        del prints
    return mask


def _batches(table: pa.Table) -> Iterator[tuple[int, pa.RecordBatch]]:
    start = 0
    for batch in table.to_batches(max_chunksize=BATCH):
        yield start, batch
        start += len(batch)


def _held_out(prints: np.ndarray, train: np.ndarray) -> Iterator[np.ndarray]:
    """The sorted fingerprints of what is not train, at most `HELD` at a time."""
    step = HELD
    for start in range(0, len(prints), step):
        held = np.unique(prints[start : start + step][~train[start : start + step]])
        if len(held):
            yield held


def _contains(ordered: np.ndarray, values: np.ndarray) -> np.ndarray:
    place = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.asarray(ordered[place] == values)

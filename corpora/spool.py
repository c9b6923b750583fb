"""Keep what fits in memory there and put the rest on disk, so that size is no reason to fail.

Tables of more than a few hundred thousand rows and arrays of more than a few million entries go
to unnamed files in the cache folder, which vanish with the last use of them.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from corpora.cache import cache_dir, make_folder, readable_errors

BATCH = 65_536  # rows of a batch
IN_MEMORY = 8  # batches of a table that stay in memory
ENTRIES = 8_000_000  # of an array that stays in memory


def table_of_batches(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """A table of all batches: in memory if they are few, else memory-mapped from a spool file."""
    rest = iter(batches)
    first = list(itertools.islice(rest, IN_MEMORY + 1))
    if len(first) <= IN_MEMORY:
        return pa.Table.from_batches(first, schema).combine_chunks()
    folder = make_folder(cache_dir() / "spool")
    with readable_errors(folder), tempfile.NamedTemporaryFile(dir=folder) as spool:
        with pa.OSFile(spool.name, "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in itertools.chain(first, rest):
                writer.write_batch(batch)
        del first
        return pa.ipc.open_file(pa.memory_map(spool.name)).read_all()  # outlives the file's name


def scratch(shape: tuple[int, ...], kind: type[np.generic]) -> np.ndarray[Any, Any]:
    """An array of zeros; a large one lies in an unnamed file and takes no memory of its own."""
    if int(np.prod(shape)) <= ENTRIES:
        return np.zeros(shape, kind)
    folder = make_folder(cache_dir() / "spool")
    with readable_errors(folder), tempfile.TemporaryFile(dir=folder) as spool:
        return np.memmap(spool, kind, "w+", shape=shape)


def batches_of(table: pa.Table) -> Iterator[tuple[slice, pa.RecordBatch]]:
    """The table's batches with the rows that they are."""
    start = 0
    for batch in table.to_batches(max_chunksize=BATCH):
        yield slice(start, start + len(batch)), batch
        start += len(batch)

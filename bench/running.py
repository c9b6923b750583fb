"""Runs in progress: each leaves a note of its cells, so that pruning keeps them.

A note is `running/<host>.<process>.<number>` in the store, a key a line. Its writer holds a lock
on it (`flock`, let go by the kernel when the writer dies): one whose lock is free is a dead run's.
"""

import contextlib
import fcntl
import os
import socket
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.cell import Cell
from bench.store import Store, flock

FOLDER = "running"


@contextlib.contextmanager
def noted(store: Store, cells: Iterable[Cell]) -> Iterator[None]:
    """Keep a note of the cells for as long as the block runs."""
    name = f"{socket.gethostname()}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
    note = store.root / FOLDER / name
    draft = note.with_name(f".{name}")
    draft.parent.mkdir(parents=True, exist_ok=True)
    with draft.open("w", encoding="ascii") as out:
        flock(out.fileno(), fcntl.LOCK_EX)
        out.write("\n".join(cell.key for cell in cells))
        out.flush()
        draft.rename(note)  # seen only when it is whole and locked
        try:
            yield
        finally:
            note.unlink(missing_ok=True)


def keys(store: Store) -> set[str]:
    """Keys of the cells of every run in progress; notes of dead runs are removed.

    Where the file system knows no locks every note is taken for a living run's.
    """
    notes = [note for note in (store.root / FOLDER).glob("*") if not note.name.startswith(".")]
    return {key for note in notes for key in _living(note)}


def _living(note: Path) -> list[str]:
    """The note's keys; none, and no note any more, where its lock is free."""
    with contextlib.suppress(FileNotFoundError), note.open(encoding="ascii") as written:
        try:
            fcntl.flock(written, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:  # held, or there are no locks
            return written.read().split()
        note.unlink()
    return []

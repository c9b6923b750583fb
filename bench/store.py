"""The store: results of cells on disk, found by their key, whole or not at all.

A finished cell is a folder `cells/<aa>/<key>/` with the files its function wrote and `record.json`:
what it was made from, and each file's SHA-256. It is written under another name, synced, and
renamed, so that a reader sees all of it or none. A cell that cannot exist (a vocabulary larger
than its text supports) is finished too, as `empty`, with its reason. docs/reliability.md says what
holds on a shared folder and between versions.
"""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.record import (
    FORMAT,
    RECORD,
    Damaged,
    damage,
    file_digest,
    hashes,
    read,
    sync,
    sync_one,
    verified,
)

__all__ = ["RECORD", "Finished", "Store", "file_digest", "flock", "sync"]

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # a file system that knows none


@dataclass(frozen=True)
class Finished:
    """A cell's result: its folder and its record."""

    folder: Path
    record: dict[str, Any]

    @property
    def empty(self) -> str | None:
        """Why there is no result, or None if there is one."""
        reason: str | None = self.record.get("empty")
        return reason

    @property
    def inherited(self) -> bool:
        """Whether it is empty only because one of its inputs is."""
        return "because_of" in self.record

    def json(self, name: str) -> Any:
        """One of its files, read as JSON."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


class Store:
    """Finished cells under one folder; safe for several processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, key: str) -> Path:
        """Where the cell of that key stands, finished or not."""
        return Path(f"{self.root}/cells/{key[:2]}/{key}")

    def has(self, cell: Cell) -> bool:
        """Whether the cell is finished; looks, does not verify."""
        # asked of every cell of a plan: making a Path would take longer than the look
        record = f"{self.root}/cells/{cell.key[:2]}/{cell.key}/{RECORD}"
        return os.path.isfile(record)  # noqa: PTH113

    def get(self, cell: Cell) -> Finished | None:
        """The verified result, or None; a damaged one counts as absent.

        Marks the result as used now, which is what pruning goes by. Raises InputError where a newer
        version wrote it.
        """
        folder = self.folder(cell.key)
        try:
            record = verified(folder)  # no look before it: what is not there cannot be read
        except Damaged:
            return None
        with contextlib.suppress(OSError):  # a store that is only read
            os.utime(f"{folder}/{RECORD}")
        return Finished(folder, record)

    def set_aside(self, key: str) -> None:
        """Move a damaged result, if there is one, to `damaged/` with its reason.

        To be called by whoever holds the cell's lock, so that a result that another process has
        just finished is never taken for the damaged one that it replaces.
        """
        folder = self.folder(key)
        reason = damage(folder) if folder.exists() else None
        if reason:
            place = self.root / "damaged" / f"{folder.name}.{time.time_ns()}"
            place.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(place)
            (place / "reason.txt").write_text(f"{reason}\n", encoding="utf-8")

    @contextlib.contextmanager
    def lock(self, cell: Cell) -> Iterator[None]:
        """Hold the cell for this process; a second one waits, then finds it finished.

        Where the file system knows no locks nobody waits: a cell may then be computed twice, and
        the first result to be finished is kept.
        """
        with self._lock_file(cell.key) as handle:
            flock(handle, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def lock_if_free(self, key: str) -> Iterator[bool]:
        """Hold the cell of that key unless somebody does; says which."""
        with self._lock_file(key) as handle:
            try:
                flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    @contextlib.contextmanager
    def _lock_file(self, key: str) -> Iterator[int]:
        path = self.root / "locks" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            yield handle  # closing it lets go of the lock, and so does the death of the process
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def scratch(self, cell: Cell) -> Iterator[Path]:
        """A private folder to compute in, gone afterwards; checkpoints live beside it."""
        folder = self.root / "scratch" / f"{cell.key}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def checkpoints(self, cell: Cell) -> Path:
        """A folder that outlives a killed run of this cell; removed when the cell finishes."""
        return self.root / "checkpoints" / cell.key

    def finish(self, cell: Cell, folder: Path, facts: dict[str, Any]) -> Finished:
        """Turn what was computed in `folder` into the cell's result, atomically.

        `facts` are added to the record: `empty` with a reason, `timings`, versions. The result is
        on disk when this returns. Raises OSError where it cannot be written.
        """
        about = {"format": FORMAT, "label": cell.label, **facts, "files": hashes(folder)}
        text = json.dumps({**cell.identity, **about}, indent=1, sort_keys=True)
        (folder / RECORD).write_text(f"{text}\n", encoding="utf-8")
        sync(folder)
        target = self.folder(cell.key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(target)
        except OSError:
            if damage(target):  # else another process finished the same cell, without locks
                raise
        sync_one(target.parent)
        shutil.rmtree(self.checkpoints(cell), ignore_errors=True)
        return Finished(target, read(target))


def flock(handle: int, how: int) -> None:
    """Lock an open file, where its file system knows locks."""
    try:
        fcntl.flock(handle, how)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise

"""The store: results of cells on disk, found by their key, whole or not at all.

A finished cell is a folder `cells/<aa>/<key>/` with the files its function wrote and `record.json`:
what it was made from, and each file's SHA-256. It is written under another name, synced, and
renamed, so that a reader sees all of it or none. A cell that cannot exist (a vocabulary larger
than its text supports) is finished too, as `empty`, with its reason.
"""

import contextlib
import fcntl
import hashlib
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
from bench.errors import InputError

RECORD = "record.json"


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
        return self.root / "cells" / key[:2] / key

    def has(self, cell: Cell) -> bool:
        """Whether the cell is finished; looks, does not verify."""
        return (self.folder(cell.key) / RECORD).is_file()

    def get(self, cell: Cell) -> Finished | None:
        """The verified result, or None; a damaged one is set aside and counts as absent."""
        folder = self.folder(cell.key)
        if not (folder / RECORD).is_file():
            return None
        damage = find_damage(folder)
        if damage:
            self._set_aside(folder, damage)
            return None
        return Finished(folder, json.loads((folder / RECORD).read_text(encoding="utf-8")))

    @contextlib.contextmanager
    def lock(self, cell: Cell) -> Iterator[None]:
        """Hold the cell for this process; a second one waits, then finds it finished."""
        path = self.root / "locks" / cell.key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)

    @contextlib.contextmanager
    def scratch(self, cell: Cell) -> Iterator[Path]:
        """A private folder to compute in, gone afterwards; checkpoints live beside it."""
        folder = self.root / "scratch" / f"{cell.key[:16]}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
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

        `facts` are added to the record: `empty` with a reason, `timings`, versions.
        """
        record = {**cell.identity, "label": cell.label, **facts, "files": _hashes(folder)}
        (folder / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
        sync(folder)
        target = self.folder(cell.key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # another process finished the same cell first
            folder.rename(target)
        if not (target / RECORD).is_file():
            raise InputError(f"cannot write the store at {self.root}: check its permissions")
        shutil.rmtree(self.checkpoints(cell), ignore_errors=True)
        return Finished(target, record)

    def _set_aside(self, folder: Path, reason: str) -> None:
        place = self.root / "damaged" / f"{folder.name}.{time.time_ns()}"
        place.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(place)
        (place / "reason.txt").write_text(reason + "\n")


def find_damage(folder: Path) -> str | None:
    """What is wrong with a finished cell's files, or None: a hash per file is checked."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        expected = record["files"]
    except (ValueError, KeyError, OSError) as error:
        return f"{RECORD} cannot be read: {error}"
    for name, digest in expected.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if file_digest(path) != digest:
            return f"{name} is not what was written"
    return None


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files}


def sync(folder: Path) -> None:
    """Have a folder and everything in it on disk before going on."""
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

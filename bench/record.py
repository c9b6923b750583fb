"""A finished cell's folder: its record, and whether the folder is what its name says.

`record.json` holds what the cell was made from, which is what its key is hashed from, and the
SHA-256 of each file. So a damaged copy, a record under another cell's name and one whose identity
was edited are told apart from a result by looking at the folder alone. Nobody signs it: who edits a
file and its hash together is believed.
"""

import errno
import hashlib
import json
import os
import stat
from pathlib import Path, PurePosixPath
from typing import Any

from bench.cell import canonical
from bench.errors import InputError

RECORD = "record.json"
FORMAT = 1  # of the record; raise it when an older reader would misunderstand a newer record
LARGEST = 64 * 2**20  # bytes; a record lists hashes and holds no results
IDENTITY = ("kind", "version", "params", "inputs")


def read(folder: Path) -> dict[str, Any]:
    """The record of a finished cell.

    Raises ValueError if it is no record, OSError if it cannot be read, InputError if a newer
    version of the suite wrote it: that is no damage, and nothing of it may be set aside.
    """
    try:
        record = json.loads(_small_file(f"{folder}/{RECORD}").decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(record, dict) or not isinstance(record.get("files"), dict):
        raise ValueError("it names no files")
    written = record.get("format", FORMAT)
    if isinstance(written, int) and written > FORMAT:
        raise InputError(f"{folder} was written by a newer version: update babeltoll, or name "
                         "another folder with BABELTOLL_CACHE")  # fmt: skip
    return record


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _small_file(path: str) -> bytes:
    """The bytes of a regular file; ValueError for a link, a pipe, a device or a huge one.

    It is read for every finished cell of a run: a Path and a text layer would double the time.
    """
    with open(path, "rb", buffering=0, opener=_no_link) as data:
        about = os.fstat(data.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST:
            raise ValueError("it is no file of a few megabytes")
        return data.read()


class Damaged(Exception):
    """A finished cell's folder is not what its name says; the message says why."""


def verified(folder: Path) -> dict[str, Any]:
    """The record of a finished cell, read once, after its folder was checked.

    The key is hashed again from kind, version, parameters and inputs; every file is read. Raises
    Damaged, or InputError where a newer version wrote it.
    """
    try:
        record = read(folder)
        identity = {name: record[name] for name in IDENTITY}
        key = hashlib.sha256(canonical(identity).encode()).hexdigest()
    except (ValueError, KeyError, OSError, RecursionError) as error:
        raise Damaged(f"{RECORD} cannot be read: {error!r}") from None
    if key != folder.name:
        raise Damaged(f"{RECORD} describes another cell ({key[:8]})")
    files: dict[str, Any] = record["files"]
    if wrong := next((one for name in sorted(files) if (one := _wrong(folder, name, files))), None):
        raise Damaged(wrong)
    return record


def damage(folder: Path) -> str | None:
    """Why a finished cell's folder is not what its name says, or None."""
    try:
        verified(folder)
    except Damaged as reason:
        return str(reason)
    return None


def _wrong(folder: Path, name: str, files: dict[str, Any]) -> str | None:
    path = folder / name
    if "\0" in name or name.startswith("/") or ".." in PurePosixPath(name).parts:
        return f"{name!r} lies outside the cell"
    try:
        if path.is_symlink() or any(one.is_symlink() for one in _between(path, folder)):
            return f"{name} lies outside the cell"
        if not path.is_file():
            return f"{name} is missing"
        return None if file_digest(path) == files[name] else f"{name} is not what was written"
    except OSError as error:
        return f"{name} cannot be read: {error.strerror}"


def _between(path: Path, folder: Path) -> list[Path]:
    """The folders between a file and its cell."""
    return [one for one in path.parents if one.is_relative_to(folder) and one != folder]


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a cell's folder, by its name relative to it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files}


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def sync(folder: Path) -> None:
    """Have a folder and everything in it on disk before going on."""
    for path in [*folder.rglob("*"), folder]:
        sync_one(path)


def sync_one(path: Path) -> None:
    """Have one file, or the names in one folder, on disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot sync a folder
            raise
    finally:
        os.close(handle)

"""The cache as a whole: where the store is, how large it is, pruning it."""

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import corpora
from bench.errors import InputError
from bench.record import RECORD
from bench.store import Store

PARTS = {
    "packages": "downloaded wheels, Debian packages and tarballs",
    "corpora": "corpora built from them",
    "apt": "apt's package lists",
    "spool": "text that did not fit into memory",
    "store/cells": "finished cells",
    "store/checkpoints": "training runs that were stopped",
    "store/damaged": "results that failed their check, each with a reason.txt",
    "store/failed": "tracebacks of cells and commands that failed by a fault of ours",
    "store/scratch": "cells being computed, or left by a killed run",
}
DAY = 86_400


def open_store() -> Store:
    """The store of this user: `$BABELTOLL_CACHE/store`, else below the user's cache folder."""
    return Store(corpora.cache_dir() / "store")


def describe() -> str:
    """Sizes of the parts of the cache, one a line."""
    root = corpora.cache_dir()
    sizes = {part: _size(root / part) for part in PARTS}
    lines = [f"{size / 1e6:9.1f} MB  {part:<18} {PARTS[part]}" for part, size in sizes.items()]
    return "\n".join([*lines, f"{sum(sizes.values()) / 1e6:9.1f} MB  in all, in {root}"])


def remember(folder: Path) -> None:
    """Note that a results folder names cells of this store, so that pruning keeps them."""
    place = str(folder.resolve())
    note = open_store().root / "results" / hashlib.sha256(place.encode()).hexdigest()[:16]
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(place, encoding="utf-8")


def prune(days: int, keep: Iterable[Path]) -> str:
    """Remove cells unused for `days` that no results folder names; says what went.

    Kept are the cells named by the folders in `keep` (and those below them) and by every results
    folder that a run of this store wrote and that still exists. What a running process holds is
    left alone. Raises InputError for a manifest that cannot be read: nothing is removed then.
    """
    store, limit = open_store(), time.time() - days * DAY
    named = {key for manifest in _manifests(store, keep) for key in _named(manifest)}
    old = [
        folder
        for folder in sorted((store.root / "cells").glob("*/*"))
        if folder.name not in named and _last_used(folder) < limit
    ]
    sizes = [size for folder in old if (size := _remove(folder, folder.name, store)) is not None]
    rest = sum(_remove(path, key, store) or 0 for path, key in _leftovers(store, limit))
    freed = (sum(sizes) + rest + _sweep(min(limit, time.time() - DAY))) / 1e6
    return f"{len(sizes):,} cells removed, {len(named):,} named by results; {freed:.1f} MB freed"


def _manifests(store: Store, keep: Iterable[Path]) -> set[Path]:
    found = {one.resolve() for folder in keep for one in folder.rglob("manifest.json")}
    for note in (store.root / "results").glob("*"):
        manifest = Path(note.read_text(encoding="utf-8")) / "manifest.json"
        if manifest.is_file():
            found.add(manifest)
        else:
            note.unlink()
    return found


def _named(manifest: Path) -> Iterator[str]:
    try:
        cells = json.loads(manifest.read_text(encoding="utf-8")).get("cells", {}).values()
        yield from (key for key in cells if isinstance(key, str))
    except (ValueError, AttributeError, OSError, RecursionError) as error:
        raise InputError(f"{manifest} cannot be read ({error}), so nobody knows which cells it "
                         "names: restore it, or remove its folder") from None  # fmt: skip


def _last_used(folder: Path) -> float:
    for path in (folder / RECORD, folder):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return time.time()


def _leftovers(store: Store, limit: float) -> Iterator[tuple[Path, str]]:
    """(folder, key of its cell) of what killed runs left behind and nobody goes on from."""
    for path in (store.root / "scratch").glob("*"):
        yield path, path.name.partition(".")[0]
    for path in (store.root / "checkpoints").glob("*"):
        if _last_used(path) < limit or (store.folder(path.name) / RECORD).is_file():
            yield path, path.name
    for path in (*(store.root / "damaged").glob("*"), *(store.root / "failed").glob("*")):
        if _last_used(path) < limit:
            yield path, path.name.partition(".")[0]


def _remove(folder: Path, key: str, store: Store) -> int | None:
    """Remove a folder unless a process holds its cell; the bytes freed.

    It is renamed first: nobody ever sees half a cell.
    """
    if key == "merge":  # cells on their way in are in nobody's lock; they take minutes
        return _removed(folder) if _last_used(folder) < time.time() - DAY else None
    with store.lock_if_free(key) as free:
        if not free:
            return None
        trash = store.root / "scratch" / f"{key}.trash.{time.time_ns()}"
        trash.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(trash)
        except FileNotFoundError:  # another prune was here
            return None
        return _removed(trash)


def _removed(folder: Path) -> int:
    size = _size(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return size


def _sweep(limit: float) -> int:
    """Remove files that killed downloads and builds left half-written."""
    root, freed = corpora.cache_dir(), 0
    half = [*root.glob("packages/*/*/.part-*"), *root.glob("packages/*/*/*/.part-*")]
    for path in [*half, *root.glob("corpora/.*.part"), *root.glob("spool/*")]:
        if _last_used(path) < limit:
            freed += _size(path)
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
    return freed


def _size(path: Path) -> int:
    total = 0
    for one in (path, *path.rglob("*")):
        with contextlib.suppress(OSError):  # gone meanwhile
            total += one.lstat().st_size if not one.is_dir() else 0
    return total

"""The cache as a whole: where the store is, how large it is, pruning it."""

import contextlib
import hashlib
import json
import math
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import corpora
from bench import running
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
    "store/slurm": "job files and logs of a cluster",
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

    Kept are the cells of runs in progress, those named by the folders in `keep` (and those below
    them) and by every results folder that a run of this store wrote and that still exists. What a
    running process holds is left alone. Raises InputError for a manifest that cannot be read:
    nothing is removed then.
    """
    store, limit = open_store(), time.time() - days * DAY
    wanted = running.keys(store)  # asked first: a run that ends meanwhile is named by its results
    named = {key for manifest in _manifests(store, keep) for key in _named(manifest)}
    kept = named | wanted
    old = [one for one in sorted((store.root / "cells").glob("*/*")) if one.name not in kept]
    sizes = [_remove(store, folder, folder.name, limit) for folder in old]
    gone = [size for size in sizes if size is not None]
    rest = sum(_remove(store, *one) or 0 for one in _leftovers(store, limit, wanted))
    freed = (sum(gone) + rest + _sweep(min(limit, time.time() - DAY))) / 1e6
    return (f"{len(gone):,} cells removed, {len(named):,} named by results, {len(wanted):,} by "
            f"runs in progress; {freed:.1f} MB freed")  # fmt: skip


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


def _leftovers(
    store: Store, limit: float, wanted: Collection[str]
) -> Iterator[tuple[Path, str, float]]:
    """What runs left behind and nobody goes on from: the folder, its cell's key, and the time
    before which it must have been used last."""
    for path in (store.root / "scratch").glob("*"):
        yield path, path.name.partition(".")[0], math.inf
    for path in (store.root / "checkpoints").glob("*"):
        if (store.folder(path.name) / RECORD).is_file():
            yield path, path.name, math.inf
        elif path.name not in wanted:
            yield path, path.name, limit
    for path in (*(store.root / "damaged").glob("*"), *(store.root / "failed").glob("*")):
        yield path, path.name.partition(".")[0], limit
    if not wanted:  # else a run may wait for its jobs
        yield from ((path, "slurm", limit) for path in _old_jobs(store, limit))


def _old_jobs(store: Store, limit: float) -> Iterator[Path]:
    """Folders of jobs that wrote nothing since: one may go on though its run was killed."""
    for path in (store.root / "slurm").glob("*"):
        if max(map(_last_used, (path, *path.glob("*")))) < limit:
            yield path


def _remove(store: Store, folder: Path, key: str, limit: float) -> int | None:
    """Remove a folder not used since `limit` unless a process holds its cell; the bytes freed.

    It is renamed first: nobody ever sees half a cell.
    """
    if key == "merge":  # cells on their way in are in nobody's lock; they take minutes
        return _removed(folder) if _last_used(folder) < time.time() - DAY else None
    if _last_used(folder) >= limit:
        return None
    with store.lock_if_free(key) as free:
        if not free or _last_used(folder) >= limit:  # or it was used meanwhile
            return None
        trash = store.root / "scratch" / f"{key}.trash.{time.time_ns()}"
        trash.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(trash)
        except FileNotFoundError:  # another prune was here
            return None
        return _removed(trash)


def _removed(path: Path) -> int:
    size = _size(path)
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return size


def _sweep(limit: float) -> int:
    """Remove files that killed downloads and builds left half-written."""
    root, freed = corpora.cache_dir(), 0
    half = [*root.glob("packages/*/*/.part-*"), *root.glob("packages/*/*/*/.part-*")]
    half += [*root.glob("corpora/.*.part"), *root.glob("store/running/.*")]
    for path in [*half, *root.glob("spool/*")]:
        if _last_used(path) < limit:
            freed += _removed(path)
    return freed


def _size(path: Path) -> int:
    total = 0
    for one in (path, *path.rglob("*")):
        with contextlib.suppress(OSError):  # gone meanwhile
            total += one.lstat().st_size if not one.is_dir() else 0
    return total

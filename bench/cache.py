"""The cache as a whole: where the store is, how large it is, pruning and merging it."""

import json
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import corpora
from bench.errors import InputError
from bench.store import RECORD, Store, find_damage

PARTS = ("packages", "store/cells", "store/checkpoints", "store/damaged", "store/scratch")


def open_store() -> Store:
    """The store of this user: `$BABELTOLL_CACHE/store`, else below the user's cache folder."""
    return Store(corpora.cache_dir() / "store")


def describe() -> str:
    """Sizes of the parts of the cache, one a line."""
    root = corpora.cache_dir()
    sizes = {part: _size(root / part) for part in PARTS}
    lines = [f"{size / 1e6:10.1f} MB  {root / part}" for part, size in sizes.items()]
    return "\n".join([*lines, f"{sum(sizes.values()) / 1e6:10.1f} MB  in all"])


def prune(days: int, results: Iterable[Path]) -> str:
    """Remove cells unused for `days` that none of the results folders names; says what went."""
    store, named = open_store(), {key for folder in results for key in _named(folder)}
    limit = time.time() - days * 86_400
    old = [
        folder
        for folder in _cells(store)
        if folder.name not in named and (folder / RECORD).stat().st_mtime < limit
    ]
    freed = sum(_size(folder) for folder in old)
    for folder in old:
        shutil.rmtree(folder)
    for leftovers in ("scratch", "damaged"):
        shutil.rmtree(store.root / leftovers, ignore_errors=True)
    return f"{len(old)} cells removed, {freed / 1e6:.1f} MB"


def merge(stores: Iterable[Path]) -> str:
    """Copy finished cells from other stores, each verified first; damaged ones are left out."""
    store, taken, damaged = open_store(), 0, 0
    for root in stores:
        if not (root / "cells").is_dir():
            raise InputError(f"{root} is not a store: name a folder that holds cells/")
        for folder in _cells(Store(root)):
            if find_damage(folder):
                damaged += 1
            elif not store.folder(folder.name).exists():
                _copy(folder, store)
                taken += 1
    return f"{taken} cells taken" + (f", {damaged} damaged ones left out" if damaged else "")


def _copy(folder: Path, store: Store) -> None:
    target = store.folder(folder.name)
    temporary = store.root / "scratch" / f"merge.{folder.name}"
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(folder, temporary)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary.rename(target)


def _cells(store: Store) -> Iterator[Path]:
    return (record.parent for record in sorted((store.root / "cells").glob(f"*/*/{RECORD}")))


def _named(folder: Path) -> Iterator[str]:
    path = folder / "manifest.json"
    if path.is_file():
        yield from json.loads(path.read_text(encoding="utf-8")).get("cells", {}).values()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

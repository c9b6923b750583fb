"""The cache as a whole: where the store is, how large it is, pruning it."""

import json
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import corpora
from bench.merge import cell_folders
from bench.store import RECORD, Store

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
        for folder in cell_folders(store.root)
        if folder.name not in named and (folder / RECORD).stat().st_mtime < limit
    ]
    freed = sum(_size(folder) for folder in old)
    for folder in old:
        shutil.rmtree(folder)
    for leftovers in ("scratch", "damaged"):
        shutil.rmtree(store.root / leftovers, ignore_errors=True)
    return f"{len(old)} cells removed, {freed / 1e6:.1f} MB"


def _named(folder: Path) -> Iterator[str]:
    path = folder / "manifest.json"
    if path.is_file():
        yield from json.loads(path.read_text(encoding="utf-8")).get("cells", {}).values()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

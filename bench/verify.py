"""Rechecking what is on disk: a results folder against its manifest, the store against itself."""

from collections.abc import Iterable
from pathlib import Path

from bench import manifest
from bench.errors import CheckFailed
from bench.record import damage
from bench.store import Store


def verify(folder: Path, store: Store) -> str:
    """Recheck every file of a results folder, and the cells it names as far as they are here.

    Raises CheckFailed naming the first that does not hold.
    """
    files = manifest.verify(folder)
    keys = set(manifest.read(folder).get("cells", {}).values())
    here = [found for key in keys if (found := store.folder(str(key))).is_dir()]
    _refuse_damaged(here)
    if not here:
        return f"{files}; none of its {len(keys):,} cells is in this store"
    return f"{files}; {len(here):,} of its {len(keys):,} cells are in this store, all of them whole"


def verify_store(store: Store) -> str:
    """Recheck every finished cell of the store. Raises CheckFailed naming the first damaged one."""
    folders = sorted((store.root / "cells").glob("*/*"))
    _refuse_damaged(folders)
    return f"{len(folders):,} cells hold, in {store.root}"


def _refuse_damaged(folders: Iterable[Path]) -> None:
    broken = [(folder, reason) for folder in folders if (reason := damage(folder))]
    if broken:
        folder, reason = broken[0]
        more = f" (and {len(broken) - 1:,} more cells)" if len(broken) > 1 else ""
        raise CheckFailed(f"{folder}: {reason}{more}: run the profile again, which sets it aside "
                          "and computes it anew")  # fmt: skip

"""Stores that were computed apart: cells taken over whole, verified first, never overwriting.

A cell is taken only if its record says what its name says (the key is hashed again from kind,
version, parameters and inputs) and every file is what the record says. So no damaged copy gets in,
and results of another version of the code, which have other keys, are never mistaken for this
one's. A store is believed as far as its records go: take none from whom you would not take results.
"""

import contextlib
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.errors import InputError
from bench.record import RECORD, read, sync
from bench.record import damage as refusal
from bench.store import Store


@dataclass
class Merged:
    """What became of the cells that were offered."""

    taken: int = 0
    here: int = 0
    refused: list[str] = field(default_factory=list)  # "key: reason"
    differing: list[str] = field(default_factory=list)  # labels; this store's result was kept

    def text(self) -> str:
        """Counts in one line, then a line for each cell that was refused or differs."""
        lines = [f"{self.taken:,} cells taken, {self.here:,} were here already, "
                 f"{len(self.refused):,} refused"]  # fmt: skip
        lines += [f"refused {reason}" for reason in self.refused]
        lines += [f"kept ours, the other differs: {label}" for label in self.differing]
        return "\n".join(lines)


def merge(stores: Iterable[Path], into: Store) -> Merged:
    """Take the finished cells of other stores into `into`; safe while cells are being computed.

    A store may hold any subset of cells. Raises InputError for a folder that is no store, before
    anything is taken.
    """
    found = Merged()
    for root in _stores(stores):
        for folder in cell_folders(root):
            _offer(folder, into, found)
    return found


def export(cells: Iterable[Cell], kinds: Iterable[str], store: Store, to: Path) -> Merged:
    """Write the finished ones among `cells` that are of `kinds` to a store of their own."""
    wanted, found = set(kinds), Merged()
    for cell in cells:
        if cell.kind in wanted and store.has(cell):
            _offer(store.folder(cell.key), Store(to), found)
    with contextlib.suppress(OSError):
        (to / "scratch").rmdir()
    return found


def cell_folders(root: Path) -> Iterator[Path]:
    """The folders of a store's finished cells, in order."""
    return (record.parent for record in sorted((root / "cells").glob(f"*/*/{RECORD}")))


def _stores(stores: Iterable[Path]) -> list[Path]:
    roots = list(stores)
    for root in roots:
        if not (root / "cells").is_dir():
            raise InputError(f"{root} is not a store: name a folder that holds cells/")
    return roots


def _offer(folder: Path, into: Store, found: Merged) -> None:
    """Copy one cell unless it is there or does not verify; say which in `found`."""
    there = into.folder(folder.name)
    if there.is_dir() and not refusal(there):
        found.here += 1
        ours, theirs = _record(there), _record(folder)
        if ours.get("files") != theirs.get("files"):
            found.differing.append(str(ours.get("label", folder.name)))
    elif reason := refusal(folder):
        found.refused.append(f"{folder.name[:8]}: {reason}")
    elif _replace(folder, there, into):
        found.taken += 1
    else:
        found.here += 1  # computed by another process meanwhile


def _record(folder: Path) -> dict[str, Any]:
    """A record as it stands, unchecked; empty where it is none."""
    try:
        return read(folder)
    except (OSError, ValueError):
        return {}


def _replace(folder: Path, there: Path, into: Store) -> bool:
    """Copy a cell; a damaged one in its place is set aside, unless somebody is computing it."""
    if there.is_dir():
        with into.lock_if_free(there.name) as free:
            if free:
                into.set_aside(there.name)
    return _copy(folder, there, into)


def _copy(folder: Path, target: Path, into: Store) -> bool:
    """Copy the files that the record names, then rename: a reader sees all of a cell or none."""
    temporary = into.root / "scratch" / f"merge.{uuid.uuid4().hex}"
    try:
        for name in (RECORD, *_record(folder)["files"]):
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, temporary / name)
        sync(temporary)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.rename(target)
        except OSError:
            if not (target / RECORD).is_file():
                raise
            return False
        return True
    finally:
        shutil.rmtree(temporary, ignore_errors=True)

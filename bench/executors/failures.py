"""A cell that fails: why, in one line; whether the fault is the user's or ours; what a run says.

A fault of ours is any exception that nobody foresaw. Its traceback is kept in the store, in
`failed/<key>/traceback.txt`, and the line names that file, so that it can be reported.
"""

import platform
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import __version__
from bench.cell import Cell, canonical
from bench.errors import (
    MEMORY,
    DiskError,
    InputError,
    InternalError,
    refused_by_system,
    short_of_memory,
)
from bench.executors.work import compute
from bench.store import Finished, Store
from corpora.errors import CorpusError

INTERNAL = "internal error: "
DIED = "its process was killed (out of memory?)"
FEWER = ": run again with fewer --workers"
REMEDY = {MEMORY: f"{FEWER} or more memory, or train with smaller chunk_tokens", DIED: FEWER}


@dataclass(frozen=True)
class Failure:
    """Why a cell failed, in one line; with `stop` the others would fail alike."""

    said: str
    stop: bool = False

    @property
    def internal(self) -> bool:
        """Whether it is a fault of ours."""
        return self.said.startswith(INTERNAL)


def attempt(store: Store, cell: Cell) -> Finished | Failure:
    """The cell's result, or why there is none. For worker processes: many an exception cannot be
    sent to another process, and would look there like a death of this one."""
    try:
        return compute(store, cell)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic of a library is no Exception
        return explained(store, cell, error)


def explained(store: Store, cell: Cell, error: BaseException) -> Failure:
    """Why the cell failed; what nobody foresaw is written down in the store."""
    if isinstance(error, InputError | CorpusError):
        return Failure(str(error), isinstance(error, DiskError))
    if short := short_of_memory(error):
        return Failure(short)
    if isinstance(error, OSError) and error.errno:
        return Failure(refused_by_system(error))
    about = f"{cell.label}\n{canonical(cell.identity)}"
    return Failure(internal(store.root / "failed" / cell.key, error, about))


def internal(folder: Path, error: BaseException, about: str) -> str:
    """One line for a fault of ours, after its traceback was written into the folder."""
    said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    path = folder / "traceback.txt"
    made = f"babeltoll {__version__}, Python {platform.python_version()}, {platform.platform()}"
    trace = "".join(traceback.format_exception(error))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{made}\n{about}\n\n{trace}", "utf-8", "backslashreplace")
    except OSError as problem:
        return f"{INTERNAL}{said} (its traceback could not be kept: {problem.strerror})"
    return f"{INTERNAL}{said} (its traceback is in {path}: report it with that file)"


def verdict(failed: Mapping[Cell, Failure], waiting: int) -> Exception:
    """What a run ends with that could not begin `waiting` cells: InternalError if one of the
    failures is ours, else InputError."""
    (cell, first), *others = sorted(failed.items(), key=lambda one: not one[1].internal)
    if first.stop:
        return InputError(first.said)
    said = f"{cell.label}: {first.said}{REMEDY.get(first.said, '')}"
    counts = [f"{len(others)} more failed"] * bool(others)
    counts += [f"{waiting} more were not begun"] * bool(waiting)
    counts += ["what was finished is kept, run again to go on"]
    return (InternalError if first.internal else InputError)(f"{said}; {', '.join(counts)}")

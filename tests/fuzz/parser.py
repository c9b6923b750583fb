"""A parser as a function of bytes, with the errors that it may raise; and files for it to read."""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.errors import InputError
from corpora.errors import CorpusError

Seeds = Callable[[], Sequence[bytes]]
OURS = (InputError, CorpusError)


@dataclass(frozen=True)
class Parser:
    """`parse` may return anything, or raise one of `refusals`: in one line for those that a user
    reads."""

    name: str
    seeds: Seeds
    parse: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = OURS


@cache
def folder() -> Path:
    """A folder in memory for parsers that read files."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    return Path(tempfile.mkdtemp(prefix=f"fuzz.{os.getpid()}.", dir=place))


def clean() -> None:
    """Remove it."""
    shutil.rmtree(folder(), ignore_errors=True)


def file(name: str, data: bytes) -> Path:
    """A file of that name, below that folder, with this content."""
    path = folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def one(data: bytes) -> Seeds:
    """A single seed."""
    return lambda: (data,)

"""Where downloaded packages and built corpora are kept between runs."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from corpora.errors import CorpusError


def cache_dir() -> Path:
    """$BABELTOLL_CACHE, else $XDG_CACHE_HOME/babeltoll, else ~/.cache/babeltoll."""
    if own := os.environ.get("BABELTOLL_CACHE"):
        return Path(own).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    folder = Path(base).expanduser().absolute() if base else Path.home() / ".cache"
    return folder / "babeltoll"


def make_folder(folder: Path) -> Path:
    """The folder, made if missing; a CorpusError where that is not allowed."""
    with readable_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place, fsynced, only if the block succeeds."""
    import tempfile  # not needed to say where the cache is

    make_folder(path.parent)
    with readable_errors(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """Turn the file system's refusals (disk full, no permission) into one line with a remedy."""
    try:
        yield
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CorpusError(
                f"no space left for {path}; free some, or set BABELTOLL_CACHE to a larger disk"
            ) from problem
        if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            raise CorpusError(
                f"cannot write {path} ({problem.strerror}); "
                "set BABELTOLL_CACHE to a folder of yours"
            ) from problem
        raise

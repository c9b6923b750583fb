"""Glyph text of any length: read, coded and written in blocks of whole lines."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bench.errors import InputError
from bench.vocabularies.glyphs.codec import Codec
from bench.vocabularies.glyphs.table import GlyphTable

_BLOCK = 2**20  # bytes


def read_table(path: Path) -> GlyphTable:
    """A table out of its file; InputError if it is none, or damaged."""
    with path.open("rb") as file:
        text = "".join(block for block, _ in blocks(file, str(path)))
    return GlyphTable.from_tsv(text, str(path))


def write_table(table: GlyphTable, path: Path) -> None:
    """Write a table whole or not at all."""
    with writing(path) as out:
        out.write(table.to_tsv().encode())


def encode(codec: Codec, source: BinaryIO, where: str, out: BinaryIO) -> None:
    """Write the glyph text of a source. InputError: it is not UTF-8."""
    for block, _ in blocks(source, where):
        out.write(codec.encode(block).encode())


def decode(codec: Codec, source: BinaryIO, where: str, out: BinaryIO) -> None:
    """Write the text of a coded source. InputError, with the place: it is no glyph text."""
    for block, line in blocks(source, where):
        try:
            out.write(codec.decode(block, line).encode())
        except InputError as error:
            raise InputError(f"{where}, {error}") from None


def blocks(source: BinaryIO, where: str) -> Iterator[tuple[str, int]]:
    """The text in blocks of whole lines, and the number of the first line of each.

    A line longer than a block is one block. Nothing is changed: line ends stay as they are.
    """
    line, done = 1, 0
    for raw in _whole_lines(iter(lambda: source.read(_BLOCK), b"")):
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"{where}, line {line + raw.count(10, 0, error.start)}, byte "
                f"{done + error.start + 1} of the file: not UTF-8 ({error.reason}); convert it to "
                "UTF-8 first"
            ) from None
        yield text, line
        line, done = line + raw.count(b"\n"), done + len(raw)


def _whole_lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    for part in parts:
        end = part.rfind(b"\n") + 1
        if end:
            yield b"".join([*waiting, part[:end]])
            waiting = []
        waiting.append(part[end:])
    if any(waiting):
        yield b"".join(waiting)


def writable(path: Path) -> None:
    """InputError for a folder, and for a file in a folder that is not there."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}; make it, or name another file")


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the path's name when all is written, and vanishes if anything fails.

    A link is followed, a file that is replaced keeps its mode, a pipe or a device is written to.
    """
    writable(path)
    if path.exists() and not path.is_file():
        with path.open("wb") as out:
            yield out
        return
    whole = path.resolve()
    mode = whole.stat().st_mode & 0o777 if whole.exists() else 0o644
    handle, temporary = tempfile.mkstemp(dir=whole.parent, prefix=f".{whole.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
        Path(temporary).chmod(mode)
        Path(temporary).replace(whole)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

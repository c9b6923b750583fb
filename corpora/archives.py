"""Read single files out of a wheel, a Debian package or an npm tarball, without unpacking it.

A wheel is a zip, an npm package a gzipped tar, a Debian package an `ar` archive around a
compressed tar. All three are read as streams of (member name, bytes): names that climb out of
the archive and members that exceed the size limit are refused, links and devices are skipped.
"""

from __future__ import annotations

import gzip
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from lzma import LZMAError
from pathlib import Path
from typing import IO, BinaryIO, cast

from corpora.errors import CorpusError

LIMIT = 256 * 2**20  # bytes of one member; the largest file that a card names has 30 MB
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, LZMAError, EOFError, zlib.error)


def read_member(path: Path, member: str, limit: int = LIMIT) -> bytes:
    """The bytes of one file in an archive; CorpusError if it is missing or larger than `limit`."""
    for _, data in _stream(path, re.compile(re.escape(member)), limit):
        return data
    raise CorpusError(
        f"{path.name} does not contain {member}; its layout has changed: "
        f"use the version that the card names, or delete {path} and fetch again"
    )


def members(
    path: Path, pattern: str | Sequence[str], limit: int = LIMIT
) -> Iterator[tuple[str, bytes]]:
    """Stream (name, bytes) of each regular file whose name matches a glob, in archive order.

    `*` and `?` stop at a slash, `**/` crosses folders, `{a,b}` offers alternatives. A leading
    `./` in the archive is dropped. CorpusError for a damaged archive, an unsafe name, a file
    over `limit` bytes.
    """
    patterns = [pattern] if isinstance(pattern, str) else list(pattern)
    yield from _stream(path, re.compile("|".join(map(glob_expression, patterns))), limit)


def glob_expression(pattern: str) -> str:
    """The regular expression of a glob as `members` understands it."""
    tokens = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}
    parts: list[str] = []
    braces = 0
    for token in re.findall(r"\*\*/|\*\*|.", pattern):
        braces += (token == "{") - (token == "}")
        if token == "," and braces:
            parts.append("|")
        else:
            parts.append(tokens.get(token) or re.escape(token))
    return "".join(parts)


def _stream(path: Path, wanted: re.Pattern[str], limit: int) -> Iterator[tuple[str, bytes]]:
    reader = _zip_members if path.suffix in (".whl", ".zip") else _tar_members
    try:
        yield from reader(path, wanted, limit)
    except _DAMAGED as problem:
        raise CorpusError(f"{path} is damaged ({problem}); delete it and fetch again") from problem
    except FileNotFoundError as problem:
        raise CorpusError(f"{path} does not exist; fetch it again") from problem


def _zip_members(path: Path, wanted: re.Pattern[str], limit: int) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = _safe_name(info.filename, path)
            if info.is_dir() or not wanted.fullmatch(name):
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                continue
            _check_size(name, info.file_size, limit, path)
            with archive.open(info) as stream:
                yield name, _read(stream, name, limit, path)


def _tar_members(path: Path, wanted: re.Pattern[str], limit: int) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as raw:
        stream, mode = _deb_data(raw, path) if path.suffix == ".deb" else (_gunzipped(raw), "r|")
        with tarfile.open(fileobj=cast("IO[bytes]", stream), mode=mode) as archive:  # type: ignore[call-overload]
            for info in archive:
                name = _safe_name(info.name, path)
                if not info.isreg() or not wanted.fullmatch(name):
                    continue
                _check_size(name, info.size, limit, path)
                content = archive.extractfile(info)
                assert content is not None  # isreg() above
                yield name, _read(content, name, limit, path)


def _gunzipped(raw: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=raw))  # unlike tarfile, it notices a cut-off end


def _deb_data(raw: BinaryIO, path: Path) -> tuple[BinaryIO, str]:
    """The stream and tarfile mode of the `data.tar.*` section of a Debian package."""
    if raw.read(8) != b"!<arch>\n":
        raise CorpusError(f"{path} is not a Debian package; delete it and fetch again")
    while len(header := raw.read(60)) == 60:
        name, size = header[:16].decode("ascii").strip().rstrip("/"), int(header[48:58])
        if name.startswith("data.tar"):
            return _opened(_Section(raw, size), name.removeprefix("data.tar").lstrip("."), path)
        raw.seek(size + size % 2, 1)
    raise CorpusError(f"{path} holds no data section; delete it and fetch again")


def _opened(section: _Section, suffix: str, path: Path) -> tuple[BinaryIO, str]:
    if suffix == "zst":  # Ubuntu's packages; the standard library reads zstd only from 3.14 on
        import pyarrow as pa

        return pa.CompressedInputStream(pa.PythonFile(section, mode="r"), "zstd"), "r|"
    if suffix not in ("", "gz", "xz", "bz2"):
        raise CorpusError(f"{path} is compressed with {suffix}, which cannot be read here")
    return cast("BinaryIO", section), f"r|{suffix}"


class _Section:
    """A read-only window of `size` bytes on an open file."""

    def __init__(self, raw: BinaryIO, size: int) -> None:
        self._raw, self._left = raw, size
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._raw.read(wanted)
        if len(data) < wanted:
            raise EOFError("it ends early")
        self._left -= len(data)
        return data

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def _safe_name(name: str, path: Path) -> str:
    clean = name.removeprefix("./")
    if clean.startswith("/") or "\\" in clean or ".." in clean.split("/") or "\0" in clean:
        raise CorpusError(f"{path} holds an unsafe file name ({name!r}); do not use this package")
    return clean


def _check_size(name: str, size: int, limit: int, path: Path) -> None:
    if size > limit:
        raise CorpusError(f"{path.name}: {name} has {size:,} bytes, over the limit of {limit:,}")


def _read(stream: IO[bytes], name: str, limit: int, path: Path) -> bytes:
    data = stream.read(limit + 1)  # a zip may understate its size
    _check_size(name, len(data), limit, path)
    return data

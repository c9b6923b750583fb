"""Read single files out of a wheel, a Debian package or an npm tarball, without unpacking it.

A wheel is a zip, an npm package a gzipped tar, a Debian package an `ar` archive around a
compressed tar. All three are read as streams of (member name, bytes): names that climb out of
the archive and members that exceed the size limit are refused, links and devices are skipped.
No limit trusts what an archive says of its own sizes.
"""

from __future__ import annotations

import gzip
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from lzma import LZMAError
from pathlib import Path
from typing import IO, BinaryIO, cast

from corpora.errors import CorpusError

LIMIT = 256 * 2**20  # bytes of one member; the largest file that a card names has 30 MB
TOTAL = 4 * 2**30  # bytes of all members that one call yields
_NAME = 2**20  # bytes of a member's name and attributes
_EMPTY = (tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE)
_DAMAGED = (
    tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, LZMAError, EOFError, zlib.error,
    MemoryError, struct.error, ValueError, IndexError, OverflowError, NotImplementedError,
    RuntimeError,
)  # fmt: skip


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
    over `limit` bytes, or more than TOTAL bytes in all.
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
    left = TOTAL
    try:
        for name, data in reader(path, wanted, limit):
            left -= len(data)
            if left < 0:
                raise CorpusError(
                    f"{path} unpacks to over {TOTAL:,} bytes; do not use this package"
                )
            yield name, data
    except _DAMAGED as problem:
        raise _damaged(path, problem) from problem
    except FileNotFoundError as problem:
        raise CorpusError(f"{path} does not exist; fetch it again") from problem
    except OSError as problem:
        if problem.errno is None:  # a decompressor's complaint
            raise _damaged(path, problem) from problem
        raise CorpusError(
            f"{path} cannot be read ({problem.strerror}); check the disk"
        ) from problem


def _damaged(path: Path, problem: Exception) -> CorpusError:
    said = " ".join(str(problem).split()) or "it asks for more memory than there is"
    return CorpusError(f"{path} is damaged ({said}); delete it and fetch again")


def _zip_members(path: Path, wanted: re.Pattern[str], limit: int) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.filename:
                raise zipfile.BadZipFile("a member without a name")
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
        file = cast("IO[bytes]", stream)
        with tarfile.open(fileobj=file, mode=mode, tarinfo=_Member) as archive:  # type: ignore[call-overload]
            for info in archive:
                name = _safe_name(info.name, path)
                if not info.isreg() or not wanted.fullmatch(name):
                    continue
                _check_size(name, info.size, limit, path)
                content = archive.extractfile(info)
                assert content is not None  # isreg() above
                yield name, _read(content, name, limit, path)


class _Member(tarfile.TarInfo):
    """A member of a tar whose long name is read into memory only if it can be one."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type not in (*tarfile.REGULAR_TYPES, *_EMPTY) and self.size > _NAME:
            raise tarfile.ReadError(f"a name of {self.size:,} bytes")
        found: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return found


def _gunzipped(raw: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=raw))  # unlike tarfile, it notices a cut-off end


def _deb_data(raw: BinaryIO, path: Path) -> tuple[BinaryIO, str]:
    """The stream and tarfile mode of the `data.tar.*` section of a Debian package."""
    if raw.read(8) != b"!<arch>\n":
        raise CorpusError(f"{path} is not a Debian package; delete it and fetch again")
    while len(header := raw.read(60)) == 60:
        name, size = header[:16].decode("ascii").strip().rstrip("/"), _decimal(header[48:58])
        if name.startswith("data.tar"):
            return _opened(_Section(raw, size), name.removeprefix("data.tar").lstrip("."), path)
        raw.seek(size + size % 2, 1)
    raise CorpusError(f"{path} holds no data section; delete it and fetch again")


def _decimal(field: bytes) -> int:
    if not field.strip().isdigit():
        raise ValueError(f"{field!r} is not the size of a section")
    return int(field)


def _opened(section: _Section, suffix: str, path: Path) -> tuple[BinaryIO, str]:
    if suffix == "zst":  # Ubuntu's packages; the standard library reads zstd only from 3.14 on
        import pyarrow as pa

        return pa.CompressedInputStream(pa.PythonFile(section, mode="r"), "zstd"), "r|"
    if suffix not in ("", "gz", "xz", "bz2"):
        raise CorpusError(f"{path} is compressed with {suffix!r}, which cannot be read here")
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
        raise CorpusError(f"{path.name}: {name!r} has {size:,} bytes, over the limit of {limit:,}")


def _read(stream: IO[bytes], name: str, limit: int, path: Path) -> bytes:
    data = stream.read(limit + 1)  # a zip may understate its size
    _check_size(name, len(data), limit, path)
    return data

"""Small packages written for the tests: a wheel, a Debian package, an npm tarball."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path


def compiled(messages: Mapping[str, str], charset: str = "UTF-8") -> bytes:
    """A .mo catalog, sorted by key as msgfmt writes it."""
    header = f"Content-Type: text/plain; charset={charset}\nPlural-Forms: nplurals=3; plural=0;\n"
    pairs = sorted({"": header, **messages}.items())
    keys, texts = ([one.encode(charset) for one in side] for side in zip(*pairs, strict=True))
    start = 28 + 16 * len(pairs)
    blob, tables = b"", []
    for side in (keys, texts):
        for one in side:
            tables.append((len(one), start + len(blob)))
            blob += one + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return head + b"".join(struct.pack("<2I", *one) for one in tables) + blob


def tar(files: Mapping[str, bytes], mode: str, links: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return buffer.getvalue()


def deb(
    path: Path, files: Mapping[str, bytes], links: Mapping[str, str] | None = None, kind: str = "xz"
) -> Path:
    data = tar({f"./{name}": one for name, one in files.items()}, f"w:{kind}", links or {})
    sections = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", f"data.tar.{kind}": data}
    return ar(path, sections)


def ar(path: Path, sections: Mapping[str, bytes]) -> Path:
    with path.open("wb") as stream:
        stream.write(b"!<arch>\n")
        for name, content in sections.items():
            stream.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode())
            stream.write(content + b"\n" * (len(content) % 2))
    return path


def wheel(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def npm(path: Path, files: Mapping[str, bytes]) -> Path:
    path.write_bytes(tar(files, "w:gz", {}))
    return path

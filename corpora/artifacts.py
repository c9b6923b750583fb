"""One file out of a package: fetched by the package manager's own client, verified, cached.

Packages carry real parallel text and real vocabularies. They are never installed and never
imported: a `Package` is downloaded once into the cache (`wheel` by pip, `deb` by apt-get, `npm`
by npm), checked against its SHA-256 where one is pinned, and read member by member.

    artifact = fetch(Package("wheel", "gramps", "6.0.8", sha256="…"))
    read_member(artifact.path, "gramps-6.0.8.data/data/share/locale/ru/LC_MESSAGES/gramps.mo")

Wheels and npm tarballs are pinned; a mismatch is refused. Debian packages move with their
distribution and are trusted through apt's signed index; version and hash are recorded.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from corpora import clients
from corpora.archives import LIMIT, members, read_member
from corpora.cache import cache_dir, make_folder, readable_errors
from corpora.errors import CorpusError
from corpora.packages import Package

__all__ = ["LIMIT", "Artifact", "Package", "cached", "fetch", "members", "read_member"]

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Artifact:
    """A package's file in the cache, with what was verified about it."""

    path: Path
    package: str
    version: str
    sha256: str


def fetch(
    package: Package, cache: Path | None = None, progress: Progress | None = None
) -> Artifact:
    """The package's file, from the cache if it is there, else downloaded, verified and cached.

    `cache` is a cache root as `cache_dir()` gives it. A cached package is used without asking
    the network. CorpusError: no client, no network, unknown package, or another SHA-256.
    """
    root = cache or cache_dir()
    if found := cached(package, root):
        return found
    if progress:
        progress(f"fetching {package.name} {package.version or ''}".rstrip())
    if package.manager == "deb" and package.alternatives:
        package = replace(package, name=_offered(package, root / "apt"))
    return _download(package, root)


def cached(package: Package, cache: Path | None = None) -> Artifact | None:
    """The package's verified file if the cache holds it, else None; never asks the network."""
    for name in (package.name, *package.alternatives):
        folder = _folder(replace(package, name=name), cache or cache_dir())
        files = [path for path in folder.glob("*") if path.suffix in (".whl", ".deb", ".tgz")]
        if files:
            newest = max(files, key=lambda path: (path.stat().st_mtime_ns, path.name))
            return _verified(newest, package, name)
    return None


def _download(package: Package, root: Path) -> Artifact:
    folder = make_folder(_folder(package, root))
    with readable_errors(folder), tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as part:
        path = clients.download(
            package.manager, package.name, package.version, Path(part), root / "apt"
        )
        artifact = _verified(path, package, package.name)
        final = folder / unquote(path.name)
        path.replace(final)
    return replace(artifact, path=final)


def _verified(path: Path, package: Package, name: str) -> Artifact:
    digest = sha256(path)
    if package.sha256 and digest != package.sha256:
        raise CorpusError(
            f"{path.name} has SHA-256 {digest[:16]}…, pinned is {package.sha256[:16]}…; "
            f"delete {path.parent} and fetch again, and do not use it if that repeats"
        )
    version = package.version or _version(path)
    return Artifact(path, name, version, digest)


def _offered(package: Package, state: Path) -> str:
    """The first of a package's names that this distribution offers."""
    for name in (package.name, *package.alternatives):
        if clients.apt_knows(name, state):
            return name
    names = " or ".join((package.name, *package.alternatives))
    raise CorpusError(f"this distribution offers no package {names}; use another corpus")


def _folder(package: Package, root: Path) -> Path:
    folder = root / "packages" / package.manager / package.name.replace("/", "+")
    return folder / package.version if package.version else folder


def _version(path: Path) -> str:
    """`name_4%3a7.4-1_all.deb` -> `4:7.4-1`, `name-1.0-py3-none-any.whl` -> `1.0`."""
    parts = unquote(path.stem).split("_" if path.suffix == ".deb" else "-")
    return parts[1] if path.suffix in (".deb", ".whl") and len(parts) > 1 else "unknown"


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

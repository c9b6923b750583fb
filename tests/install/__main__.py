"""`make test-install`: what a user installs, in an environment of its own, outside the repository.

Builds the sdist, and from the unpacked sdist the wheel and nothing else; installs the wheel and the
sdist into one fresh environment each, compares what was installed byte for byte, and runs
`bench run --profile quick`, `bench verify` and `bench report` from the wheel's in an empty folder.

Dependencies are those of the environment that runs this, found through a .pth file: torch alone is
gigabytes. So it covers our packages, their data files and the command; not that pip finds the
dependencies, which `make install` on a clean checkout does. Downloaded packages are taken from the
user's cache; the store begins empty.
"""

import filecmp
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("bench", "corpora", "tokenformer")


def main() -> int:
    """Say what was done; an AssertionError or a failed command otherwise."""
    with tempfile.TemporaryDirectory(prefix="install.") as place:
        folder = Path(place)
        sdist = _built("build_sdist", _checkout(folder), folder)
        with tarfile.open(sdist) as archive:
            archive.extractall(folder / "unpacked", filter="data")
        (source,) = (folder / "unpacked").iterdir()
        wheel = _built("build_wheel", source, folder)
        places = [_installed(one, folder / one.suffix.strip(".")) for one in (wheel, sdist)]
        print(f"{_same(*places):,} installed files are the same from {wheel.name} and {sdist.name}")
        _quick(folder / "whl" / "bin" / "bench", folder)
    return 0


def _checkout(folder: Path) -> Path:
    """The tracked files alone, as a clean checkout has them."""
    named = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, named.stdout.decode().split("\0")):
        target = folder / "checkout" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    return folder / "checkout"


def _built(what: str, source: Path, to: Path) -> Path:
    code = f"import setuptools.build_meta as b; print(b.{what}({str(to)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, check=True, capture_output=True, text=True
    )
    return to / done.stdout.split()[-1]


def _installed(package: Path, venv: Path) -> Path:
    """Install it without its dependencies; where it lies."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    python = venv / "bin" / "python"
    site = venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    alone = ["--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*install, *alone, package], check=True)
    return site


def _same(one: Path, other: Path) -> int:
    files = [
        {path.relative_to(site) for ours in OURS for path in (site / ours).rglob("*")
         if path.is_file() and path.suffix != ".pyc"}
        for site in (one, other)
    ]  # fmt: skip
    assert files[0] == files[1], files[0] ^ files[1]
    unequal = filecmp.cmpfiles(one, other, map(str, files[0]), shallow=False)[1:]
    assert unequal == ([], []), unequal
    return len(files[0])


def _quick(command: Path, folder: Path) -> None:
    cache, here = folder / "cache", folder / "elsewhere"
    here.mkdir()
    cache.mkdir()
    user = Path(os.environ.get("BABELTOLL_CACHE") or Path.home() / ".cache" / "babeltoll")
    for part in ("packages", "apt"):
        if (user / part).is_dir():
            (cache / part).symlink_to(user / part)
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment = clean | {"BABELTOLL_CACHE": str(cache)}
    start = time.monotonic()
    for arguments in ("run --profile quick", "verify results/quick", "report results/quick",
                      "verify results/quick"):  # fmt: skip
        subprocess.run([command, *arguments.split()], cwd=here, env=environment, check=True)
    where = "import bench; print(bench.__file__)"
    python = command.parent / "python"
    found = subprocess.run([python, "-c", where], cwd=here, env=environment, check=True,
                           capture_output=True, text=True).stdout  # fmt: skip
    assert found.startswith(str(folder)), found
    print(f"quick ran, was verified and reported in {time.monotonic() - start:.0f} s, from {found}")


if __name__ == "__main__":
    sys.exit(main())

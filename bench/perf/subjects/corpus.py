"""Building a corpus from parallel files, and from twice as much; reading the bytes is the floor."""

from functools import partial
from pathlib import Path

from bench.perf import text
from bench.perf.subject import Gate, Subject
from corpora import read_user_files

UNITS = 10_000


def subject(folder: Path) -> Subject:
    """Aligned, checked by every gate, split by document, as Arrow."""
    once, twice = (text.write(folder / str(n), n * UNITS) for n in (1, 2))
    contestants = {
        "build": partial(_build, once, folder / "once.arrow"),
        "build, twice the units": partial(_build, twice, folder / "twice.arrow"),
        "read the bytes": partial(_read, once),
    }
    gates = [Gate("twice the units", "build, twice the units", "build", 2.1, 2.0),
             Gate("build/reading the bytes", "build", "read the bytes")]  # fmt: skip
    work = {"build": float(UNITS), "build, twice the units": 2.0 * UNITS,
            "read the bytes": float(UNITS)}  # fmt: skip
    return Subject(contestants, gates, clock="cpu", rounds=7, work=work, unit="units/s",
                   seconds=30)  # fmt: skip


def _build(files: dict[str, Path], out: Path) -> None:
    named = dict(files)
    read_user_files(named, named.pop("documents"), filter=True, split=True).save(out)


def _read(files: dict[str, Path]) -> None:
    for path in files.values():
        path.read_text(encoding="utf-8").splitlines()

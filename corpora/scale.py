"""Ten million made-up units through load, split, overlap check and hash, in bounded memory.

    python -m corpora.scale --units 10000000 --limit-mb 1024

Writes line-aligned files in three languages (about 190 bytes a unit) to a temporary folder, then
does with them what `read_user_files(…, split=True)` does with a user's. The operating system
refuses memory beyond the limit (RLIMIT_DATA: all private memory, not memory-mapped files), so a
run that ends has kept to it. Prints the phases with their seconds and the peak of private memory.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

DOCUMENT = 20  # units
REPEATS = 10_000  # one unit in so many has the Chinese text of another
_STEP = 250_000
_SCRIPTS = {  # bytes before the sixteen letters that spell a number, and those letters
    "en": ("The made up unit of meaning spelled ", [bytes([97 + i]) for i in range(16)]),
    "ru": ("Придуманная единица смысла ", [b"\xd0" + bytes([0xB0 + i]) for i in range(16)]),
    "zh": ("虚构的意义单元名为", [b"\xe4\xb8" + bytes([0x80 + i]) for i in range(16)]),
}


def write_files(folder: Path, units: int) -> tuple[dict[str, Path], Path]:
    """Synthetic line-aligned files and their documents; texts differ but for planted repeats."""
    files = {language: folder / f"{language}.txt" for language in _SCRIPTS}
    documents = folder / "documents.txt"
    for language, path in files.items():
        with path.open("wb") as stream:
            for numbers in _numbers(units):
                repeated = (numbers % REPEATS == 0) & (numbers > 0) & (language == "zh")
                stream.write(_lines(np.where(repeated, numbers - REPEATS // 2, numbers), language))
    with documents.open("wb") as stream:
        for numbers in _numbers(units):
            stream.write(_lines(numbers // DOCUMENT, "en"))
    return files, documents


def _numbers(units: int) -> Iterator[np.ndarray]:
    return (np.arange(at, min(at + _STEP, units)) for at in range(0, units, _STEP))


def _lines(numbers: np.ndarray, language: str) -> bytes:
    prefix, letters = _SCRIPTS[language]
    alphabet = np.array([list(one) for one in letters], np.uint8)
    digits = numbers[:, None] >> np.arange(28, -4, -4) & 15
    spelled = alphabet[digits].reshape(len(numbers), -1)
    before = np.tile(np.frombuffer(prefix.encode(), np.uint8), (len(numbers), 1))
    end = np.full((len(numbers), 1), ord("\n"), np.uint8)
    return np.concatenate([before, spelled, end], axis=1).tobytes()


@contextmanager
def _phase(name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"{name}\t{time.perf_counter() - start:.1f} s\t{_private_mb():.0f} MB now", flush=True)


def _private_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) / 1024


def _watch(peak: list[float], done: threading.Event) -> None:
    while not done.wait(0.05):
        peak[0] = max(peak[0], _private_mb())


def run(units: int, limit_mb: int) -> None:
    """The whole passage; MemoryError (or Arrow's) if it needs more than the limit."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit_mb * 2**20,) * 2)
    from corpora.local import read_user_files
    from corpora.overlap import leaking

    peak, done = [0.0], threading.Event()
    threading.Thread(target=_watch, args=(peak, done), daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="babeltoll-scale-") as folder:
        os.environ["BABELTOLL_CACHE"] = folder  # the spool lies beside the files
        with _phase("write the files"):
            files, documents = write_files(Path(folder), units)
        with _phase("load, split, remove the overlap, hash"):
            corpus = read_user_files(files, documents, split=True)
        with _phase("check that no overlap is left"):
            train = np.arange(len(corpus)) < len(corpus.select("train"))  # it comes first
            left = int(leaking(corpus.table, train, corpus.languages).sum())
        done.set()
    print(f"{len(corpus):,} units of {units:,}, {corpus.drops['overlap']:,} dropped from train")
    print(
        f"{left} units of train overlap; K_eff {corpus.k_eff:,.0f}; hash {corpus.content_hash[:8]}"
    )
    print(f"peak of private memory {peak[0]:.0f} MB, limit {limit_mb} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--units", type=int, default=10_000_000)
    parser.add_argument("--limit-mb", type=int, default=1024)
    run(**vars(parser.parse_args()))

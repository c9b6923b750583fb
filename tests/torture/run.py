"""The tiny profile, run as a user runs it, in a cache and a results folder of its own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

import tiny

from bench.record import damage

ROOT = Path(__file__).parents[2]
PROFILE = """
name = "tiny"
description = "what the fault harness runs"
corpora = ["tales"]

[own.tales]
documents = "documents.txt"
texts = { en = "en.txt", ru = "ru.txt", zh = "zh.txt" }

[vocabularies]
trained = ["bpe-300-per-language", "bpe-320-per-language", "bpe-100000-per-language"]

[costs]
models = ["gpt2"]

[training]
corpus = "tales"
models = ["SHAPE"]
vocabularies = ["bpe-300-per-language"]
epochs = 0.25
context_units = 4
batch_units = 32
evaluations = 2
precision = "fp32"
"""
SHAPE = """
family = "tokenformer"
layers = 1
width = 32
heads = 2
vocabulary = 301
context = 256
"""


@dataclass(frozen=True)
class Run:
    """Where one run of the profile keeps its things."""

    folder: Path
    name: str

    @property
    def cache(self) -> Path:
        return self.folder / f"{self.name}-cache"

    @property
    def results(self) -> Path:
        return self.folder / f"{self.name}-results"

    def start(self, *before: str, workers: int = 2) -> subprocess.Popen[str]:
        """Begin it, in a process group of its own; `before` may stand in place of `-m bench`."""
        environment = os.environ | {
            "PYTHONPATH": str(ROOT), "BABELTOLL_CACHE": str(self.cache),
            "OPENBLAS_NUM_THREADS": "1",
        }  # fmt: skip
        arguments = ["run", "--profile", str(self.folder / "tiny.toml"), "--results",
                     str(self.results), "--workers", str(workers)]  # fmt: skip
        return subprocess.Popen(
            [sys.executable, *(before or ("-m", "bench")), *arguments], text=True,
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip

    def whole(self) -> dict[str, bytes]:
        """Run it to its end; every result file but `timings.csv`."""
        process = self.start()
        _, said = process.communicate()
        if process.returncode:
            raise AssertionError(f"exit code {process.returncode}: {said[-2000:]}")
        return self.files()

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.results.rglob("*") if path.is_file())
        return {path.relative_to(self.results).as_posix(): path.read_bytes()
                for path in found if path.name != "timings.csv"}  # fmt: skip

    def cells(self) -> set[str]:
        """Keys of the finished cells, each of which must be whole."""
        folders = list((self.cache / "store" / "cells").glob("*/*"))
        broken = {one.name: why for one in folders if (why := damage(one))}
        assert not broken, broken
        return {one.name for one in folders}

    def forget(self) -> None:
        shutil.rmtree(self.cache, ignore_errors=True)
        shutil.rmtree(self.results, ignore_errors=True)


def prepare(folder: Path) -> None:
    """The profile and its text."""
    tiny.write(folder, count=120)
    (folder / "shape.toml").write_text(SHAPE)
    (folder / "tiny.toml").write_text(PROFILE.replace("SHAPE", str(folder / "shape.toml")))


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Names of files that are not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))

"""A whole run that trains one seed, and the same with two: neither finds anything in its store."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from bench.perf import text
from bench.perf.subject import Gate, Subject, command

UNITS = 5_000
PROFILE = """
name = "seeds"
description = "one small Transformer in three languages"
corpora = ["text"]

[own.text]
documents = "documents.txt"
texts = {{ en = "en.txt", ru = "ru.txt", zh = "zh.txt" }}

[vocabularies]
trained = ["bpe-1024-per-language"]

[training]
corpus = "text"
models = ["transformer-1m"]
vocabularies = ["bpe-1024-per-language"]
seeds = {seeds}
slice = 0.5
"""


def subject(folder: Path) -> Subject:
    """Half an epoch of three languages; everything but the training is done once in both."""
    text.write(folder, UNITS)
    contestants = {"a seed": _run(folder, [0]), "two seeds": _run(folder, [0, 1])}
    gates = [Gate("twice the seeds", "two seeds", "a seed", 2.1, 2.0)]
    return Subject(contestants, gates, clock="cpu", rounds=3, warmup=0, seconds=240, threads=1)


def _run(folder: Path, seeds: list[int]) -> Callable[[], None]:
    profile = folder / f"seeds-{len(seeds)}.toml"
    profile.write_text(PROFILE.format(seeds=seeds), encoding="utf-8")
    cache, results = folder / f"cache-{len(seeds)}", folder / f"results-{len(seeds)}"
    run = command(
        [sys.executable, "-m", "bench", "run", "--profile", profile, "--results", results,
         "--workers", "1"],
        BABELTOLL_CACHE=str(cache),
    )  # fmt: skip

    def afresh() -> None:
        for made in (cache, results):
            shutil.rmtree(made, ignore_errors=True)
        run()

    return afresh

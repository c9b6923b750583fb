"""What `bench tokenize` costs as its text and its vocabularies double, whole processes."""

from pathlib import Path

from bench.perf import tokens
from bench.perf.subject import Action, Gate, Subject

UNITS = 9000


def subject(folder: Path) -> Subject:
    """Once and twice the units; two vocabularies and four."""
    every = tokens.texts()
    once, twice = (
        tokens.written(folder / str(n), {one: text[: n * UNITS] for one, text in every.items()})
        for n in (1, 2)
    )
    four = list(tokens.vocabularies(folder, tokens.BYTE_BPE[1:]).values())

    def run(files: dict[str, Path], vocabularies: list[Path]) -> Action:
        return tokens.process(*tokens.bench_tokenize(files, vocabularies, folder / "out"))

    contestants = {
        "2 vocabularies": run(once, four[::2]),
        "2 vocabularies, twice the units": run(twice, four[::2]),
        "4 vocabularies": run(once, four),
    }
    gates = [Gate("twice the units", "2 vocabularies, twice the units", "2 vocabularies", 2.1, 2.0),
             Gate("twice the vocabularies", "4 vocabularies",
                  "2 vocabularies", 2.1, 2.0)]  # fmt: skip
    return Subject(contestants, gates, clock="cpu", rounds=5, seconds=120)

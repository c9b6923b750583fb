"""`bench --help` beside an interpreter that does nothing: what a user waits for before anything."""

from pathlib import Path

from bench.perf.subject import Gate, Subject, python


def subject(folder: Path) -> Subject:
    """Whole processes."""
    contestants = {
        "bench --help": python("-m", "bench", "--help"),
        "import typer": python("-c", "import typer"),
        "empty interpreter": python("-c", "pass"),
    }
    gates = [
        Gate("bench --help, seconds", "bench --help", "", 0.5, 0.4),
        Gate("bench --help/import typer", "bench --help", "import typer"),
        Gate("bench --help/empty interpreter", "bench --help", "empty interpreter"),
    ]
    return Subject(contestants, gates, rounds=9, warmup=2, seconds=20)

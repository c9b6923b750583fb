"""Rebuilding the report of the committed results, a whole process; its imports are the floor."""

import shutil
from pathlib import Path

import bench
from bench.errors import InputError
from bench.perf.subject import Gate, Subject, python

REFERENCE = Path(bench.__file__).parents[1] / "results" / "reference" / "default"
IMPORTS = "import matplotlib.backends.backend_agg, matplotlib.figure, numpy, pandas"


def subject(folder: Path) -> Subject:
    """`bench report` on a copy of results/reference/default."""
    if not (REFERENCE / "manifest.json").is_file():
        raise InputError("there are no committed results here: run in a checkout")
    copy = shutil.copytree(REFERENCE, folder / "default")
    contestants = {
        "report": python("-m", "bench", "report", copy),
        "imports": python("-c", IMPORTS),
    }
    gates = [Gate("report/imports", "report", "imports")]
    return Subject(contestants, gates, rounds=3, warmup=0, seconds=60)

"""The subjects that `make perf` measures, in the order of its table."""

import importlib
from collections.abc import Mapping
from pathlib import Path

from bench.errors import InputError
from bench.perf.subject import Subject

SUBJECTS: Mapping[str, str] = {
    "step": "a training step beside the released arithmetic and a nanoGPT-style step",
    "step-compiled": "the same with every block compiled",
    "mfu": "a step's share of the machine's rate of matrix products",
    "loop": "the training loop beside its bare steps",
    "tokenize": "`bench tokenize` beside counting alone and beside other reports",
    "tokenize-twice": "the same with twice the text, and with twice the vocabularies",
    "encode": "encoding and all metrics of 5 MB beside encoding alone",
    "bootstrap": "intervals by matrix product beside resampling in a loop",
    "corpus": "building a corpus, and twice of it",
    "seeds": "a run that trains one seed, and two",
    "report": "rebuilding a report",
    "start-up": "`bench --help` beside an empty interpreter",
    "bench-run": "`bench run` where nothing changed",
}
"""Name, and what it compares. `a-b` is the module `bench.perf.subjects.a_b`."""


def load(name: str, folder: Path) -> Subject:
    """Make a subject ready to be measured; `folder` is its own to write in.

    Raises InputError for an unknown name, and where this machine lacks what the subject needs.
    """
    if name not in SUBJECTS:
        raise InputError(f"no subject {name!r}: choose from {', '.join(SUBJECTS)}")
    module = importlib.import_module(f"bench.perf.subjects.{name.replace('-', '_')}")
    made: Subject = module.subject(folder)
    return made

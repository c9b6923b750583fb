"""One run outside a profile: its floors, the run, and the result files in one folder."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import convergence
from bench.machine import processor
from bench.results import data_package, write_json, write_table
from bench.training import checkpoint
from bench.training.data import RunData
from bench.training.distributed import Team, run_together
from bench.training.floors import FLOORS, floor
from bench.training.result import RunResult
from bench.training.rows import curve_rows, floor_row, training_rows
from bench.training.run import begun, run
from bench.training.spec import RunSpec

if TYPE_CHECKING:
    from bench.vocabularies import Family
    from corpora.parallel import ParallelCorpus

SPLITS = ("validation", "test")


def train_once(
    spec: RunSpec,
    data: RunData,
    out: Path,
    say: Callable[[str], None],
    stop: Callable[[], bool] = lambda: False,
    floors: Sequence[str] = tuple(FLOORS),
    of: Team | None = None,
) -> dict[str, Any]:
    """Train, beside its floors, and write training, curves, convergence and timings into `out`.

    Returns the row of the run's last stage and first language. Stopped, it leaves a checkpoint in
    `out` and goes on from it when called again. Of a team, every process trains and the first one
    writes; the others return nothing.
    """
    leads = of is None or of.leads
    together = run if of is None else partial(run_together, of)
    begun(spec, data, out)  # what cannot go on is refused before the floors are computed
    floor_rows = _floors(spec, data, floors) if leads else []  # what fails fails before training
    result = together(spec, data, out / "run", checkpoints=out, stop=stop, say=say)
    if not leads:
        return {}
    training = convergence.judge([*floor_rows, *training_rows(result)])
    _write(out, training, result, data.reference)
    checkpoint.remove(out)
    for row in training:
        if row["split"] == "test" and row.get("bits_per_unit") is not None:
            status = f", {row['status']}" if row.get("status") else ""
            say(f"{row['model']} {row['language']}: {row['bits_per_unit']:.2f} bits/unit{status}")
    return training[-1]


def _floors(spec: RunSpec, data: RunData, floors: Sequence[str]) -> list[dict[str, Any]]:
    return [
        floor_row(name, data, one, spec.context_units, split,
                  floor(name, data, one, spec.context_units, split))
        for name in floors for one in spec.languages for split in SPLITS
    ]  # fmt: skip


def family_for(name: str, corpus: "ParallelCorpus", languages: Sequence[str]) -> "Family":
    """A vocabulary family: a folder of trained ones, one trained now (`bpe-4096-per-language`), or
    whatever else `bench tokenize` takes.
    """
    from bench import vocabularies

    if (Path(name) / "family.json").is_file():
        return vocabularies.family_from_directory(Path(name))
    if not vocabularies.is_trained_name(name):
        (found,) = vocabularies.families([name], languages)
        return found
    part = corpus.select("train")
    with tempfile.TemporaryDirectory() as folder:
        texts = {one: part.texts(one) for one in languages}
        vocabularies.train(vocabularies.parse(name), texts, Path(folder))
        return vocabularies.family_from_directory(Path(folder), name)


def _write(
    out: Path, training: Sequence[Mapping[str, Any]], result: RunResult, reference: str
) -> None:
    curves = curve_rows(result)
    (cell,) = {row["run_id"] for row in training_rows(result)[-1:]}
    tables = {
        "training": training,
        "curves": curves,
        "convergence": convergence.rows(training, curves, reference),
        "timings": [{"cell": cell, "device": processor(), **one} for one in result.timings],
    }
    files = [write_table(out, name, rows).name for name, rows in tables.items()]
    write_json(out / "datapackage.json", data_package(out.resolve().name, files))

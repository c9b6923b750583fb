"""The functions of the cells: inputs read, a room of the suite called, its result written.

Each takes a `Work` and writes into `work.folder`: arrays and text as the room saves them,
`rows.json` for rows of the result files, `facts.json` for the manifest. Nothing is computed here.
"""

import json
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.arm_names import SWEEP
from bench.errors import InputError
from bench.executors import Empty, Work
from bench.measured import CORPUS, STATISTICS, Measured, open_corpus
from bench.store import Finished, file_digest

if TYPE_CHECKING:
    from bench.metrics.measures import Measure
    from bench.training import RunData, RunSpec
    from bench.vocabularies import Family
    from corpora.parallel import ParallelCorpus

TEXT, ROWS = "text.npz", "rows.json"
UNITS, RATES = "units.npz", "rates.json"


def corpus(work: Work) -> None:
    """Build a corpus from the packages whose hashes are in the parameters."""
    built = _own(work) if work.where else _packaged(work)
    built.save(work.folder / CORPUS)
    facts = {
        "order": built.order,
        "content_hash": built.content_hash,
        "sources": dict(built.sources),
        "counts": dict(built.counts),
        "drops": dict(built.drops),
        "units": built.n_units,
        "documents": built.n_documents,
    }
    write(work, "facts.json", facts)


def derived(work: Work) -> None:
    """A corpus in other writings of its own languages."""
    from corpora.derived import derive

    made = derive(open_corpus(work.inputs[0]), work.params["languages"])
    made.save(work.folder / CORPUS)
    write(work, "facts.json", {"order": made.order, "content_hash": made.content_hash})


def text(work: Work) -> None:
    """Bytes and characters of every unit of a split, in every language."""
    from bench.tokenization import text_statistics

    source = open_corpus(work.inputs[0]).select(work.params["split"])
    text_statistics(_texts(source)).save(work.folder / TEXT)


def vocabulary(work: Work) -> None:
    """Train a family of vocabularies on a split; empty where the text supports no such size."""
    from bench import vocabularies

    source = open_corpus(work.inputs[0])
    if source.no_training:
        raise Empty(f"{source.name} offers no training split: {source.no_training}")
    texts = _texts(source.select(work.params["split"]))
    try:
        vocabularies.train(vocabularies.parse(work.params["family"]), texts, work.folder)
    except InputError as error:
        raise Empty(str(error)) from None


def tokenization(work: Work) -> None:
    """Encode a split once; leave the sufficient statistics."""
    from bench.tokenization import tokenize

    source = open_corpus(work.inputs[0]).select(work.params["split"])
    family = _family(work.params["family"], source, *work.inputs[1:])
    statistics = tokenize(_served(source, family), family, work.params["mode"])
    statistics.save(work.folder / STATISTICS)
    members = {one.name: one for one in statistics.vocabularies}
    facts = {
        one.name: {"kind": one.kind, "sha256": one.digest, "size": one.size}
        for one in members.values()
    }
    write(work, "facts.json", facts)


def metrics(work: Work) -> None:
    """Rows of tokenization.csv, and of evidence.csv from the same resamples."""
    from bench.metrics.rows import Setting, rows_with_evidence
    from bench.tokenization import TextStatistics

    measured = Measured(work.inputs[0], work.inputs[2])
    setting = Setting(
        measured.whole.name,
        measured.whole.content_hash,
        measured.split,
        work.params["reference"],
        measured.mode,
    )
    texts = TextStatistics.load(work.inputs[1].folder / TEXT)
    statistics = {measured.family: measured.statistics}
    words = {measured.family: _words(work, measured)} if work.params["words"] else None
    documents = measured.part.documents()
    rows, evidence = rows_with_evidence(setting, statistics, texts, documents, words)
    write(work, ROWS, {"tokenization": rows, "evidence": evidence})


def _words(work: Work, measured: "Measured") -> "list[Measure]":
    """Measures of segmented words; what could not be segmented is noted in the facts."""
    from bench.metrics.words import SegmentedText, word_measures

    notes: list[str] = []
    found: list[Measure] = []
    family = _family(measured.family, measured.part, *work.inputs[3:])
    try:
        segmented = SegmentedText.of(_served(measured.part, family), notes.append)
        found += word_measures(segmented, family)
    except InputError as error:
        notes.append(str(error))
    if notes:
        write(work, "facts.json", {"words": notes})
    return found


def _packaged(work: Work) -> "ParallelCorpus":
    import corpora

    artifacts = corpora.fetch(work.params["name"])
    _refuse_changed(work, [artifact.sha256 for artifact in artifacts])
    return corpora.build(work.params["name"], artifacts)


def _own(work: Work) -> "ParallelCorpus":
    """The user's files, split by document as every corpus is."""
    import corpora
    from corpora.library import with_splits

    files = {name: Path(path) for name, path in work.where.items()}
    _refuse_changed(work, [file_digest(path) for path in files.values()])
    documents = files.pop("documents", None)
    read = corpora.read_user_files(files, documents)
    return with_splits(replace(read, name=work.params["name"], no_training=None))


def _refuse_changed(work: Work, found: list[str]) -> None:
    if found != [fact["sha256"] for fact in work.params["artifacts"]]:
        raise InputError(f"the sources of {work.params['name']} changed while running: run again")


def floor(work: Work) -> None:
    """Rows of training.csv for the floors beside the models of one language."""
    from bench.training.floors import floor as floor_bits
    from bench.training.rows import floor_row

    data, language = _run_data(work), work.params["language"]
    context = work.params["context_units"]
    rows: list[dict[str, Any]] = []
    arrays: dict[str, Any] = {}
    for name in work.params["floors"]:
        for split in ("validation", "test"):
            bits = floor_bits(name, data, language, context, split)
            row = floor_row(name, data, language, context, split, bits)
            rows.append(row)
            if isinstance(bits, np.ndarray):
                arrays[row["run_id"]] = bits
    np.savez(work.folder / UNITS, **arrays)
    write(work, ROWS, {"training": rows})


def training(work: Work) -> None:
    """One training run: rows of training.csv and curves.csv, per-unit bits beside them."""
    from pydantic import TypeAdapter

    from bench.training.rows import curve_rows, training_rows
    from bench.training.run import run
    from bench.training.spec import RunSpec

    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())  # leaves a checkpoint behind
    spec = _at_rate(work, TypeAdapter(RunSpec).validate_python(work.params["spec"]))
    data = _run_data(work)
    result = run(spec, data, work.folder, checkpoints=work.checkpoints, stop=stopping.is_set)
    work.timings += [dict(timing) for timing in result.timings]
    rows = {"training": training_rows(result), "curves": curve_rows(result)}
    write(work, ROWS, rows)


def _at_rate(work: Work, spec: "RunSpec") -> "RunSpec":
    """The spec at the rate that the sweep among the inputs chose, where the cell asks for one.

    A language whose own best is the common rate has been trained at it already.
    """
    wanted = work.params.get("rate")
    if wanted is None:
        return spec
    chosen = work.inputs[-1].json(RATES)
    rate = chosen["common"]
    if wanted == "best":
        (language,) = spec.languages
        rate = chosen["best"][language]
        if rate == chosen["common"]:
            raise Empty(f"the best rate for {language} is the common one, {rate:g}: see that arm")
    return spec.at_rate(rate)


def rates(work: Work) -> None:
    """The learning rates that a sweep's runs choose, and rows of convergence.csv that say so."""
    from bench.convergence.rows import rate_rows
    from bench.training.rates import of_runs

    chosen = of_runs([run.folder for run in work.inputs if not run.empty])
    write(work, RATES, {"common": chosen.common, "best": dict(chosen.best)})
    arm = "/".join([SWEEP, work.params["model"], work.params["corpus"], work.params["family"]])
    write(work, ROWS, {"convergence": rate_rows(chosen, arm, work.params)})


def _run_data(work: Work) -> "RunData":
    from bench.training.data import prepare

    source = open_corpus(work.inputs[0])
    if source.no_training:
        raise Empty(f"{source.name} offers no training split: {source.no_training}")
    trained = [one for one in work.inputs[1:] if one.record["kind"] == "vocabulary"]
    return prepare(
        source,
        _family(work.params["family"], source, *trained),
        languages=work.params["languages"],
        reference=work.params["reference"],
        train_share=work.params["slice"],
        occurring=work.params["occurring"],
    )


def _texts(source: "ParallelCorpus") -> Mapping[str, Sequence[str]]:
    return {language: source.texts(language) for language in source.languages}


def _served(source: "ParallelCorpus", family: "Family") -> Mapping[str, Sequence[str]]:
    """The texts that a family has a vocabulary for.

    A corpus may hold more than the profile's languages, as Traditional Chinese beside Simplified;
    what was trained without a language is measured on the others.
    """
    return {one: some for one, some in _texts(source).items() if one in family.members}


def _family(name: str, source: "ParallelCorpus", *trained: Finished) -> "Family":
    """The vocabularies of that name: trained in a cell of this run, published, or a control."""
    from bench import vocabularies

    if trained:
        return vocabularies.family_from_directory(trained[0].folder, name)
    return vocabularies.family_published(name, languages=source.languages)


def write(work: Work, name: str, value: Any) -> None:
    """A file of the cell's result: JSON with sorted keys, NaN refused."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
    (work.folder / name).write_text(text, encoding="utf-8")

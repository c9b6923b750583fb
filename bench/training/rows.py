"""Runs and floors as rows of training.csv and curves.csv."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.signature import signature
from bench.statistics import k_eff, ratios
from bench.training.data import RunData
from bench.training.result import Arrays, RunResult, test_bits, unit_arrays

Row = dict[str, Any]


def training_rows(result: RunResult) -> list[Row]:
    """A row per stage and language of the run; bits are empty where it diverged."""
    return [
        _run_row(result, stage, language)
        for stage in result.stages
        for language in result.about["spec"]["languages"]
    ]


def curve_rows(result: RunResult) -> list[Row]:
    """A row per evaluation and language; `run_id` is that of the training row of the stage."""
    names = ("step", "epoch", "annealed", "tokens", "units", "flops_useful", "flops_spent")
    renamed = {"tokens": "tokens_seen", "units": "units_seen"}
    return [
        {
            "run_id": run_id(result, point["stage"], language),
            **{renamed.get(name, name): point[name] for name in names},
            "bits_per_unit": bits,
        }
        for point in result.points
        for language, bits in point["bits"].items()
    ]


def floor_row(
    name: str, data: RunData, language: str, context_units: int, split: str,
    bits: NDArray[np.float64] | float,
) -> Row:  # fmt: skip
    """The row of a floor; an array of bits per unit carries an interval, a mean does not."""
    facts = data.vocabularies[language]
    context = data.context_units(context_units)
    corpus = f"{data.corpus}@{data.content_hash[:8]}"
    signed = _signed(
        corpus, split, data.splits[split].units, facts.name, facts.digest, name, context
    )
    arrays = unit_arrays(data, split, (language,))
    return {
        "run_id": f"{name}.{data.corpus}.{data.family}.{language}.{split}."
        f"c{context}.u{data.splits['train'].units}",
        "arm": "floor",
        "corpus": data.corpus,
        "split": split,
        "vocabulary": facts.name,
        "vocabulary_family": data.family,
        "vocabulary_size": facts.size,
        "language": language,
        "model": name,
        "context_units": context,
        "train_units": data.splits["train"].units,
        "units": data.splits["train"].units,
        "tokens": len(data.splits["train"].streams[language].ids),
        **quality(bits, arrays, language),
        "signature": signed,
    }


def quality(bits: NDArray[np.float64] | float | None, arrays: Arrays, language: str) -> Row:
    """Bits per unit with its interval over documents, per source byte and per English character."""
    documents = arrays["documents"]
    units = len(documents)
    row: Row = {
        "n_units": units,
        "n_documents": len(np.unique(documents)),
        "k_eff": k_eff(documents),
    }
    if bits is None:
        return row
    total = float(np.sum(bits)) if isinstance(bits, np.ndarray) else bits * units
    row |= {"bits_per_unit": total / units,
            "bits_per_byte": total / int(arrays[f"bytes.{language}"].sum())}  # fmt: skip
    if "english_characters" in arrays:
        row["bits_per_english_character"] = total / int(arrays["english_characters"].sum())
    if isinstance(bits, np.ndarray):
        interval = ratios(bits[:, None], np.ones((units, 1)), documents)[0]
        row |= {"bits_ci_low": interval.low, "bits_ci_high": interval.high}
    return row


def run_id(result: RunResult, stage: str, language: str) -> str:
    """A run's name: what it is, and enough of its settings' hash to tell sweeps apart."""
    about = result.about
    parts = [about["spec"]["model"], about["corpus"], about["family"], language]
    parts += [] if stage == "main" else [stage]
    return ".".join([*parts, f"s{about['spec']['seed']}", _digest(about["spec"])])


def _run_row(result: RunResult, stage: Mapping[str, Any], language: str) -> Row:
    about, spec = result.about, result.about["spec"]
    name, facts = stage["name"], result.about["vocabularies"][language]
    settings = next(one for one in spec["stages"] if one["name"] == name)
    bits = result.arrays.get(test_bits(name, language))
    signed = _signed(result.corp, "test", about["units"]["test"], facts["name"], facts["digest"],
                     spec["model"], about["context_units"])  # fmt: skip
    return {
        "run_id": run_id(result, name, language),
        "arm": spec["arm"],
        "stage": name,
        "corpus": about["corpus"],
        "split": "test",
        "vocabulary": facts["name"],
        "vocabulary_family": about["family"],
        "vocabulary_size": facts["size"],
        "language": language,
        "model": spec["model"],
        "seed": spec["seed"],
        "lr": settings["optimiser"]["lr"],
        "epochs": stage["epoch"],
        "context_units": about["context_units"],
        "train_units": about["units"]["train"],
        "parameters_body": stage["parameters_body"],
        "parameters_embedding": stage["parameters_embedding"],
        "clipped_share": stage["clipped_share"],
        **{key: stage[key] for key in ("units", "tokens", "flops_useful", "flops_spent")},
        **quality(bits, result.arrays, language),
        "status": "diverged" if bits is None else "ok",
        "precision": spec["precision"],
        "threads": spec["threads"],
        "signature": f"{signed}|seed:{spec['seed']}|run:{_digest(spec)}",
    }


def _signed(
    corpus: str, split: str, units: int, vocabulary: str, digest: str, model: str, context: int
) -> str:
    return signature(
        corp=corpus, split=split, n=units, vocab=f"{vocabulary}@{digest[:8]}", model=model,
        ctx=context, est="mean-bits-per-unit.eou",
    )  # fmt: skip


def _digest(spec: Mapping[str, Any]) -> str:
    """Of the settings that a run's name does not spell out."""
    import hashlib
    import json

    spelled = {"model", "languages", "seed"}
    rest = {key: value for key, value in spec.items() if key not in spelled}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:8]

"""A small results folder with everything a report must cope with: all tables, and their holes.

Numbers are made up, but consistent: premiums and costs follow from tokens per unit.
"""

import json
from pathlib import Path
from typing import Any

from bench.results import write_json, write_table
from bench.schema import TABLES

LANGUAGES = ("en", "ru", "zh")
TOKENS = {  # family: tokens per unit of en, ru, zh; whether it may be compared; its split
    "bpe-4096-per-language": ((26.9, 28.1, 25.7), True, "test"),
    "gpt2": ((25.2, 144.0, 81.1), True, "all"),
    "o200k_base": ((24.8, 35.5, 31.2), True, "all"),
    "t5-v1.1": ((29.0, 60.2, 8.4), False, "all"),
    "bytes": ((124.3, 246.6, 115.1), True, "all"),
}
MODELS = {"tokenformer-2m": 2e6, "llama-3-8b": 7e9}
CORPORA = ("libreoffice-help", "interface-strings")
PROFILE = {
    "name": "quick",
    "description": "made up",
    "corpora": [*list(CORPORA), "udhr"],
    "languages": list(LANGUAGES),
    "reference": "en",
    "vocabularies": {
        "published": ["gpt2", "o200k_base", "t5-v1.1"],
        "controls": ["bytes"],
        "trained": ["bpe-4096-per-language"],
        "trained_on": "libreoffice-help",
    },
    "costs": {"models": list(MODELS)},
    "training": {
        "corpus": "libreoffice-help",
        "models": ["tokenformer-2m", "transformer-2m"],
        "vocabularies": ["bpe-4096-per-language"],
    },
}
SIGNATURE = "corp:{c}@1a2b3c4d|split:{s}|n:1012|mode:unit|vocab:{v}@9f8e7d6c|keff:{k}|v:0.1.0"


def write_results(folder: Path, **changed: list[dict[str, Any]] | None) -> Path:
    """Write all tables and the manifest; `changed` replaces tables, None leaves one out."""
    tables: dict[str, list[dict[str, Any]] | None] = {
        "tokenization": tokenization(),
        "costs": costs(),
        "memory": memory(),
        "training": training(),
        "curves": curves(),
        "convergence": convergence(),
        "claims": claims(),
        "timings": [{"cell": "text", "phase": "run", "seconds": 1.5, "device": "a clock"}],
    } | changed
    for name in TABLES:
        rows = tables.get(name, [])
        if rows is not None:
            write_table(folder, name, rows)
    write_json(folder / "manifest.json", manifest())
    return folder


def manifest() -> dict[str, Any]:
    """What a run says of itself."""
    return {
        "babeltoll": "0.1.0",
        "profile": PROFILE,
        "versions": {"python": "3.11.7", "torch": "2.13.0"},
        "sources": {"libreoffice-help": [{"package": "libreoffice-help-en-us", "version": "7.4"}]},
        "skipped": {"udhr": "no `apt-get` on this machine <script>alert(1)</script>"},
        "empty": {"vocabulary unigram-4096-per-language": "the text supports only 3,911 pieces"},
        "corpora": {
            "corpus libreoffice-help": {"content_hash": "1a" * 32, "units": 1012, "documents": 240,
                                        "order": "natural", "counts": {"before": 1100},
                                        "drops": {"script": 55, "ratio": 33},
                                        "sources": {"libreoffice-help-en-us": "7.4"}},
        },
        "vocabularies": {
            "tokenize libreoffice-help all with gpt2":
                {"gpt2": {"kind": "byte-bpe", "sha256": "9f" * 32, "size": 50257}},
        },
        "cells": {},
        "files": {},
    }  # fmt: skip


def tokenization() -> list[dict[str, Any]]:
    """Counts, premiums, quantiles and gates; one corpus with too few documents for intervals."""
    rows = []
    for corpus in CORPORA:
        for family, (tokens, comparable, split) in TOKENS.items():
            for language, count in zip(LANGUAGES, tokens, strict=True):
                about = _about(corpus, family, language, split, comparable)
                rows += _measures(about, count, tokens[0])
    return rows


def _measures(about: dict[str, Any], count: float, reference: float) -> list[dict[str, Any]]:
    relative = {"reference": "en", "unit": "ratio", "aggregation": "ratio-of-totals"}
    wide = 0.02 if about["k_eff"] >= 10 else None
    rows = [
        _valued(about, "tokens_per_unit", count, wide, unit="tokens/unit"),
        _valued(about, "token_premium", count / reference, wide, **relative),
        _valued(about, "byte_premium", {"en": 1, "ru": 1.98, "zh": 0.93}[about["language"]], wide,
                **relative),
        _valued(about, "bytes_per_token", 4.1, wide, unit="bytes/token"),
        _valued(about, "fertility", {"en": 1.31, "ru": 2.2, "zh": 1.6}[about["language"]], wide,
                unit="tokens/word", variant="jieba" if about["language"] == "zh" else "default"),
        _valued(about, "unknown_rate", 0.0 if about["comparable"] else 0.31, None,
                unit="share of tokens"),
        _valued(about, "round_trip_rate", 1.0 if about["comparable"] else 0.02, None,
                unit="share of units"),
        _valued(about, "renyi_efficiency", 0.52, None, unit="share", variant="declared"),
        _valued(about, "token_premium_median", None, None, **relative),
    ]  # fmt: skip
    for name, factor in (("p05", 0.3), ("p25", 0.6), ("p50", 0.9), ("p75", 1.3), ("p95", 2.4)):
        rows.append(_valued(about, "tokens_per_unit", count * factor, None, variant=name,
                            unit="tokens/unit", aggregation="quantile"))  # fmt: skip
    return rows


def _about(corpus: str, family: str, language: str, split: str, comparable: bool) -> dict[str, Any]:
    few = corpus == "interface-strings"
    name = family.replace("per-language", language)
    split = split if corpus == "libreoffice-help" else "all"
    return {
        "corpus": corpus, "split": split, "vocabulary": name, "vocabulary_family": family,
        "language": language, "mode": "unit", "comparable": comparable, "n_units": 1012,
        "n_documents": 4 if few else 240, "k_eff": 3.1 if few else 211.4,
        "signature": SIGNATURE.format(c=corpus, s=split, v=name, k=3.1 if few else 211.4),
    }  # fmt: skip


def _valued(
    about: dict[str, Any], metric: str, value: float | None, wide: float | None, **more: Any
) -> dict[str, Any]:
    ends = value is not None and wide is not None
    return {
        "aggregation": "ratio-of-totals", "unit": "ratio", **about, "metric": metric,
        "value": value,
        "ci_low": value * (1 - wide) if ends else None,
        "ci_high": value * (1 + wide) if ends else None,
        "ci_method": "percentile-10000.s0" if ends else "none",
        **more,
    }  # fmt: skip


def costs() -> list[dict[str, Any]]:
    """FLOPs in four contexts, cache and what fits, of every family but the controls."""
    rows = []
    for family, (tokens, comparable, split) in TOKENS.items():
        if family == "bytes":
            continue
        for place, language in enumerate(LANGUAGES):
            about = _about("libreoffice-help", family, language, split, comparable)
            about.pop("mode"), about.pop("comparable")
            for model, size in MODELS.items():
                for context in ("unit", "document", "window", "window_equal_content"):
                    rows += _costs(about | {"model": model, "context": context}, size,
                                   tokens[place], tokens[0])  # fmt: skip
    return rows


def _costs(about: dict[str, Any], size: float, t: float, other: float) -> list[dict[str, Any]]:
    power = 1 if about["context"] == "window" else 2
    found = {
        "attention_flops": (lambda x: size / 100 * x**power),
        "linear_flops": (lambda x: 2 * size * x),
        "logits_flops": (lambda x: size / 3 * x),
        "forward_flops": (lambda x: 3 * size * x),
        "training_flops": (lambda x: 9 * size * x),
    }
    if about["context"] == "unit":
        found["kv_cache_bytes"] = lambda x: 1000 * x
        found["prefill_flops"] = lambda x: 2 * size * x
    rows = []
    for name, formula in found.items():
        unit = "byte" if name.endswith("bytes") else "FLOP"
        common = about | {"convention": "exact", "cost": name, "unit": unit}
        common |= {"ci_method": "percentile-10000.s0"}
        rows.append(common | _interval(formula(t)))
        if about["language"] != "en":
            ratio = {"cost": f"{name}_ratio", "unit": "ratio", "reference": "en"}
            rows.append(common | ratio | _interval(formula(t) / formula(other)))
    return rows


def _interval(value: float) -> dict[str, float]:
    return {"value": value, "ci_low": 0.97 * value, "ci_high": 1.03 * value}


def memory() -> list[dict[str, Any]]:
    """Predicted parts of a training step's peak, in two layouts."""
    parts = {"parameters": 8e6, "gradients": 8e6, "optimizer": 16e6, "activations": 9e6,
             "temporaries": 0.0}  # fmt: skip
    rows = []
    for language, tokens in zip(LANGUAGES, TOKENS["bpe-4096-per-language"][0], strict=True):
        for layout, factor in (("padded", 1.4), ("packed", 1.0)):
            held = parts | {"activations": parts["activations"] * tokens / 10 * factor}
            for part, size in {**held, "total": sum(held.values())}.items():
                rows.append({
                    "corpus": "libreoffice-help", "split": "test",
                    "vocabulary": f"bpe-4096-{language}", "language": language,
                    "model": "tokenformer-2m", "batch_units": 64, "layout": layout,
                    "precision": "bf16", "part": part, "bytes_mean": size,
                    "ci_low": size * 0.95, "ci_high": size * 1.05, "bytes_max": size * 1.3,
                    "n_batches": 30, "signature": f"corp:libreoffice-help@1a2b3c4d|part:{part}",
                })  # fmt: skip
    return rows


def training() -> list[dict[str, Any]]:
    """Floors, a model below the 5-gram, one above it, one that diverged."""
    floors = {"floor-order0": 300.0, "floor-kn5": 110.0, "floor-xz": 125.0}
    rows = []
    for place, language in enumerate(LANGUAGES):
        for model, held in floors.items():
            for split in ("test", "validation"):
                rows.append(_run(language, model, held + 4 * place, None, None, split))
        rows.append(_run(language, "tokenformer-2m", 131.0 + 9 * place, 0, "undertrained"))
        rows.append(_run(language, "transformer-2m", 108.0 + 4 * place, 0, "ok"))
    return [*rows, _run("zh", "tokenformer-2m", None, 1, "diverged")]


def _run(
    language: str,
    model: str,
    held: float | None,
    seed: int | None,
    status: str | None,
    split: str = "test",
) -> dict[str, Any]:
    floor = model.startswith("floor")
    return {
        "run_id": f"{model}-{language}-{seed or split}", "arm": "main", "split": split,
        "stage": "main",
        "corpus": "libreoffice-help", "vocabulary": f"bpe-4096-{language}",
        "vocabulary_family": "bpe-4096-per-language", "language": language, "model": model,
        "seed": seed, "lr": None if floor else 3e-3, "epochs": 1.0, "context_units": 8,
        "parameters_body": None if floor else 1_228_800,
        "parameters_embedding": None if floor else 655_520,
        "units": 2400, "tokens": 64_000, "flops_useful": None if floor else 1.1e12,
        "flops_spent": None if floor else 1.2e12, "bits_per_unit": held,
        "bits_ci_low": held and held - 6, "bits_ci_high": held and held + 6,
        "bits_per_byte": held and held / 124, "bits_per_english_character": held and held / 122,
        "n_units": 1012, "n_documents": 240, "k_eff": 211.4, "status": status,
        "precision": None if floor else "fp32", "threads": 1,
        "signature": f"corp:libreoffice-help@1a2b3c4d|model:{model}|v:0.1.0",
    }  # fmt: skip


def curves() -> list[dict[str, Any]]:
    """What each run had learned along the way."""
    return [
        {
            "run_id": f"{model}-{language}-test", "step": step, "epoch": step / 40,
            "annealed": step > 9, "units_seen": 64 * step, "tokens_seen": 1700 * step,
            "flops_useful": 3e10 * step,
            "flops_spent": 3.2e10 * step,
            "bits_per_unit": 420 / step**0.35 + 9 * place + len(model),
        }
        for place, language in enumerate(LANGUAGES)
        for model in ("tokenformer-2m", "transformer-2m")
        for step in (5, 10, 20, 40)
    ]  # fmt: skip


def convergence() -> list[dict[str, Any]]:
    """Compute to a target: ratios by axis, one of them undertrained; and one censored."""
    arm = "primary/{}/libreoffice-help/bpe-4096-per-language"
    common = {"budget": "content", "target": "r=0.8", "measure": "cost_to_target_ratio",
              "reference": "en", "ci_method": "none", "n_seeds": 1, "censored": False,
              "against": "none", "vocabulary_family": "bpe-4096-per-language"}  # fmt: skip
    rows = []
    for model, status in (("tokenformer-2m", "undertrained"), ("transformer-2m", "ok")):
        for axis, ratio in (("units", 1.1), ("tokens", 1.15), ("flops", 1.2)):
            signed = f"corp:libreoffice-help@1a2b3c4d|est:{axis}|status:{status}|v:0.1.0"
            own = common | {"arm": arm.format(model), "axis": axis, "signature": signed}
            rows += [own | {"language": "ru", "value": ratio},
                     own | {"language": "zh", "value": ratio * 0.9}]  # fmt: skip
    alone = own | {"reference": None, "measure": "cost_to_target"}
    rows += [alone | {"language": "zh", "value": None, "censored": True, "ci_low": 5.5e11},
             alone | {"language": "ru", "axis": "units", "value": 1650.0},
             alone | {"language": "en", "axis": "units", "value": 1500.0}]  # fmt: skip
    saved = alone | {"language": "en", "axis": "units", "target": "none"}
    rows.append(saved | {"measure": "gain_of_10_percent", "value": 0.0079})
    between = own | {"language": "ru", "reference": None, "measure": "bits_ratio", "target": "none",
                     "arm": arm.format("transformer-2m").replace("primary", "bytes"),
                     "against": arm.format("transformer-2m"), "value": 1.25}  # fmt: skip
    rows.append(between)
    sweep = saved | {"arm": arm.format("transformer-2m").replace("primary", "sweep")}
    rows += [
        sweep | {"measure": measure, "value": value}
        for measure, value in (
            ("common_lr", 1.5e-3),
            ("best_lr", 1e-3),
            ("common_over_best_bits", 1.003),
        )
    ]
    return rows


def claims() -> list[dict[str, Any]]:
    """One verdict of each kind."""
    common = {"family": "tokens", "corpus": "libreoffice-help", "model": "any",
              "statistic": "token premium zh", "n_units": 1012, "n_documents": 240,
              "k_eff": 211.4, "signature": "corp:libreoffice-help@1a2b3c4d",
              "endpoint": "primary", "ci_level": 0.95}  # fmt: skip
    return [
        common | {"claim": "zh-fewer-tokens", "vocabulary": "o200k_base", "value": 1.258,
                  "ci_low": 1.24, "ci_high": 1.28, "threshold": 0.7, "p_support": 1.0,
                  "p_refute": 0.0001, "verdict": "refuted", "test": "at_most"},
        common | {"claim": "premium-squares", "vocabulary": "o200k_base", "value": 1.01,
                  "ci_low": 0.99, "ci_high": 1.03, "threshold": 1 / 1.05,
                  "threshold_high": 1.05, "test": "within", "case": "zh", "p_support": 0.001,
                  "p_refute": 1.0, "verdict": "supported"},
        common | {"claim": "zh-faster-convergence", "vocabulary": "bpe-4096-per-language",
                  "model": "tokenformer-2m", "verdict": "inconclusive",
                  "reason": "undertrained: five seeds below KN-5 would settle it"},
    ]  # fmt: skip


if __name__ == "__main__":
    import sys

    print(write_results(Path(sys.argv[1])), json.dumps(sorted(TOKENS)))


def section(text: str, title: str) -> str:
    """One section of a report in Markdown."""
    return text.split(f"## {title}\n")[1].split("\n## ")[0]

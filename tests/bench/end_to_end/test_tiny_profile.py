"""A tiny profile from end to end, as a user runs it: files, meaning, repetition, resumption."""

import csv
import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from bench import __version__, manifest
from bench.cli import invoke
from bench.results import write_json
from bench.schema import TABLES
from bench.signature import parse

PROFILE = """
name = "tiny"
description = "what the tests run"
corpora = ["tales"]

[own.tales]
documents = "documents.txt"
texts = { en = "en.txt", ru = "ru.txt", zh = "zh.txt" }

[vocabularies]
trained = ["bpe-300-per-language", "bpe-100000-per-language"]

[costs]
models = ["gpt2"]
conventions = ["palm", "exact"]
prices = "prices.toml"

[memory]
models = ["SHAPE"]
corpora = ["tales"]
vocabularies = ["bpe-300-per-language"]
batch_units = 8
layouts = ["padded"]

[training]
corpus = "tales"
models = ["SHAPE"]
vocabularies = ["bpe-300-per-language"]
epochs = 0.5
context_units = 4
batch_units = 32
evaluations = 2
precision = "fp32"
"""
PRICES = """
currency = "EUR"
[per_million_tokens]
bpe-300-per-language = 2.5
bpe-100000-per-language = 9
"""
SHAPE = """
family = "tokenformer"
layers = 1
width = 32
heads = 2
vocabulary = 301
context = 256
"""


@pytest.fixture(scope="module")
def tiny():
    path = Path(__file__).parents[1] / "tiny.py"
    spec = importlib.util.spec_from_file_location("tiny", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny):
    """Run the profile; returns (folder of the profile, results)."""
    folder = tmp_path_factory.mktemp("tiny")
    tiny.write(folder, count=200)
    shape = folder / "shape.toml"
    shape.write_text(SHAPE)
    (folder / "prices.toml").write_text(PRICES)
    (folder / "tiny.toml").write_text(PROFILE.replace("SHAPE", str(shape)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BABELTOLL_CACHE", str(folder / "cache"))
        assert bench(folder, "results") == 0
        yield folder, folder / "results"


def bench(folder, results, *more):
    arguments = ["run", "--profile", str(folder / "tiny.toml"), "--results", str(folder / results)]
    return invoke([*arguments, "--workers", "2", *more])


def rows(results, name):
    with (results / f"{name}.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def contents(results):
    files = (path for path in results.rglob("*") if path.is_file())
    return {
        path.relative_to(results).as_posix(): path.read_bytes()
        for path in files
        if path.name != "timings.csv"
    }


def test_every_result_file_is_there(run):
    _, results = run
    expected = {table.file for table in TABLES.values()} | {
        "datapackage.json", "manifest.json", "REPORT.md",
    }  # fmt: skip
    assert expected <= {path.name for path in results.iterdir()}
    assert (results / "figures" / "language_token_efficiency_chart.png").stat().st_size > 10_000


def test_the_token_premium_is_that_of_the_counts(run, tiny):
    """Bytes are a vocabulary whose premium anybody can count."""
    _, results = run
    texts = tiny.texts(200)
    size = {
        language: sum(len(text.encode()) for text in lines) for language, lines in texts.items()
    }
    found = {
        row["language"]: float(row["value"])
        for row in rows(results, "tokenization")
        if row["vocabulary"] == "bytes" and row["metric"] == "token_premium"
    }
    # text that stands in train and in a held-out split is dropped; none does here
    assert found["ru"] == pytest.approx(size["ru"] / size["en"], rel=1e-11)
    assert found["zh"] == pytest.approx(size["zh"] / size["en"], rel=1e-11)


def test_trained_vocabularies_are_measured_on_their_test_split_only(run):
    _, results = run
    splits = {
        row["split"]
        for row in rows(results, "tokenization")
        if row["vocabulary_family"] == "bpe-300-per-language"
    }
    assert splits == {"test"}


def test_what_cannot_exist_is_named_and_has_no_rows(run):
    _, results = run
    empty = json.loads((results / "manifest.json").read_text())["empty"]
    assert "100" in empty["train bpe-100000-per-language"]
    families = {row["vocabulary_family"] for row in rows(results, "tokenization")}
    assert "bpe-100000-per-language" not in families


def test_costs_are_in_the_conventions_and_at_the_price_of_the_profile(run):
    _, results = run
    found = {
        (row["cost"], row["convention"]): row
        for row in rows(results, "costs")
        if (row["language"], row["context"]) == ("ru", "unit")
    }
    flops = [float(found["forward_flops", name]["value"]) for name in ("exact", "palm")]
    assert flops[0] < flops[1]  # causal pairs of tokens only
    price, context = found["price", "price-table"], found["effective_context_units", "tokens-8192"]
    tokens = 8192 / float(context["value"])
    assert float(price["value"]) == pytest.approx(2.5e-6 * tokens)
    assert (price["unit"], parse(price["signature"])["price"]) == ("EUR", "2.5 EUR")


def test_training_stands_beside_its_floors(run):
    _, results = run
    training = [row for row in rows(results, "training") if row["split"] == "test"]
    for language in ("en", "ru", "zh"):
        models = {row["model"] for row in training if row["language"] == language}
        assert {"floor-order0", "floor-kn5", "floor-xz"} < models
    statuses = {row["status"] for row in training if not row["model"].startswith("floor")}
    assert statuses == {"undertrained"}  # half an epoch of a tiny model is below no floor


def test_every_language_saw_the_same_content(run):
    _, results = run
    trained = [row for row in rows(results, "training") if not row["model"].startswith("floor")]
    assert len(trained) == 3
    assert len({row["units"] for row in trained}) == 1
    assert len({row["tokens"] for row in trained}) == 3


def test_every_value_has_a_count_and_a_signature(run):
    _, results = run
    for name in ("tokenization", "costs", "training"):
        for row in rows(results, name):
            assert parse(row["signature"])["v"] == __version__
            assert int(row["n_units"]) > 0 and float(row["k_eff"]) > 0


def test_verify_accepts_and_finds_a_changed_file(run, capsys):
    folder, results = run
    assert invoke(["verify", str(results)]) == 0
    copy = folder / "copy"
    shutil.copytree(results, copy)
    (copy / "costs.csv").write_text((copy / "costs.csv").read_text() + " ")
    assert invoke(["verify", str(copy)]) == 1
    assert "costs.csv differs" in capsys.readouterr().err


def test_verify_finds_a_report_of_an_earlier_run(run, capsys):
    """A run killed between its tables and its report leaves the old one beside the new tables."""
    folder, results = run
    copy = folder / "killed"
    shutil.copytree(results, copy)
    found = manifest.read(copy)
    tables = {file: found["files"][file] for file in found["files"] if file in manifest.OF_A_RUN}
    write_json(copy / manifest.NAME, {**found, "files": tables})
    assert invoke(["verify", str(copy)]) == 1
    assert "REPORT.md is of an earlier run: `bench report" in capsys.readouterr().err
    assert invoke(["report", str(copy)]) == 0 and invoke(["verify", str(copy)]) == 0


def test_a_report_vouches_for_no_table_that_is_gone(run, capsys):
    folder, results = run
    copy = folder / "torn"
    shutil.copytree(results, copy)
    (copy / "memory.csv").unlink()
    assert invoke(["report", str(copy)]) == 0 and invoke(["verify", str(copy)]) == 1
    assert "memory.csv is missing" in capsys.readouterr().err


def test_the_report_is_rebuilt_from_the_results_alone(run):
    folder, results = run
    copy = folder / "rebuilt"
    shutil.copytree(results, copy)
    (copy / "REPORT.md").unlink()
    shutil.rmtree(copy / "figures")
    assert invoke(["report", str(copy)]) == 0
    assert contents(copy) == contents(results)


def test_again_with_nothing_changed_computes_nothing(run, capsys):
    folder, results = run
    before = contents(results)
    assert bench(folder, "results") == 0
    assert contents(results) == before
    said = capsys.readouterr().err
    assert "cells were already in the store" in said
    assert "] " not in said  # no cell was computed


def test_from_nothing_in_one_process_gives_the_same_bytes(run, monkeypatch):
    """Neither the store, nor the number of processes, nor the order changes a byte."""
    folder, results = run
    monkeypatch.setenv("BABELTOLL_CACHE", str(folder / "another-cache"))
    arguments = ["run", "--profile", str(folder / "tiny.toml")]
    arguments += ["--results", str(folder / "again"), "--workers", "1"]
    assert invoke([*arguments, "--shard", "1/2"]) == 0
    assert invoke([*arguments, "--shard", "2/2"]) == 0
    assert invoke(arguments) == 0
    assert contents(folder / "again") == contents(results)

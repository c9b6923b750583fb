"""Cells on a corpus that holds a language more than its profile asks for, as UDHR does."""

import dataclasses
import json

import pytest

import corpora
from bench import cells
from bench.executors import Work
from bench.measured import CORPUS
from bench.store import Finished
from corpora.library import with_splits
from tests.bench import tiny


def finished(folder, **params):
    return Finished(folder, {"params": params})


def do(cell, folder, inputs, **params):
    folder.mkdir()
    cell(Work(params, tuple(inputs), folder, folder))
    return finished(folder, **params)


@pytest.fixture(scope="module")
def corpus_of():
    def make(folder, *languages):
        files = tiny.write(folder)
        documents = files.pop("documents")
        files |= {one: files["zh"] for one in languages if one == "zh_hant"}
        read = corpora.read_user_files(files, documents)
        made = with_splits(dataclasses.replace(read, no_training=None))
        made.save(folder / CORPUS)
        return finished(folder)

    return make


def test_a_vocabulary_is_measured_on_the_languages_it_was_trained_for(tmp_path, corpus_of):
    for name in ("three", "four"):
        (tmp_path / name).mkdir()
    three = corpus_of(tmp_path / "three", "en", "ru", "zh")
    four = corpus_of(tmp_path / "four", "en", "ru", "zh", "zh_hant")
    family = "bpe-300-per-language"
    made = do(cells.vocabulary, tmp_path / "v", [three], family=family, split="train")
    encoded = do(cells.tokenization, tmp_path / "t", [four, made],
                 family=family, split="all", mode="unit")  # fmt: skip
    text = do(cells.text, tmp_path / "x", [four], split="all")
    rows = do(
        cells.metrics, tmp_path / "m", [four, text, encoded, made], reference="en", words=True
    )
    found = json.loads((rows.folder / cells.ROWS).read_text("utf-8"))["tokenization"]
    assert {row["language"] for row in found} == {"en", "ru", "zh", "all"}
    assert any(row["metric"] == "token_premium" for row in found)

"""Rows of costs.csv and memory.csv say which model they are about, a user's own by its sizes."""

import json
from pathlib import Path
from typing import Any

import pytest

import corpora
from bench import cells, cost_cells
from bench.compare import differing
from bench.executors import Work
from bench.measured import CORPUS
from bench.signature import parse
from bench.store import Finished
from tests.bench import tiny

SHAPE = """
family = "tokenformer"
layers = 1
width = WIDTH
heads = 2
vocabulary = 301
context = 256
"""
SETTINGS = {"batch_units": 2, "batches": 2, "seed": 0, "layouts": ["padded"], "precision": "fp32",
            "reference": "en"}  # fmt: skip


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Finished, ...]:
    """A corpus and its bytes."""
    folder = tmp_path_factory.mktemp("inputs")
    files = tiny.write(folder, count=20)
    documents = files.pop("documents")
    corpora.read_user_files(files, documents).save(folder / CORPUS)
    params = {"family": "bytes", "split": "all", "mode": "unit"}
    found = tuple(Finished(folder, {"params": params}) for _ in range(2))
    cells.tokenization(Work(params, found[:1], folder, folder))
    return found


def shape(folder: Path, width: int) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "shape.toml").write_text(SHAPE.replace("WIDTH", str(width)))
    return str(folder / "shape.toml")


def made(cell: Any, folder: Path, inputs: tuple[Finished, ...], model: str) -> dict[str, Any]:
    folder.mkdir()
    name = Path(model).stem
    params = {**SETTINGS, "model": name, "models": {name: ""}}
    cell(Work(params, inputs, folder, folder, {name: model}))
    rows: dict[str, Any] = json.loads((folder / cells.ROWS).read_text("utf-8"))
    return rows


@pytest.mark.parametrize("table", ["costs", "memory"])
def test_two_shapes_of_one_file_name_are_told_apart(
    tmp_path: Path, inputs: tuple[Finished, ...], table: str
) -> None:
    cell = getattr(cost_cells, table)
    first, second = (
        made(cell, tmp_path / f"out{width}", inputs, shape(tmp_path / f"in{width}", width))
        for width in (32, 64)
    )
    ours, theirs = (
        next(row for row in found[table] if row["model"] == "shape") for found in (first, second)
    )
    ((part, *models),) = differing(table, ours, theirs)
    assert part == "model" and all(model.startswith("shape@") for model in models)
    proofs = {parse(row["signature"])["model"] for row in first["evidence"]}
    assert proofs - {"any"} == {models[0]}


def test_a_packaged_shape_is_signed_by_its_name(
    tmp_path: Path, inputs: tuple[Finished, ...]
) -> None:
    rows = made(cost_cells.costs, tmp_path / "out", inputs, "gpt2")["costs"]
    assert {parse(row["signature"])["model"] for row in rows} == {"gpt2", "any"}

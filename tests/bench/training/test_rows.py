from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench import results, schema
from bench.training import floors, rows, run
from bench.training.data import RunData
from bench.training.spec import Optimiser, RunSpec

Spec = Callable[..., RunSpec]


def test_quality_divides_one_total_three_ways(data: RunData) -> None:
    test = data.splits["test"]
    arrays = {"documents": test.documents, "bytes.ru": test.bytes("ru"),
              "english_characters": test.characters("en")}  # fmt: skip
    bits = np.linspace(10.0, 60.0, test.units)
    found = rows.quality(bits, arrays, "ru")
    assert found["bits_per_unit"] == pytest.approx(35.0)
    assert found["bits_per_byte"] * test.bytes("ru").sum() == pytest.approx(bits.sum())
    assert found["bits_per_english_character"] * sum(map(len, test.texts["en"])) == pytest.approx(
        bits.sum()
    )
    assert found["n_units"] == 30 and found["n_documents"] == len(set(test.documents.tolist()))


def test_few_documents_leave_the_interval_empty(data: RunData) -> None:
    documents = np.repeat([0, 1], 15)
    arrays = {"documents": documents, "bytes.en": np.ones(30, np.int64)}
    found = rows.quality(np.linspace(1, 2, 30), arrays, "en")
    assert found["bits_ci_low"] is None and found["k_eff"] == 2
    assert "bits_per_english_character" not in found


def test_rows_fit_the_schema(data: RunData, spec: Spec, tmp_path: Path) -> None:
    result = run.run(spec(), data, tmp_path)
    training = rows.training_rows(result)
    for name in floors.FLOORS:
        for split in ("validation", "test"):
            bits = floors.floor(name, data, "en", 3, split)
            training.append(rows.floor_row(name, data, "en", 3, split, bits))
    path = results.write_table(tmp_path, "training", training)
    results.write_table(tmp_path, "curves", rows.curve_rows(result))
    assert set(training[0]) | {"epochs"} <= set(schema.TABLES["training"].names)
    read = results.read_table(tmp_path, "training")
    assert len(read) == 7
    assert path.read_text().count("floor-xz") == 2 * 2 + 2  # run_id, model and signature


def test_xz_has_no_interval(data: RunData) -> None:
    row = rows.floor_row("floor-xz", data, "en", 3, "test", 55.5)
    assert row["bits_per_unit"] == pytest.approx(55.5)
    assert "bits_ci_low" not in row


def test_runs_of_a_sweep_have_names_of_their_own(data: RunData, spec: Spec, tmp_path: Path) -> None:
    specs = [spec(), spec(seed=1), spec(optimiser=Optimiser(lr=1e-3)), spec(languages=("zh",))]
    made = [run.run(one, data, tmp_path / str(i)) for i, one in enumerate(specs)]
    names = {rows.training_rows(one)[0]["run_id"] for one in made}
    assert len(names) == 4
    by_language = [rows.training_rows(one)[0]["run_id"].split(".") for one in (made[0], made[3])]
    assert [a == b for a, b in zip(*by_language, strict=True)].count(False) == 1

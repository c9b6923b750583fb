"""Real steps beside their prediction in timings.csv: which are taken, and what is said of them."""

import sys
from pathlib import Path

import numpy as np
import pytest

from bench import measured_step, profile
from bench.costs import shapes
from bench.costs.measure import Setting, predict
from bench.executors import Empty
from bench.plan import plan
from bench.results import read_table, write_table
from bench.sources import Source, Sources


def small(rows: int = 2) -> Setting:
    return Setting(shapes.load("tokenformer-2m").with_vocabulary(64), rows, 32)


def test_a_small_batch_is_repeated_until_it_can_be_measured() -> None:
    least = 3 * predict(small())
    enlarged, predicted = measured_step.at_least(small(), least)
    assert predicted >= least
    assert predict(Setting(enlarged.shape, enlarged.rows // 2, 32)) < least


def test_a_step_that_does_not_fit_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured_step, "available", lambda: 2**20)
    monkeypatch.setattr(measured_step, "LEAST", 1)
    with pytest.raises(Empty, match="too little memory"):
        measured_step.rows("en", small())


def test_every_source_is_a_row_beside_the_prediction(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sources = {"cuda-max-memory-allocated": 5, "cuda-max-memory-reserved": 7}
    monkeypatch.setattr(measured_step, "measure", lambda setting: sources)
    monkeypatch.setattr(measured_step, "LEAST", 1)
    rows = measured_step.rows("zh", small())
    assert [row["peak_memory_bytes"] for row in rows] == [5, 7]
    assert {row["predicted_memory_bytes"] for row in rows} == {predict(small())}
    write_table(tmp_path, "timings", [{"cell": "step", **row} for row in rows])
    written = read_table(tmp_path, "timings")
    assert {row["memory_source"] for row in written} == set(sources)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's /proc")
def test_available_memory_is_read() -> None:
    assert measured_step.available() > 2**26


def test_a_profile_asks_for_them() -> None:
    wanted = profile.load("quick")
    corpora = tuple(Source(name, facts=({"sha256": "0" * 64},)) for name in wanted.corpora)
    named = wanted.vocabularies.published
    published = tuple(Source(name, facts=({"sha256": "0" * 64},)) for name in named)

    def kinds(measured: bool) -> list[str]:
        memory = wanted.memory.model_copy(update={"measured": measured})
        changed = wanted.model_copy(update={"memory": memory})
        return [cell.kind for cell in plan(changed, Sources(corpora, published), "fp32").cells]

    assert kinds(False).count("step") == 0
    assert kinds(True).count("step") == kinds(True).count("memory") > 0


def test_the_ratio_of_totals_is_split_in_memory_csv() -> None:
    from bench.costs.memory import memory_rows

    tokens = np.random.default_rng(0).poisson([120, 170], (100, 2)) + 1
    shape = shapes.load("transformer-2m")
    rows = memory_rows(tokens, ("en", "ru"), shape, [256, 256], batch_units=64,
                       layouts=("packed",), precision="fp32", reference="en")  # fmt: skip
    split = [row for row in rows if row.get("ratio") is not None]
    assert [(row["language"], row["part"]) for row in split] == [("ru", "total")]
    (found,) = split
    total = {row["language"]: row["bytes_mean"] for row in rows if row["part"] == "total"}
    assert found["ratio"] == pytest.approx(total["ru"] / total["en"])
    causes = [found[f"ratio_{name}"] for name in ("logits", "activations", "states")]
    assert 1 + sum(causes) == pytest.approx(found["ratio"])
    assert causes[2] == pytest.approx(0, abs=1e-3)  # the same vocabulary: the same states
    assert min(causes[:2]) > 0  # more tokens

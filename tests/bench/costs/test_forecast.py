"""What a plan foresees of training runs, beside what the committed run counted."""

import csv
import json
from pathlib import Path

import pytest

from bench import machine, profile, rate, schema
from bench.cell import Cell
from bench.cli.plan_table import table
from bench.forecast import Forecaster
from bench.plan import plan
from bench.sources import Source, Sources

REFERENCE = Path(__file__).parents[3] / "results" / "reference" / "default"
FAMILY = "bpe-8192-per-language"


@pytest.fixture(scope="module")
def wanted() -> profile.Profile:
    return profile.load("default")


@pytest.mark.parametrize("language", ["en", "ru", "zh"])
@pytest.mark.parametrize("model", ["tokenformer-3m", "transformer-3m"])
def test_tokens_and_flops_are_near_those_that_were_counted(
    wanted: profile.Profile, language: str, model: str
) -> None:
    training = wanted.training
    assert training is not None
    price = Forecaster(wanted).price(training, language, model, FAMILY)
    with (REFERENCE / "training.csv").open(encoding="utf-8") as lines:
        row = next(
            one
            for one in csv.DictReader(lines)
            if (one["arm"], one["model"], one["language"]) == ("primary", model, language)
        )
    assert price.tokens == pytest.approx(float(row["tokens"]), rel=0.2)
    assert price.flops == pytest.approx(float(row["flops_useful"]), rel=0.2)


def test_a_budget_in_tokens_or_flops_is_what_is_spent(wanted: profile.Profile) -> None:
    assert wanted.training is not None
    settings = wanted.training.model_dump()
    for budget, amount in (("token", 5e5), ("flop", 3e12)):
        changed = profile.Training.model_validate({**settings, "budget": budget, "amount": amount})
        price = Forecaster(wanted).price(changed, "en", "tokenformer-3m", FAMILY)
        spent = price.tokens if budget == "token" else price.flops
        assert spent == pytest.approx(amount, rel=1e-3)


def test_twice_the_rate_is_half_the_time_and_branches_cost_time_not_tokens(
    wanted: profile.Profile,
) -> None:
    training = wanted.training
    assert training is not None
    slow, fast = (
        Forecaster(wanted, "bf16", of).price(training, "zh", "tokenformer-3m", FAMILY)
        for of in (1e11, 2e11)
    )
    assert (slow.seconds - 5) / (fast.seconds - 5) == pytest.approx(2)
    whole = training.model_copy(update={"budgets": (1.0,)})
    alone = Forecaster(wanted, "bf16", 1e11).price(whole, "zh", "tokenformer-3m", FAMILY)
    assert alone.tokens == slow.tokens
    assert (slow.seconds - 5) / (alone.seconds - 5) == pytest.approx(1 + 0.2 * 15 / 16, rel=1e-6)


def test_the_table_of_a_plan(wanted: profile.Profile) -> None:
    corpora = tuple(Source(name, facts=({"sha256": "0" * 64},)) for name in wanted.corpora)
    named = [*wanted.vocabularies.published]
    published = tuple(Source(name, facts=({"sha256": "0" * 64},)) for name in named)
    made = plan(wanted, Sources(corpora, published), "fp32", 1e11)
    text = table(made, [made.cells[0]], {made.cells[0]: 12.0}, 2)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    headings = [f"{model} {FAMILY}" for model in ("tokenformer-3m", "transformer-3m")]
    assert [line for line in lines if FAMILY in line] == headings
    runs = [line for line in lines if line.startswith(("  en", "  ru", "  zh"))]
    assert len(runs) == 6
    assert all(float(line.split()[-2].replace(",", "")) > 10 for line in runs)  # MiB of a step
    assert any(line.startswith("metrics") and line.endswith("12") for line in lines)


def test_a_rate_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BABELTOLL_CACHE", str(tmp_path))
    (tmp_path / rate.NAME).write_text("not JSON")
    first = rate.matrix_rate("fp32")
    assert first > 1e8
    assert list(json.loads((tmp_path / rate.NAME).read_text()).values()) == [first]
    monkeypatch.setattr(rate, "_measured", lambda precision: 1.0)
    assert rate.matrix_rate("fp32") == first
    assert rate.matrix_rate("bf16") == 1.0


def test_timings_say_what_was_foreseen() -> None:
    from bench.assemble import _timings
    from bench.store import Finished

    cell = Cell("text", {}, label="text", price=3.5)
    timings = [{"phase": "cell", "seconds": 4.0}, {"phase": "other", "seconds": 1.0}]
    rows = list(_timings([(cell, Finished(Path(), {"timings": timings}))]))
    assert [row.get("predicted_seconds") for row in rows] == [3.5, None]
    assert {name for row in rows for name in row} <= {
        c.name for c in schema.TABLES["timings"].columns
    }
    assert rows[0]["device"] == machine.processor()

"""Every arm that a profile can state, from its runs to rows of the result files."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.cell import in_order
from bench.merge import export, merge
from bench.plan import Plan
from bench.progress import describe
from bench.signature import parse
from bench.store import Store

Rows = list[dict[str, str]]


def read(folder: Path, name: str, **where: str) -> Rows:
    with (folder / f"{name}.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [row for row in rows if all(row[key] == value for key, value in where.items())]


def runs(folder: Path, arm: str) -> Rows:
    found = [row for row in read(folder, "training", arm=arm) if row["stage"] == "main"]
    assert found or arm == "primary-best", f"no runs of {arm}"
    return found


def test_every_arm_has_its_runs(made: Plan, results: Path) -> None:
    arms = {row["arm"] for row in read(results, "training")}
    assert made.profile.training
    named = {arm.name for arm in made.profile.training.arms}
    assert named | {"primary", "floor"} <= arms
    assert len(runs(results, "primary")) == 2 * 2 * 2  # models, seeds, languages
    assert {row["status"] for row in runs(results, "primary")} <= {"ok", "undertrained"}


def test_an_early_run_takes_the_path_of_the_run_that_it_begins(results: Path) -> None:
    """It ends, to the last bit, at the first annealed point of that run."""
    points = read(results, "curves", annealed="true")
    for run in runs(results, "primary"):
        place = {key: run[key] for key in ("model", "language", "seed")}
        (early,) = [one for one in runs(results, "primary-early") if place.items() <= one.items()]
        mine, its = ([p for p in points if p["run_id"] == one["run_id"]] for one in (early, run))
        assert float(mine[0]["units_seen"]) < float(its[0]["units_seen"])
        for column in ("units_seen", "tokens_seen", "flops_useful", "bits_per_unit"):
            assert mine[-1][column] == its[0][column]
    arms = {row["arm"].split("/")[0] for row in read(results, "convergence")}
    assert "primary" in arms and "primary-early" not in arms


def test_the_common_rate_is_used_and_what_it_costs_is_told(results: Path) -> None:
    chosen = read(results, "convergence", measure="common_lr")
    assert len(chosen) == 2 * 2
    for row in chosen:
        model = [run for run in runs(results, "primary") if run["model"] == row["model"]]
        assert {float(run["lr"]) for run in model} == {float(row["value"])}
    losses = [float(row["value"]) for row in
              read(results, "convergence", measure="common_over_best_bits")]  # fmt: skip
    assert min(losses) >= 1.0
    for row in read(results, "convergence", measure="best_lr"):
        own = [run for run in runs(results, "primary-best")
               if (run["model"], run["language"]) == (row["model"], row["language"])]  # fmt: skip
        assert {float(run["lr"]) for run in own} <= {float(row["value"])}


def test_every_row_is_of_one_content_of_its_corpus(results: Path) -> None:
    """A row of the sweep once named its corpus without the content: every claim was `mixed`."""
    found: dict[str, set[str]] = {}
    for name in ("tokenization", "costs", "evidence", "training", "convergence"):
        for row in read(results, name):
            corp = parse(row["signature"])["corp"]
            found.setdefault(corp.split("@")[0], set()).add(corp)
    assert found and all(len(contents) == 1 for contents in found.values()), found
    reasons = {row["reason"] or "" for row in read(results, "claims")}
    assert not any(reason.startswith("mixed results") for reason in reasons)


def test_budgets_hold_what_they_equalise(results: Path) -> None:
    for row in runs(results, "iso-token"):
        assert float(row["tokens"]) == pytest.approx(5000, rel=0.2)  # to half a step of 64 units
    for row in runs(results, "iso-flop"):
        assert float(row["flops_useful"]) == pytest.approx(1e9, rel=0.2)


def test_a_restricted_vocabulary_has_the_ids_that_occur(results: Path, tiny: Any) -> None:
    (every,) = {row["vocabulary_size"] for row in runs(results, "bytes")}
    some = {row["language"]: int(row["vocabulary_size"]) for row in runs(results, "published")}
    assert every == "256" and max(some.values()) < 128
    texts = tiny.texts(110)
    for language, size in some.items():
        assert size == len(set("".join(texts[language]).encode()))


def test_the_same_text_in_other_writings_has_the_tokens_it_should(results: Path) -> None:
    rows = {row["language"]: row for row in runs(results, "writings")}
    assert set(rows) == {"en", "en-2byte", "en-3byte", "zh", "zh-pinyin"}
    assert len({row["units"] for row in rows.values()}) == 1
    assert {row["corpus"] for row in rows.values()} == {"tales-rewritten"}
    two, three = (float(rows[one]["bits_per_unit"]) / float(rows[one]["bits_per_byte"])
                  for one in ("en-2byte", "en-3byte"))  # fmt: skip
    plain = float(rows["en"]["bits_per_unit"]) / float(rows["en"]["bits_per_byte"])
    assert plain < two < 2 * plain and three == pytest.approx(3 * plain)


def test_growth_pays_for_all_its_stages(results: Path) -> None:
    stages = read(results, "training", arm="growth")
    assert [row["stage"] for row in sorted(stages, key=lambda row: float(row["flops_useful"]))] == [
        "slots-3", "slots-6", "main",
    ]  # fmt: skip
    (grown,) = runs(results, "growth")
    (scratch,) = [row for row in runs(results, "primary") if row["seed"] == "0"
                  and (row["model"], row["language"]) == (grown["model"], "en")]  # fmt: skip
    assert grown["parameters_body"] == scratch["parameters_body"]
    assert float(grown["units"]) == pytest.approx(float(scratch["units"]), rel=0.1)
    assert 0 < float(grown["flops_useful"]) < float(scratch["flops_useful"])
    measured = {row["measure"] for row in read(results, "convergence", axis="flops")
                if row["arm"].startswith("growth/")}  # fmt: skip
    assert "cost_to_final_bits_ratio" in measured


def test_one_model_on_all_languages_stands_against_the_joint_vocabulary(results: Path) -> None:
    rows = runs(results, "multilingual")
    assert [row["language"] for row in rows] == ["en", "zh"]
    assert len({row["tokens"] for row in rows}) == 1
    against = {row["against"].split("/")[0] for row in read(results, "convergence")
               if row["arm"].startswith("multilingual/")}  # fmt: skip
    assert {"joint", "primary"} <= against


def test_a_pair_of_equal_arms_is_compared(results: Path) -> None:
    (row,) = [row for row in read(results, "convergence", measure="test_bits_ratio")
              if row["arm"].startswith("a-a/")]  # fmt: skip
    assert row["against"].startswith("primary/")
    assert float(row["value"]) == pytest.approx(1.0, abs=0.1)


def test_what_ten_percent_more_would_give_is_a_row_of_every_arm(results: Path) -> None:
    rows = read(results, "convergence", measure="gain_of_10_percent")
    assert {row["arm"].split("/")[0] for row in rows} >= {"primary", "joint", "bytes"}


def test_a_store_of_numbers_alone_goes_on_elsewhere(
    made: Plan, results: Path, put_together: Callable[[Plan, Path], set[str]], tmp_path: Path
) -> None:
    """What `bench export` writes is merged into an empty store: nothing is trained again."""
    kinds = ("training", "floor", "rates")
    export(in_order(made.cells), kinds, Store(results / "store"), tmp_path / "numbers")
    found = merge([tmp_path / "numbers"], Store(tmp_path / "store"))
    assert found.taken and not found.refused
    computed = put_together(made, tmp_path)
    assert computed and not computed & set(kinds)
    for name in ("training", "curves", "convergence", "claims"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (results / f"{name}.csv").read_bytes()


def test_the_line_of_a_finished_run_says_what_it_reached(made: Plan, results: Path) -> None:
    store = Store(results / "store")
    finished = [(cell, done) for cell in made.cells if (done := store.get(cell))]
    said = {cell.label: describe(cell, done) for cell, done in finished if not done.empty}
    bits = {f"{float(row['bits_per_unit']):.2f}" for row in read(results, "training")
            if not row["model"].startswith("floor") and row["bits_per_unit"]}  # fmt: skip
    runs = [line.removeprefix(label) for label, line in said.items() if line != label]
    assert runs
    for line in runs:
        shown = line.removeprefix(": ").removesuffix(" bits/unit").split(", ")
        assert line == ": diverged" or bits.issuperset(shown)
    together = [line for label, line in said.items() if label.startswith("multilingual: tr")]
    assert together and all(line.count(", ") == 1 for line in together)  # one model, two languages
    assert any(label.startswith("floor") and label == line for label, line in said.items())

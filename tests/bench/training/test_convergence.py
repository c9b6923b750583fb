import math
from typing import Any

import numpy as np
import pytest

from bench import convergence, results, schema
from bench.convergence import measures
from bench.convergence.evidence import Evidence, Held
from bench.statistics import training_contrast

Row = dict[str, Any]


def floor(name: str, language: str, split: str, bits: float) -> Row:
    return {"run_id": f"{name}.{language}.{split}", "model": name, "corpus": "c", "arm": "floor",
            "vocabulary": f"v.{language}", "vocabulary_family": "v", "language": language,
            "split": split, "bits_per_unit": bits, "signature": "corp:c@1"}  # fmt: skip


def trained(language: str, bits: float, seed: int = 0, **changes: Any) -> Row:
    return {"run_id": f"run.{language}.{seed}", "model": "small", "corpus": "c", "arm": "primary",
            "stage": "main", "vocabulary": f"v.{language}", "vocabulary_family": "v",
            "language": language, "split": "test", "bits_per_unit": bits, "seed": seed, "lr": 1e-3,
            "status": "ok", "signature": "corp:c@1|split:test", **changes}  # fmt: skip


def curve(language: str, points: list[tuple[float, float]], seed: int = 0, **by: Any) -> list[Row]:
    """(units, bits) annealed points; a token is 10 to a unit, a FLOP 100 to a token."""
    return [
        {"run_id": f"run.{language}.{seed}", "step": i, "annealed": True, "units_seen": units,
         "tokens_seen": 10 * units, "flops_useful": 1000 * units, "bits_per_unit": bits, **by}
        for i, (units, bits) in enumerate(points)
    ]  # fmt: skip


def one(rows: list[Row], **where: Any) -> Row:
    (row,) = [r for r in rows if all(r[key] == value for key, value in where.items())]
    return row


FLOORS = [floor("floor-order0", "en", "validation", 300.0),
          floor("floor-order0", "zh", "validation", 200.0)]  # fmt: skip


def test_a_run_not_below_its_kn5_is_undertrained() -> None:
    floors = [floor("floor-kn5", "en", "test", 108.8), floor("floor-kn5", "zh", "test", 111.4),
              floor("floor-kn5", "en", "validation", 1.0)]  # fmt: skip
    judged = convergence.judge([*floors, trained("en", 108.8), trained("zh", 111.3)])
    assert [row.get("status") for row in judged] == [None, None, None, "undertrained", "ok"]


def test_without_a_floor_there_is_no_status_and_diverged_stays() -> None:
    judged = convergence.judge([trained("en", 1.0), trained("ru", 0.0, status="diverged")])
    assert [row["status"] for row in judged] == [None, "diverged"]


def test_cost_to_target_is_log_linear_between_annealed_points() -> None:
    """H0 = 300, b* = 100: r is 0 at 100 units, 1 at 10,000; r = 0.5 at 1,000."""
    rows = convergence.rows([*FLOORS, trained("en", 0.0)], curve("en", [(100, 300), (10_000, 100)]))
    for axis, scale in (("units", 1), ("tokens", 10), ("flops", 1000)):
        row = one(rows, axis=axis, measure="cost_to_target", target="r=0.5")
        assert row["value"] == pytest.approx(1000 * scale)
        assert row["censored"] is False
    assert one(rows, axis="units", measure="mean_r")["value"] == pytest.approx(0.5)


def test_points_that_are_not_annealed_are_not_read() -> None:
    rough = curve("en", [(500, 90)], annealed=False)
    rows = convergence.rows(
        [*FLOORS, trained("en", 0.0)], curve("en", [(100, 300), (10_000, 100)]) + rough
    )
    assert one(rows, axis="units", target="r=0.5")["value"] == pytest.approx(1000)


def test_early_runs_lead_the_curve_of_their_seed_further_down() -> None:
    """r = 0.5 is met before the run's first point, at which its early run ends."""
    runs = [trained("en", 0.0, seed) for seed in (0, 1)]
    points = [p for seed in (0, 1) for p in curve("en", [(2000, 150), (10_000, 100)], seed)]
    early = [trained("en", 0.0, seed, arm="primary-early", run_id=f"early.{seed}")
             for seed in (0, 1)]  # fmt: skip
    before = [p for seed in (0, 1) for p in
              curve("en", [(100, 300), (2000, 150)], run_id=f"early.{seed}")]  # fmt: skip
    rows = convergence.rows([*FLOORS, *runs, *early], points + before)
    assert {row["arm"] for row in rows} == {"primary/small/c/v"}
    crossed = one(rows, axis="units", measure="cost_to_target", target="r=0.5")
    assert crossed["value"] == pytest.approx(100 * 20 ** (100 / 150))
    assert crossed["n_seeds"] == 2
    lacking = convergence.rows([*FLOORS, *runs, early[0]], points + before)
    assert one(lacking, axis="units", measure="cost_to_target", target="r=0.5")["censored"] is True


def test_a_target_not_reached_is_censored_with_its_bound() -> None:
    """The best run of the language sets b*; a second arm stays at r = 0.75."""
    runs = [trained("en", 0.0), trained("en", 0.0, run_id="other", model="slow")]
    points = curve("en", [(100, 300), (10_000, 100)])
    points += [{**p, "run_id": "other"} for p in curve("en", [(100, 200), (1000, 150)])]
    rows = convergence.rows([*FLOORS, *runs], points)
    slow = [row for row in rows if "/slow/" in row["arm"] and row["measure"] == "cost_to_target"]
    late = one(slow, axis="units", target="r=0.9")
    assert late.get("value") is None and late["censored"] is True
    assert (late["ci_low"], late["ci_high"]) == (pytest.approx(1000), None)
    early = one(slow, axis="units", target="r=0.5")  # met before the first point
    assert early["censored"] is True
    assert (early["ci_low"], early["ci_high"]) == (None, pytest.approx(100))


def test_ratios_are_geometric_means_over_paired_seeds() -> None:
    """zh reaches r = 0.5 at 1,000 and 4,000 units, en at 1,000 both times."""
    runs = [trained(one_, 0.0, seed) for one_ in ("en", "zh") for seed in (0, 1)]
    points = [p for s in (0, 1) for p in curve("en", [(100, 300), (10_000, 100)], s)]
    points += curve("zh", [(100, 200), (10_000, 80)], 0)
    points += curve("zh", [(400, 200), (40_000, 80)], 1)
    rows = convergence.rows([*FLOORS, *runs], points)
    row = one(rows, axis="units", measure="cost_to_target_ratio", target="r=0.5")
    assert row["value"] == pytest.approx(math.sqrt(1 * 4))
    assert (row["reference"], row["n_seeds"]) == ("en", 2)
    equal = one(rows, axis="units", measure="bits_ratio")
    later = 200 - 120 * math.log(10_000 / 400) / math.log(100)
    assert equal["value"] == pytest.approx(math.sqrt(80 / 100 * later / 100))
    assert equal["budget"] == "content"


def test_diverged_runs_and_runs_without_h0_give_no_rows() -> None:
    points = curve("en", [(100, 300), (10_000, 100)])
    assert convergence.rows([*FLOORS, trained("en", 0.0, status="diverged")], points) == []
    assert convergence.rows([trained("en", 0.0)], points) == []


def test_rows_fit_the_schema_and_its_key() -> None:
    runs = [trained("en", 0.0), trained("zh", 0.0)]
    points = curve("en", [(100, 300), (10_000, 100)]) + curve("zh", [(100, 190), (10_000, 80)])
    rows = convergence.rows([*FLOORS, *runs], points)
    table = schema.TABLES["convergence"]
    assert len({tuple(row[name] for name in table.key) for row in rows}) == len(rows)
    assert results.encode_table(rows, table).count("\n") == len(rows) + 1


def test_an_undertrained_arm_says_so_in_its_signature() -> None:
    run = trained("en", 0.0, status="undertrained")
    rows = convergence.rows([*FLOORS, run], curve("en", [(100, 300), (10_000, 100)]))
    assert all("status:undertrained" in row["signature"] for row in rows)


def test_a_curve_is_read_within_its_points_only() -> None:
    """Two seeds at costs of their own; linear in the logarithm."""
    logs = np.log([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]])
    bits = np.array([[30.0, 20.0, 16.0], [30.0, 20.0, 16.0]])
    found = measures.at_log_cost(bits, logs, np.log([10.0, 20.0 * math.sqrt(10)]))
    np.testing.assert_allclose(found, [20.0, 18.0])
    assert np.isnan(measures.at_log_cost(bits, logs, math.log(150.0))).tolist() == [True, False]
    r = (30 - bits) / 14
    np.testing.assert_allclose(measures.log_cost(r, logs, 5 / 14), np.log([1, 2]) + np.log(10) / 2)
    assert np.isnan(measures.log_cost(r, logs, 1.1)).all()


def test_ten_percent_more_of_a_power_law() -> None:
    """b = C^-0.05 loses 0.05 · log 1.1 of itself, to first order."""
    costs = np.array([90.0, 100.0])
    gain = measures.gain_of_a_tenth(costs**-0.05, np.log(costs))
    assert gain == pytest.approx(0.05 * math.log(1.1), rel=0.01)


def test_a_power_law_is_fitted_over_two_decades_or_not_at_all() -> None:
    costs = np.array([1e9, 1e10, 3e10, 1e11])
    found = measures.power_law(80 + 40 * (costs / 1e11) ** -0.3, costs)
    assert found == pytest.approx((80, 40, 0.3), rel=1e-4)
    assert measures.power_law(80 + 40 * (costs / 1e11) ** -0.3, costs ** (1.9 / 2)) is None


def kept(seeds: int = 5) -> tuple[list[Row], list[Row], convergence.Evidence]:
    """Runs of en and zh with the bits of 60 units in 20 documents at two annealed points."""
    rng = np.random.default_rng(1)
    documents = np.repeat(np.arange(20), 3)
    floors = {f"floor-order0.{one}.validation": rng.normal(300, 30, 60) for one in ("en", "zh")}
    training = [{**floor("floor-order0", one, "validation", 0.0),
                 "bits_per_unit": floors[f"floor-order0.{one}.validation"].mean()}
                for one in ("en", "zh")]  # fmt: skip
    curves: list[Row] = []
    runs = {}
    for language in ("en", "zh"):
        for seed in range(seeds):
            units = rng.gamma(4.0, 25.0, 60) * np.array([[2.0], [1.0]])
            runs[f"run.{language}.{seed}"] = Held(documents, units, documents, units[1])
            training.append(trained(language, 0.0, seed))
            points = list(zip((100, 1000), units.mean(1), strict=True))
            curves += curve(language, points, seed)
    return training, curves, convergence.Evidence(runs, floors)


def test_the_error_of_a_ratio_is_that_of_seeds_and_documents() -> None:
    training, curves, evidence = kept()
    rows = convergence.rows(training, curves, "en", evidence)
    final = {language: np.stack([evidence.runs[f"run.{language}.{seed}"].validation[1]
                                 for seed in range(5)], axis=1)
             for language in ("en", "zh")}  # fmt: skip
    expected = training_contrast(final["zh"], final["en"], np.repeat(np.arange(20), 3))
    for where in ({"measure": "bits_ratio", "axis": "units"}, {"measure": "test_bits_ratio"}):
        row = one(rows, **where)
        assert row["value"] == pytest.approx(expected.value)
        assert (row["log_se"], row["df"]) == pytest.approx((expected.log_se, expected.df))
        assert row["ci_low"] < row["value"] < row["ci_high"]
        assert row["ci_method"] == "satterthwaite-t"


@pytest.mark.parametrize(
    ("by", "budget"),
    [({"units_seen": 1005.0}, "content"),
     ({"units_seen": 1500.0, "flops_useful": 2e6}, "token"),
     ({"units_seen": 1500.0, "tokens_seen": 15_000}, "flop"),
     ({"units_seen": 1500.0, "tokens_seen": 15_000, "flops_useful": 2e6}, None)],
)  # fmt: skip
def test_bits_on_test_are_compared_where_both_ended_alike(
    by: dict[str, float], budget: str | None
) -> None:
    """Of one epoch and ten, test bits say nothing: only what ended at one cost is compared."""
    training, curves, evidence = kept()
    longer = [row | by if row["run_id"].startswith("run.zh") and row["step"] else row
              for row in curves]  # fmt: skip
    rows = convergence.rows(training, longer, "en", evidence)
    found = [row["budget"] for row in rows if row["measure"] == "test_bits_ratio"]
    assert found == ([budget] if budget else [])


def test_three_seeds_are_points() -> None:
    rows = convergence.rows(*kept(3)[:2], "en", kept(3)[2])
    assert {row["ci_method"] for row in rows} == {"none"}
    assert one(rows, measure="bits_ratio", axis="units")["value"] > 0


def test_a_seed_that_never_arrives_censors_the_mean() -> None:
    """Four seeds reach r = 0.9, one does not: no mean of those that do, but what it is above."""
    runs = [trained("en", 0.0, seed) for seed in range(5)]
    points = [p for s in range(4) for p in curve("en", [(100, 300), (10_000, 100)], s)]
    points += curve("en", [(100, 300), (10_000, 150)], 4)
    row = one(convergence.rows([*FLOORS, *runs], points), axis="units", target="r=0.9")
    assert row["censored"] is True and row.get("value") is None
    met = 100 * 100**0.9
    assert row["ci_low"] == pytest.approx((met**4 * 10_000) ** (1 / 5)) and row["n_seeds"] == 5
    assert row["ci_high"] is None


def test_a_seed_that_was_there_before_bounds_the_mean_from_above() -> None:
    runs = [trained("en", 0.0, seed) for seed in range(2)]
    points = [*curve("en", [(100, 300), (10_000, 100)], 0), *curve("en", [(200, 150)], 1)]
    points += curve("en", [(10_000, 100)], 1)
    row = one(convergence.rows([*FLOORS, *runs], points), axis="units", target="r=0.5",
              measure="cost_to_target")  # fmt: skip
    assert row["censored"] is True
    assert (row["ci_low"], row["ci_high"]) == (None, pytest.approx((1000 * 200) ** 0.5))


def test_a_cost_to_the_other_s_final_bits_that_is_not_met_has_its_bound() -> None:
    """Seed 0 is there at half the cost, seed 1 never."""
    runs = [trained("en", 0.0, seed) for seed in (0, 1)]
    other = [trained("en", 0.0, seed, arm="growth", run_id=f"g{seed}") for seed in (0, 1)]
    points = [p for s in (0, 1) for p in curve("en", [(100, 300), (10_000, 100)], s)]
    ends = {0: [(100, 300), (5000, 100), (10_000, 90)], 1: [(100, 300), (5000, 120), (10_000, 110)]}
    points += [{**p, "run_id": f"g{s}"} for s in (0, 1) for p in curve("en", ends[s], s)]
    rows = convergence.rows([*FLOORS, *runs, *other], points)
    row = one(rows, axis="flops", measure="cost_to_final_bits_ratio")
    assert row["censored"] is True and row.get("value") is None
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(0.5**0.5), None)


def test_an_arm_of_less_content_is_not_asked_for_the_other_s_final_bits() -> None:
    runs = [trained("en", 0.0), trained("en", 0.0, arm="joint", run_id="short")]
    points = curve("en", [(100, 300), (10_000, 100)])
    points += [{**p, "run_id": "short"} for p in curve("en", [(100, 300), (1000, 200)])]
    measured = {row["measure"] for row in convergence.rows([*FLOORS, *runs], points)
                if row["against"] != "none"}  # fmt: skip
    assert "bits_ratio" in measured and "cost_to_final_bits_ratio" not in measured


@pytest.mark.parametrize(("stage", "marked"), [("slots-36", True), ("slots-72", False)])
def test_a_growth_that_diverged_on_the_way_is_said_from_that_stage_on(
    stage: str, marked: bool
) -> None:
    kept = [trained("en", 0.0, 0, arm="growth", stage=one_, run_id=one_, units=units)
            for one_, units in (("slots-36", 100), ("main", 300))]  # fmt: skip
    lost = trained("en", 0.0, 1, arm="growth", stage=stage, status="diverged", run_id="lost",
                   units=90 if stage == "slots-36" else 150)  # fmt: skip
    points = [{**p, "run_id": one_} for one_ in ("slots-36", "main")
              for p in curve("en", [(100, 300), (10_000, 100)])]  # fmt: skip
    rows = convergence.rows([*FLOORS, *kept, lost], points)
    of_stage = {row["status"] for row in rows if row["arm"].endswith("slots-36")}
    assert of_stage == ({"diverged+ok"} if marked else {"ok"})
    assert {row["status"] for row in rows if row["arm"].endswith("/v")} == {"diverged+ok"}


def test_an_arm_on_a_slice_has_the_best_of_its_own_validation_sample() -> None:
    """A slice is held to fewer validation units: its curve and the whole's have other documents."""
    training, curves, evidence = kept()
    small = np.repeat(np.arange(10), 3)
    held = Held(small, np.array([[200.0] * 30, [100.0] * 30]), small, None)
    sliced = trained("en", 0.0, arm="sliced", run_id="sliced", train_units=7)
    top = {**FLOORS[0], "run_id": "top", "train_units": 7}
    points = [{**p, "run_id": "sliced"} for p in curve("en", [(100, 200), (1000, 100)])]
    evidence = Evidence({**evidence.runs, "sliced": held},
                        {**evidence.floors, "top": np.full(30, 300.0)})  # fmt: skip
    rows = convergence.rows([*training, sliced, top], [*curves, *points], "en", evidence)
    row = one(rows, measure="cost_to_target", target="r=0.8", axis="units", model="small",
              arm="sliced/small/c/v")  # fmt: skip
    assert row["value"] == pytest.approx(100 * 10**0.6)  # r is 0.5 at 100 units and 1 at 1,000


def test_one_diverged_seed_is_said_in_every_row_of_its_arm_and_language() -> None:
    """What is left are survivors: their mean is not that of the arm."""
    runs = [trained(one_, 0.0, seed) for one_ in ("en", "zh") for seed in (0, 1)]
    lost = trained("zh", 0.0, 2, status="diverged", bits_per_unit=None)
    points = [p for s in (0, 1) for p in curve("en", [(100, 300), (10_000, 100)], s)]
    points += [p for s in (0, 1) for p in curve("zh", [(100, 200), (10_000, 80)], s)]
    rows = convergence.rows([*FLOORS, *runs, lost], points)
    assert {row["status"] for row in rows if row["language"] == "zh"} == {"diverged+ok"}
    assert {row["status"] for row in rows if row["language"] == "en"} == {"ok"}


def test_a_contrast_counts_its_pairs_not_the_seeds_of_both_sides() -> None:
    runs = [trained("en", 0.0, seed) for seed in (0, 1, 2)]
    other = [trained("en", 0.0, seed, arm="a-a") for seed in (5, 6, 7)]
    points = [p for s in (0, 1, 2, 5, 6, 7) for p in curve("en", [(100, 300), (10_000, 100)], s)]
    rows = convergence.rows([*FLOORS, *runs, *other], points)
    assert one(rows, axis="units", measure="bits_ratio")["n_seeds"] == 3


def test_h0_is_that_of_the_text_that_a_run_was_trained_on() -> None:
    """A slice of a corpus has an order-0 model of its own, wherever its row stands."""
    sliced = {**floor("floor-order0", "en", "validation", 500.0), "train_units": 7}
    run, points = trained("en", 0.0), curve("en", [(100, 300), (10_000, 100)])
    for floors in ([*FLOORS, sliced], [sliced, *FLOORS]):
        row = one(convergence.rows([*floors, run], points), axis="units", target="r=0.5")
        assert row["value"] == pytest.approx(1000)


def test_a_curve_that_begins_above_a_target_does_not_rise_to_it_later() -> None:
    found = measures.log_cost(np.array([0.82, 0.79, 0.85]), np.log([1.0, 2.0, 4.0]), 0.8)
    assert math.isnan(found)


RATES = [{"model": model, "corpus": "c", "vocabulary_family": "v", "language": language,
          "measure": measure, "value": value}
         for model, language, best in (("small", "en", 1e-3), ("small", "zh", 5e-4),
                                       ("other", "en", 1e-3), ("other", "zh", 1e-3))
         for measure, value in (("common_lr", 1e-3), ("best_lr", best))]  # fmt: skip


def test_at_best_rates_a_run_at_the_common_one_stands_in_where_that_is_the_best() -> None:
    """Chinese of one model has a rate of its own; all else is the primary arm's, told once."""
    runs, points = [], []
    for arm, model, language, bits in (
        ("primary", "small", "en", 100.0), ("primary", "small", "zh", 80.0),
        ("primary-best", "small", "zh", 72.0),
        ("primary", "other", "en", 110.0), ("primary", "other", "zh", 90.0),
    ):  # fmt: skip
        name = f"{arm}.{model}.{language}"
        runs.append(trained(language, 0.0, arm=arm, model=model, run_id=name))
        points += [{**point, "run_id": name}
                   for point in curve(language, [(100, 150), (10_000, bits)])]  # fmt: skip
    alike = convergence.at_common(RATES)
    assert ("small", "c", "v", "zh") not in alike and len(alike) == 3
    rows = convergence.rows([*FLOORS, *runs], points, at_common=alike)
    best = [row for row in rows if row["arm"].startswith("primary-best")
            and (row["measure"], row["axis"]) == ("bits_ratio", "units")]  # fmt: skip
    said = {(row["arm"].split("/")[1], row["language"], row["against"].split("/")[:2][-1]):
            row["value"] for row in best}  # fmt: skip
    assert said == {
        ("small", "zh", "none"): pytest.approx(72 / 100),  # over English, at the common rate
        ("small", "zh", "small"): pytest.approx(72 / 80),
        ("other", "zh", "small"): pytest.approx(90 / 72),
    }
    without = convergence.rows([*FLOORS, *runs], points)
    assert not any(row["arm"].startswith("primary-best/other") for row in without)

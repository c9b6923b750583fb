import math
from typing import Any

import pytest

from bench import convergence, results, schema

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
    assert one(rows, measure="mean_r")["value"] == pytest.approx(0.5)


def test_points_that_are_not_annealed_are_not_read() -> None:
    rough = curve("en", [(500, 90)], annealed=False)
    rows = convergence.rows(
        [*FLOORS, trained("en", 0.0)], curve("en", [(100, 300), (10_000, 100)]) + rough
    )
    assert one(rows, axis="units", target="r=0.5")["value"] == pytest.approx(1000)


def test_a_target_not_reached_is_censored_with_its_bound() -> None:
    """The best run of the language sets b*; a second arm stays at r = 0.75."""
    runs = [trained("en", 0.0), trained("en", 0.0, run_id="other", model="slow")]
    points = curve("en", [(100, 300), (10_000, 100)])
    points += [{**p, "run_id": "other"} for p in curve("en", [(100, 200), (1000, 150)])]
    rows = convergence.rows([*FLOORS, *runs], points)
    slow = [row for row in rows if "/slow/" in row["arm"] and row["measure"] == "cost_to_target"]
    late = one(slow, axis="units", target="r=0.9")
    assert late.get("value") is None and late["censored"] is True
    assert (late["ci_low"], late["ci_high"]) == (1000, None)
    early = one(slow, axis="units", target="r=0.5")  # met before the first point
    assert early["censored"] is True and (early["ci_low"], early["ci_high"]) == (None, 100)


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

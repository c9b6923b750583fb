"""Learning in the report: bits, speed, and arms beside each other."""

import re

from synthetic import convergence, section, training

from bench.report.charts import quality
from bench.report.data import load
from bench.report.document import Missing
from bench.report.number import Number
from bench.report.scope import scope
from bench.report.sections import learning, one_factor, speed


def test_runs_of_a_sweep_are_listed_and_counted_nowhere_else(results):
    rows = training()
    short = {**rows[-1], "arm": "sweep", "run_id": "sweep", "status": "undertrained"}
    held = load(results(training=[*rows, short]))
    assert "sweep" not in {row["arm"] for row in held.runs()}
    assert "sweep" in {row["arm"] for row in held.tested()}


def test_runs_on_a_rewritten_corpus_are_not_drawn_beside_those_of_the_corpus(results):
    """English of the writings arm is the same text in another corpus, with floors of its own."""
    rows = training()
    other = [{**row, "corpus": "libreoffice-help-rewritten", "run_id": f"other-{place}"}
             for place, row in enumerate(rows)]  # fmt: skip
    held = load(results(training=[*rows, *other]))
    drawn = quality.chart(held, scope(held)).rows
    assert len(drawn) == len(quality.chart(load(results()), scope(held)).rows)


def test_bits_of_a_model_are_a_mean_over_the_primary_arm_and_no_lucky_run_of_another(results):
    base = next(row for row in training() if row["run_id"] == "transformer-2m-ru-test")
    arms = [("primary", 100.0), ("primary", 104.0), ("growth", 90.0), ("lower-rate", 91.0)]
    rows = [{**base, "arm": arm, "run_id": f"{arm}-{bits}", "bits_per_unit": bits}
            for arm, bits in arms]  # fmt: skip
    rest = [row for row in training() if row["model"] != base["model"]]
    held = load(results(training=[*rest, *rows]))
    table = learning._bits(held, scope(held))
    (line,) = (row for row in table.rows if str(row[0]) == "`transformer-2m`")
    assert line[3].value == 102.0
    drawn = quality.chart(held, scope(held)).rows
    assert {row["arm"] for row in drawn if row["model"] == base["model"]} == {"primary"}


def test_training_in_a_small_profile_is_called_an_illustration(text):
    for title in ("What a unit of meaning costs", "Learning"):
        assert "is an illustration" in section(text, title)
    assert "floor-kn5" in section(text, "Learning")


def test_speed_is_told_with_ratios_beside_and_what_was_not_reached(text):
    lines = section(text, "Learning").splitlines()
    place = "`primary` | `transformer-2m` | `bpe-4096-per-language`"
    assert f"| {place} | Units to r = 0.8 | – (not compared) | 1,650<br>× 1.100 | 1,500 |" in lines
    (flops,) = (line for line in lines if f"| {place} | FLOPs to r = 0.8 |" in line)
    assert "– (not reached: more than 550 GFLOP)" in flops
    (saved,) = (line for line in lines if "10% more units would save" in line)
    assert saved.endswith("| 0.790 |")
    assert any("`bpe-4096-per-language` | `primary` | Bits per unit" in line and "1.250" in line
               for line in lines)  # fmt: skip
    (rates,) = (line for line in lines if "0.00150" in line)
    assert "0.00100<br>× 1.003" in rates
    assert not any("`sweep`" in line for line in lines if "Run" not in line)


def test_an_undertrained_run_is_marked_and_counted(text):
    learning = section(text, "Learning")
    assert re.search(r"3 of 7 runs, .* not counted, are undertrained", learning)
    assert re.search(r"`tokenformer-2m` \|.*131 \[125, 137\] ⚠", learning)


def test_a_censored_target_is_a_gap_and_not_a_number(text):
    assert "– (not reached: more than 550 GFLOP)" in section(text, "Learning")


def test_a_row_without_a_value_is_not_compared_and_breaks_nothing(results):
    rows = convergence()
    saved = next(row for row in rows if row["measure"] == "gain_of_10_percent")
    held = load(results(convergence=[*rows, saved | {"language": "ru", "value": None}]))
    (table, *_) = speed.tables(held, scope(held))
    (line,) = (row for row in table.rows if "10% more units" in str(row[3]))
    assert [isinstance(cell, Missing) for cell in line[4:]] == [True, True, False]


def test_arms_stand_over_the_primary_one_with_epochs_and_seeds(results):
    rows = convergence()
    flops = next(row for row in rows if row["measure"] == "bits_ratio")
    ratio = flops | {"axis": "units", "value": 1.031, "n_seeds": 3}
    stage = ratio | {"arm": ratio["arm"].replace("bytes", "growth") + "/slots-36"}
    elsewhere = ratio | {"against": ratio["against"].replace("primary", "joint")}
    runs = [row | {"run_id": row["run_id"] + "-b", "arm": "bytes", "epochs": 1.4}
            for row in training() if row["language"] == "ru"]  # fmt: skip
    held = load(results(convergence=[*rows, ratio, stage, elsewhere], training=training() + runs))
    table, _ = one_factor.tables(held, scope(held))
    (line,) = table.rows
    assert [str(cell) for cell in line[3:6]] == ["`transformer-2m`", "1.4", "3"]
    zh, ru, en = line[6:]
    assert isinstance(ru, Number) and ru.value == 1.031
    assert isinstance(zh, Missing) and isinstance(en, Missing)


def test_a_text_that_no_language_writes_so_has_a_table_of_its_own(results):
    rows = convergence()
    flops = next(row for row in rows if row["measure"] == "bits_ratio")
    arm = flops["arm"].replace("bytes", "writings")
    written = flops | {"arm": arm, "against": "none", "reference": "en", "language": "en-2byte"}
    held = load(results(convergence=[*rows, written]))
    _, table = one_factor.tables(held, scope(held))
    (line,) = table.rows
    assert str(line[3]) == "English in letters of two bytes"
    content, compute, test = line[4:]
    assert isinstance(compute, Number) and compute.value == 1.25
    assert isinstance(content, Missing) and isinstance(test, Missing)

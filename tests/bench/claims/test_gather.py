from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bench.claims.gather import density, gathered, sizes
from bench.measured import Measured
from bench.store import Finished
from bench.tokenization import TokenStatistics, VocabularyFacts
from bench.training.result import RunResult
from bench.training.result import test_bits as bits_of
from bench.training.rows import run_id

LANGUAGES, UNITS = ("en", "zh"), 120
INTERIOR = {100: (10, 10), 200: (7, 7), 400: (5, 5)}  # tokens a unit; V* is 200, see test_sizes


@pytest.fixture
def measured(tmp_path):
    """Make a tokenization of one-unit documents, as its finished cells would hold it."""

    def make(
        family="bpe-200-own", tokens=(7, 7), split="test", unknown=0, mode="unit", units=UNITS
    ):
        params = {"split": split, "mode": mode, "family": family}
        one = Measured(Finished(tmp_path, {}), Finished(tmp_path, {"params": params}))
        part = SimpleNamespace(n_units=units, documents=lambda: np.arange(units))
        whole = SimpleNamespace(name="help", content_hash="1a" * 32, select=lambda _: part)
        vars(one).update(whole=whole, statistics=statistics(family, tokens, unknown, units))
        return one

    return make


def statistics(family, tokens, unknown, units):
    facts = VocabularyFacts(family, "bpe", "9f" * 32, 200, None, np.ones(1, np.int32),
                            np.zeros(1, bool), np.zeros(1, bool))  # fmt: skip
    counts = np.tile(np.array(tokens), (units, 1))
    return TokenStatistics(
        family, "unit", LANGUAGES, counts, np.full_like(counts, unknown),
        np.ones_like(counts, bool), (np.ones(1, int),) * 2, (facts, facts),
    )  # fmt: skip


def trained(seed=0, arm="primary", family="bpe-200-own", units=UNITS):
    """A run that spends 70 bits a unit on English and 35 on Chinese."""
    spec = {"model": "tiny", "arm": arm, "seed": seed, "languages": list(LANGUAGES), "stages": []}
    about = {"corpus": "help", "family": family, "spec": spec,
             "vocabularies": {one: {"size": 200} for one in LANGUAGES}}  # fmt: skip
    bits = {bits_of("main", "en"): np.full(units, 70.0),
            bits_of("main", "zh"): np.full(units, 35.0)}  # fmt: skip
    return RunResult(about, "ok", (), (), {"documents": np.arange(units), **bits})


def judged(*runs, status="ok"):
    return [{"run_id": run_id(run, "main", one), "status": status}
            for run in runs for one in LANGUAGES]  # fmt: skip


def beside(tmp_path, *runs):
    return [(Finished(tmp_path, {}), run) for run in runs]


def test_a_series_of_sizes_gives_one_row_a_language_and_a_ratio(measured, shape):
    known = [measured(f"bpe-{size}-own", tokens) for size, tokens in INTERIOR.items()]
    rows = sizes([*known, measured("gpt2", (1, 1))], [shape()], "en")
    said = [(row["statistic"], row["language"], row["value"]) for row in rows]
    assert said == [
        ("vocabulary_needed", "en", 200.0),
        ("vocabulary_needed", "zh", 200.0),
        ("vocabulary_needed_ratio", "zh", 1.0),
    ]
    assert {row["vocabulary_family"] for row in rows} == {"bpe-*-own"}
    assert all(row["status"] == "ok" and row["comparable"] for row in rows)
    assert all("sizes:100+200+400" in row["signature"] for row in rows)


def test_rows_of_too_few_units_say_so(measured, shape, tmp_path):
    few = [measured(f"bpe-{size}-own", one, units=40) for size, one in INTERIOR.items()]
    runs = [trained(seed, units=40) for seed in range(5)]
    rows = sizes(few, [shape()], "en") + list(
        density([measured(units=40)], beside(tmp_path, *runs), judged(*runs))
    )
    assert {row["statistic"] for row in rows} >= {"vocabulary_needed", "bits_per_token_ratio"}
    assert {row["status"].split(":")[0] for row in rows} == {"40 units"}


def test_text_encoded_in_one_piece_is_not_mixed_with_units_alone(measured, shape):
    units = [measured(f"bpe-{size}-own", tokens) for size, tokens in INTERIOR.items()]
    joined = [measured(f"bpe-{size}-own", (1, 9), mode="joined") for size in INTERIOR]
    for known in ([*units, *joined], [*joined, *units]):
        assert gathered(known, [], [], [shape()], "en") == sizes(units, [shape()], "en")
    assert not gathered([*units[:2], joined[2]], [], [], [shape()], "en")


def test_missing_sizes_or_shapes_give_no_row(measured, shape):
    two = [measured(f"bpe-{size}-own", INTERIOR[size]) for size in (100, 200)]
    assert not sizes(two, [shape()], "en")
    assert not sizes([*two, measured("unigram-400-own", (5, 5))], [shape()], "en")
    assert not sizes([*two, measured("bpe-400-own", (5, 5), split="all")], [shape()], "en")
    assert not sizes([*two, measured("bpe-400-own", (5, 5))], [], "en")


def test_the_largest_size_and_a_gated_member_are_said(measured, shape):
    tokens = {**INTERIOR, 400: (5, 1)}
    known = [measured(f"bpe-{size}-own", one, unknown=size == 100) for size, one in tokens.items()]
    rows = [row for row in sizes(known, [shape()], "en") if row["language"] == "zh"]
    assert {row["status"] for row in rows} == {
        "not identified: V* of zh is the largest size trained, 400"
    }
    assert not any(row["comparable"] for row in rows)


def test_bits_per_token_of_an_arm_by_hand(measured, tmp_path):
    """English 70 bits in 7 tokens, Chinese 35 in 7."""
    runs = [trained(seed) for seed in range(5)]
    rows = density([measured()], beside(tmp_path, *runs), judged(*runs))
    found = {row["language"]: row for row in rows}
    assert found["zh"]["value"] == pytest.approx(0.5)
    assert found["en"]["value"] == pytest.approx(2.0)
    assert all(row["n_seeds"] == 5 and row["status"] == "ok" for row in rows)
    assert all(row["ci_method"] == "satterthwaite-t" for row in rows)
    assert found["zh"]["variant"] == "primary" and found["zh"]["reference"] == "en"


def test_one_seed_has_no_interval(measured, tmp_path):
    rows = density([measured()], beside(tmp_path, trained()), judged(trained()))
    assert [row["ci_method"] for row in rows] == ["none", "none"]
    assert not any(row.get("log_se") for row in rows)


def test_a_run_that_nobody_judged_or_that_is_undertrained_is_marked(measured, tmp_path):
    runs = beside(tmp_path, trained())
    (one, _) = density([measured()], runs, [])
    assert one["status"].startswith("unjudged")
    (one, _) = density([measured()], runs, judged(trained(), status="undertrained"))
    assert one["status"] == "undertrained"


def test_what_its_tokens_do_not_belong_to_gives_no_row(measured, tmp_path):
    """A sweep, another family, another split, other units: none is a density of these tokens."""
    assert not density([measured()], beside(tmp_path, trained(arm="sweep")), [])
    assert not density([measured("gpt2")], beside(tmp_path, trained()), [])
    assert not density([measured(split="all")], beside(tmp_path, trained()), [])
    assert not density([measured()], beside(tmp_path, trained(units=11)), [])


def test_both_statistics_come_together(measured, shape, tmp_path):
    known = [measured(f"bpe-{size}-own", tokens) for size, tokens in INTERIOR.items()]
    rows = gathered(iter(known), beside(tmp_path, trained()), judged(trained()), [shape()], "en")
    assert [row["statistic"] for row in rows].count("bits_per_token_ratio") == 2
    assert len(rows) == 5


def test_a_diverged_run_is_said_in_what_is_left_of_its_arm(measured, tmp_path):
    runs = [trained(seed) for seed in range(6)]
    said = judged(*runs[:5]) + judged(runs[5], status="diverged")
    rows = density([measured()], beside(tmp_path, *runs), said)
    assert {(row["n_seeds"], row["status"]) for row in rows} == {(5, "diverged")}


def test_a_growth_that_diverged_on_the_way_is_said_too(measured, tmp_path):
    """It has no row of the last stage, by which the others are judged."""
    runs = [trained(seed) for seed in range(6)]
    lost = replace(runs[5], status="diverged")
    rows = density([measured()], beside(tmp_path, *runs[:5], lost), judged(*runs[:5]))
    assert {(row["n_seeds"], row["status"]) for row in rows} == {(5, "diverged")}


def test_at_best_rates_a_language_at_the_common_one_lends_its_primary_runs(measured, tmp_path):
    runs = [trained(seed) for seed in range(5)]
    own = [trained(seed, arm="primary-best") for seed in range(5)]
    for run in own:
        run.about["spec"]["languages"] = ["zh"]
    said = judged(*runs) + [row for row in judged(*own) if ".zh." in row["run_id"]]
    at_common = {("tiny", "help", "bpe-200-own", "en")}
    rows = density([measured()], beside(tmp_path, *runs, *own), said, at_common)
    found = [(row["variant"], row["language"]) for row in rows]
    assert sorted(found) == [("primary", "en"), ("primary", "zh"), ("primary-best", "en"),
                             ("primary-best", "zh")]  # fmt: skip
    alone = density([measured()], beside(tmp_path, *runs), judged(*runs),
                    {*at_common, ("tiny", "help", "bpe-200-own", "zh")})  # fmt: skip
    assert {row["variant"] for row in alone} == {"primary"}

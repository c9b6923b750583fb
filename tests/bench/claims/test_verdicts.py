import math

import pytest
from scipy import stats

from bench.claims.table import claim_rows, overall, summaries

ZH = {"statistic": "token_premium", "language": "zh"}
RU = {"statistic": "token_premium", "language": "ru"}
REACH = {"statistic": "cost_to_target_ratio", "language": "zh", "context": "units",
         "target": "r=0.8", "arm": "primary/*", "below": 1}  # fmt: skip
TEST_DF = 41 / 2 + 2  # of the evidence, whose K_eff is 41


def only(rows):
    (row,) = rows
    return row


def test_p_values_are_those_of_t_on_the_log_ratio(evidence, claim):
    row = only(claim_rows([claim()], [evidence(value=0.68, log_se=0.02)], []))
    t = (math.log(0.68) - math.log(0.7)) / 0.02
    assert row["p_support"] == pytest.approx(stats.t.cdf(t, TEST_DF), rel=1e-6)
    assert row["p_refute"] == pytest.approx(stats.t.cdf(-t, TEST_DF), rel=1e-6)
    assert row["verdict"] == "inconclusive" and row["ci_level"] == pytest.approx(0.90)


@pytest.mark.parametrize(
    ("bound", "value", "verdict"),
    [
        ({"below": 1}, 0.9, "supported"), ({"below": 1}, 1.1, "refuted"),
        ({"above": 1}, 1.1, "supported"), ({"above": 1}, 0.9, "refuted"),
        ({"at_most": 0.7}, 0.5, "supported"), ({"at_least": 2}, 1.5, "refuted"),
        ({"equal_within": 1.05}, 1.01, "supported"), ({"equal_within": 1.05}, 1.2, "refuted"),
        ({"equal_within": 1.05}, 0.8, "refuted"), ({"within": [1.0, 2.0]}, 1.5, "supported"),
        ({"within": [1.0, 2.0]}, 2.5, "refuted"),
    ],
)  # fmt: skip
def test_every_kind_of_bound(evidence, claim, bound, value, verdict):
    row = only(claim_rows([claim({**ZH, **bound})], [evidence(value=value)], []))
    assert row["verdict"] == verdict


def test_the_interval_excludes_the_bound_exactly_where_there_is_a_verdict(evidence, claim):
    for value in (0.66, 0.675, 0.685, 0.69, 0.71, 0.72, 0.74):
        row = only(claim_rows([claim()], [evidence(value=value, log_se=0.02)], []))
        inside = row["ci_low"] < 0.7 < row["ci_high"]
        assert inside == (row["verdict"] == "inconclusive")


def test_a_conjunction_holds_if_all_parts_do_and_fails_if_one_does(evidence, claim):
    both = claim({**ZH, "below": 1}, {**RU, "below": 1})
    near = {"log_se": 0.1}

    def found(zh, ru, **more):
        rows = [evidence(value=zh, **more), evidence(value=ru, language="ru", **near)]
        return only(claim_rows([both], rows, []))

    assert found(0.5, 0.6)["verdict"] == "supported"
    row = found(0.5, 1.5)
    assert row["verdict"] == "refuted" and row["statistic"] == "token_premium ru/en"
    p = stats.t.cdf(-math.log(1.5) / 0.1, TEST_DF)
    assert row["p_refute"] == pytest.approx(2 * p, rel=1e-6)  # one of two parts
    assert found(0.5, 0.9)["verdict"] == "inconclusive"


def test_holm_within_a_family_and_not_across(evidence, claim):
    rows = [evidence(value=0.66, log_se=0.025)]
    alone = only(claim_rows([claim()], rows, []))
    same = claim_rows([claim(name="a"), claim(name="b")], rows, [])
    apart = claim_rows([claim(name="a"), claim(name="b", family="g")], rows, [])
    assert alone["p_support"] == pytest.approx(apart[0]["p_support"])
    assert same[0]["p_support"] == pytest.approx(2 * alone["p_support"])
    assert same[0]["ci_level"] == pytest.approx(0.95) and alone["ci_level"] == pytest.approx(0.9)


def test_a_gated_vocabulary_never_counts(evidence, claim):
    rows = [evidence(value=0.2, comparable=False)]
    row = only(claim_rows([claim()], rows, []))
    assert row["verdict"] == "inconclusive" and "gated" in row["reason"]
    assert row["p_support"] is None and row["value"] == 0.2
    # nor does it weigh on the others of its family
    more = claim_rows([claim(), claim(name="d")], [evidence(value=0.66, log_se=0.025)], [])
    gated = claim({**RU, "below": 1}, name="e")
    again = claim_rows(
        [claim(), claim(name="d"), gated],
        [evidence(value=0.66, log_se=0.025), evidence(language="ru", comparable=False)], [],
    )  # fmt: skip
    assert [row["p_support"] for row in again[:2]] == [row["p_support"] for row in more]


@pytest.mark.parametrize("status", ["undertrained", "ok+undertrained", "diverged", "unjudged"])
def test_runs_that_have_not_learned_never_count(contrast, claim, status):
    row = only(claim_rows([claim(REACH)], [], [contrast(value=0.5, status=status)]))
    assert row["verdict"] == "inconclusive"
    assert status.split("+")[-1] in row["reason"] and row["p_support"] is None


def test_fewer_than_five_seeds_are_no_test_and_the_reason_says_how_many_more(contrast, claim):
    row = only(claim_rows([claim(REACH)], [], [contrast(log_se=None, df=None, n_seeds=2)]))
    assert row["verdict"] == "inconclusive" and row["ci_low"] is None
    assert "2 of the 5 seeds" in row["reason"] and "3 more" in row["reason"]


def test_a_verdict_that_depends_on_the_learning_rate_is_none(contrast, claim):
    rows = [contrast(value=0.5), contrast(value=0.99, arm="primary-best")]
    row = only(claim_rows([claim(REACH)], [], rows))
    assert row["verdict"] == "inconclusive" and "learning rate" in row["reason"]
    rows = [contrast(value=0.5), contrast(value=0.6, arm="primary-best")]
    assert only(claim_rows([claim(REACH)], [], rows))["verdict"] == "supported"
    rows = [contrast(value=0.5), contrast(value=1.6, arm="primary-best")]
    assert only(claim_rows([claim(REACH)], [], rows))["verdict"] == "inconclusive"


def rates(contrast, language="zh", best=0.001):
    """What a sweep found: 0.0015 for all, and the best of a language."""
    shared = {"arm": "sweep", "language": language, "reference": None, "target": "none",
              "log_se": None, "df": None, "n_seeds": 1}  # fmt: skip
    return [contrast("common_lr", 0.0015, **shared), contrast("best_lr", best, **shared)]


def test_without_its_runs_at_the_best_rate_a_contrast_has_no_verdict(contrast, claim):
    row = only(claim_rows([claim(REACH)], [], [contrast(value=0.5), *rates(contrast)]))
    assert row["verdict"] == "inconclusive" and row["p_support"] is None
    assert "missing: cost_to_target_ratio of arm primary-best/tokenformer-2m" in row["reason"]
    for same in (rates(contrast, best=0.0015), rates(contrast, language="ru")):
        rows = claim_rows([claim(REACH)], [], [contrast(value=0.5), *same])
        assert only(rows)["verdict"] == "supported"


def test_too_few_seeds_at_the_best_rate_are_said(contrast, claim):
    few = contrast(value=0.5, arm="primary-best", n_seeds=1, log_se=None, df=None)
    row = only(claim_rows([claim(REACH)], [], [contrast(value=0.5), few]))
    assert row["reason"].startswith("at each language's best rate: 1 of the 5 seeds")


def test_a_case_without_one_of_its_parts_may_fail_and_cannot_hold(evidence, claim):
    both = claim({**ZH, "below": 1}, {**RU, "below": 1})
    row = only(claim_rows([both], [evidence(value=1.5)], []))
    p = stats.t.cdf(-math.log(1.5) / 0.01, TEST_DF)
    assert row["verdict"] == "refuted" and row["p_refute"] == pytest.approx(2 * p, rel=1e-6)
    row = only(claim_rows([both], [evidence(value=0.5)], []))
    assert row["verdict"] == "inconclusive" and row["reason"] == "missing: token_premium ru"


def test_a_case_with_a_part_that_has_no_error_may_fail_and_cannot_hold(contrast, claim):
    both = claim(*({**REACH, "language": language} for language in ("zh", "ru")))
    few = contrast(value=0.1, language="ru", log_se=None, df=None, n_seeds=3)
    row = only(claim_rows([both], [], [contrast(value=1.5), few]))
    assert row["verdict"] == "refuted" and row["value"] == 1.5
    row = only(claim_rows([both], [], [contrast(value=0.5), few]))
    assert row["verdict"] == "inconclusive" and "3 of the 5 seeds" in row["reason"]


def test_the_interval_beside_a_range_that_does_not_hold_is_of_the_test_that_it_fails(
    evidence, claim
):
    """Outside is two one-sided tests, each at half the level."""
    wanted = claim({**ZH, "equal_within": 1.05})
    for value in (1.055, 1.065, 1.07, 1.075, 1.08, 1.1):
        row = only(claim_rows([wanted], [evidence(value=value)], []))
        assert row["ci_level"] == pytest.approx(0.95)
        assert (row["ci_low"] > 1.05) == (row["verdict"] == "refuted")


def test_an_undertrained_best_rate_forbids_it_too(contrast, claim):
    rows = [contrast(value=0.5), contrast(value=0.5, arm="primary-best", status="undertrained")]
    assert "undertrained" in only(claim_rows([claim(REACH)], [], rows))["reason"]


def test_what_is_missing_is_named(evidence, claim):
    row = only(claim_rows([claim(REACH)], [evidence()], []))
    assert row["verdict"] == "inconclusive" and row["corpus"] == "none"
    assert "missing: cost_to_target_ratio zh" in row["reason"] and "target r=0.8" in row["reason"]
    both = claim({**ZH, "below": 1}, {**RU, "below": 1})
    row = only(claim_rows([both], [evidence(value=0.5)], []))
    assert row["reason"] == "missing: token_premium ru"


@pytest.mark.parametrize(("old", "new", "key"), [("1a2b3c4d", "99999999", "corp"),
                                                 ("v:0.1.0", "v:0.0.9", "v"),
                                                 ("mode:unit", "mode:joined", "mode")])  # fmt: skip
def test_mixed_results_are_named_and_pass_no_verdict(evidence, claim, old, new, key):
    signed = "corp:help@1a2b3c4d|split:test|mode:unit|v:0.1.0"
    other = evidence(vocabulary_family="other", value=0.5, signature=signed.replace(old, new))
    rows = claim_rows([claim()], [evidence(value=0.5, signature=signed), other], [])
    assert {row["verdict"] for row in rows} == {"inconclusive"}
    assert all(row["reason"].startswith(f"mixed results: {key} is ") for row in rows)


def test_too_few_documents_are_said(evidence, claim):
    row = only(claim_rows([claim()], [evidence(log_se=None, df=None, k_eff=3.1)], []))
    assert "K_eff 3.1" in row["reason"]


@pytest.mark.parametrize("damage", [{"df": 0.0}, {"k_eff": 0.0}, {"log_se": -1.0},
                                    {"value": None}, {"value": 0.0}, {"q0001": 0.0}])  # fmt: skip
def test_an_error_that_cannot_be_one_is_none(evidence, claim, damage):
    """As a hand may leave it in a file; a bootstrap of many zeros has a quantile of zero."""
    row = evidence()
    if "q0001" in damage:
        row |= {name: 0.6 for name in row if name.startswith("q") and name[1:].isdigit()}
        row["log_se"] = None
        damage = {min(name for name in row if name.startswith("q0")): 0.0}
    found = only(claim_rows([claim()], [row | damage], []))
    assert found["verdict"] == "inconclusive" and found["ci_low"] is None and found["reason"]


def test_squares_in_too_few_documents_are_said(evidence, claim):
    wanted = claim({"statistic": "attention_flops_ratio", "language": "zh", "below": 1})
    how = {"statistic": "attention_flops_ratio", "context": "document", "value": 0.1}
    row = only(claim_rows([wanted], [evidence(k_eff=552.0, k_weight=28.6, **how)], []))
    assert row["verdict"] == "inconclusive" and row["ci_low"] is None
    assert "28.6 documents" in row["reason"]


def test_primary_endpoints_are_a_family_of_their_own(evidence, claim):
    primary = {"primary": ({"corpus": "help", "vocabulary": "bpe"},)}
    made = claim(**primary)
    rows = [evidence(value=0.66, log_se=0.025)]
    rows += [evidence(value=0.66, log_se=0.025, vocabulary_family=f"v{n}") for n in range(5)]
    found = {row["vocabulary"]: row for row in claim_rows([made], rows, [])}
    assert found["bpe"]["endpoint"] == "primary" and found["v0"]["endpoint"] == "secondary"
    assert found["bpe"]["p_support"] == pytest.approx(found["v0"]["p_support"])


def test_a_quotient_adds_the_errors(contrast, claim):
    cost = {"measure": "cost_to_target", "reference": None, "axis": "flops"}
    rows = [
        contrast(value=3.0, arm="glyphs", language="ru", **cost, log_se=0.01, df=4.0),
        contrast(value=3.0, arm="primary", language="zh", **cost, log_se=0.015, df=6.0),
    ]
    below = {"statistic": "cost_to_target", "language": "zh", "arm": "primary/*"}
    part = {"statistic": "cost_to_target", "language": "ru", "arm": "glyphs/*"}
    part |= {"over": below, "equal_within": 1.05}
    row = only(claim_rows([claim(part)], [], rows))
    p = stats.t.sf(math.log(1.05) / 0.025, 4)
    assert row["value"] == 1.0 and row["p_support"] == pytest.approx(p, rel=1e-6)
    missing = only(claim_rows([claim(part)], [], rows[:1]))
    assert "missing: cost_to_target zh (arm primary/*)" in missing["reason"]


def test_only_the_largest_of_several_sizes(evidence, claim):
    part = {**ZH, "equal_within": 1.05}
    rows = [evidence(value=1.0, vocabulary_family=f"bpe-{n}-joint-content") for n in (1024, 4096)]
    found = only(claim_rows([claim(part, largest=True)], rows, []))
    assert found["vocabulary"] == "bpe-4096-joint-content"
    alone = only(claim_rows([claim(part, largest=True)], rows[:1], []))
    assert "differ in their size" in alone["reason"] or "missing" in alone["reason"]


def test_a_summary_says_in_how_many_and_which(evidence, claim):
    rows = [
        evidence(value=0.5), evidence(value=1.5, vocabulary_family="old"),
        evidence(value=0.7, vocabulary_family="edge"),
    ]  # fmt: skip
    summary = summaries(claim_rows([claim()], rows, []))[0]
    assert summary.overall == "depends" and summary.tested == 2
    assert summary.where["supported"] == ("bpe on help",)
    assert summary.where["refuted"] == ("old on help",)
    assert overall(["refuted", "inconclusive"]) == "refuted"


def test_a_claim_without_a_test_has_a_value_and_no_verdict(evidence, claim):
    row = only(claim_rows([claim(untested="cannot be measured here")], [evidence(value=0.5)], []))
    assert row["reason"] == "cannot be measured here" and row["value"] == 0.5
    assert row["p_support"] is None

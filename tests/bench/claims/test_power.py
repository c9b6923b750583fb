"""What is said to settle a verdict does: the same value with so much more data has one."""

import math
import re

import pytest

from bench.claims.facts import facts
from bench.claims.power import shares
from bench.claims.table import claim_rows
from bench.schema import QUANTILES
from bench.statistics import seed_contrast

ZH = {"statistic": "token_premium", "language": "zh", "at_most": 0.7}


def test_as_many_documents_as_said_give_a_verdict(evidence, claim):
    row = claim_rows([claim(ZH)], [evidence(value=0.69, log_se=0.02)], [])[0]
    factor = float(re.search(r"about ([\d.]+) times the documents", row["reason"])[1])
    # power 0.8 at level 0.05: (1.645 + 0.842)² (0.02 / log(0.7/0.69))²
    assert factor == pytest.approx((2.4865 * 0.02 / math.log(0.7 / 0.69)) ** 2, abs=0.06)
    larger = evidence(value=0.69, log_se=0.02 / math.sqrt(factor), df=1000.0)
    assert claim_rows([claim(ZH)], [larger], [])[0]["verdict"] == "supported"


def test_a_value_at_its_bound_is_not_settled_by_data(evidence, claim):
    row = claim_rows([claim(ZH)], [evidence(value=0.69999, log_se=0.02)], [])[0]
    assert "stands at the bound" in row["reason"]


def test_as_many_documents_as_said_refute_a_range_on_the_side_of_the_value(evidence, claim):
    """Two tests, each at half the level: (1.960 + 0.842)² (0.01 / log(1.06/1.05))²."""
    part = {"statistic": "token_premium", "language": "zh", "equal_within": 1.05}
    row = claim_rows([claim(part)], [evidence(value=1.06)], [])[0]
    factor = float(re.search(r"about ([\d.]+) times the documents", row["reason"])[1])
    assert factor == pytest.approx((2.8016 * 0.01 / math.log(1.06 / 1.05)) ** 2, abs=0.06)


def test_no_sample_size_is_computed_for_a_best_size(evidence, claim):
    part = {"statistic": "vocabulary_needed_ratio", "language": "zh", "at_least": 2}
    sizes = {f"q{p:04d}": 1.0 + (p > 3000) for p in QUANTILES}
    row = evidence("vocabulary_needed_ratio", 2.0, log_se=None, df=None, k_eff=80.0, **sizes)
    assert "a best size jumps" in claim_rows([claim(part)], [row], [])[0]["reason"]


def test_an_error_is_taken_apart_as_it_was_put_together(contrast):
    logs = [0.10, 0.14, 0.05, 0.21, 0.02]
    for of_documents in (0.005, 0.02, 0.06):
        made = seed_contrast(logs, of_documents, k_eff=41.0)
        row = contrast(log_se=made.log_se, df=made.df, k_eff=41.0)
        found = shares(facts([], [row])[0])
        assert found.seeds + found.documents == pytest.approx(made.log_se**2)
        if found.seeds > 0.2 * made.log_se**2:
            assert math.sqrt(found.documents) == pytest.approx(of_documents, rel=1e-6)


def test_seeds_are_asked_for_where_seeds_are_what_is_uncertain(contrast, claim):
    part = {"statistic": "cost_to_target_ratio", "language": "zh", "below": 1}
    made = seed_contrast([-0.10, 0.04, -0.05, -0.11, 0.02], 0.004, k_eff=200.0)
    row = contrast(value=made.value, log_se=made.log_se, df=made.df, k_eff=200.0)
    reason = claim_rows([claim(part)], [], [row])[0]["reason"]
    seeds = int(re.search(r"about (\d+) seeds would settle it, not 5", reason)[1])
    assert 6 <= seeds <= 50


def test_documents_are_asked_for_where_no_seed_helps(contrast, claim):
    part = {"statistic": "cost_to_target_ratio", "language": "zh", "below": 1}
    made = seed_contrast([-0.0201, -0.0199, -0.02, -0.0202, -0.0198], 0.03, k_eff=41.0)
    row = contrast(value=made.value, log_se=made.log_se, df=made.df)
    assert "seeds alone would not" in claim_rows([claim(part)], [], [row])[0]["reason"]

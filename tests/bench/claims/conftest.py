import math

import pytest

from bench.claims.definition import Case, Claim, Part
from bench.costs.shape import Shape
from bench.schema import TABLES

SIGNED = "corp:{}@1a2b3c4d|split:test|n:1000|v:0.1.0"


@pytest.fixture
def evidence():
    """Make a row of evidence.csv with every column; a t estimate unless quantiles are given."""

    def make(statistic="token_premium", value=1.2, log_se=0.01, **more):
        row = dict.fromkeys(TABLES["evidence"].names)
        row |= {
            "statistic": statistic, "corpus": "help", "split": "test", "vocabulary_family": "bpe",
            "model": "none", "context": "none", "language": "zh", "reference": "en",
            "variant": "default", "value": value, "log_se": log_se, "df": 40.0, "k_eff": 41.0,
            "n_units": 1000, "n_documents": 60, "comparable": True, "status": "ok",
        }  # fmt: skip
        row |= more
        return {**row, "signature": row["signature"] or SIGNED.format(row["corpus"])}

    return make


@pytest.fixture
def contrast():
    """Make a row of convergence.csv with every column: five seeds, an interval."""

    def make(measure="cost_to_target_ratio", value=1.2, log_se=0.02, arm="primary", **more):
        row = dict.fromkeys(TABLES["convergence"].names)
        row |= {
            "arm": f"{arm}/tokenformer-2m/help/bpe", "language": "zh", "reference": "en",
            "axis": "units", "budget": "content", "measure": measure, "target": "r=0.8",
            "value": value, "log_se": log_se, "df": 5.0, "censored": False, "n_seeds": 5,
            "k_eff": 41.0, "against": "none", "corpus": "help", "vocabulary_family": "bpe",
            "model": "tokenformer-2m", "status": "ok", "signature": SIGNED.format("help"),
        }  # fmt: skip
        return row | more

    return make


@pytest.fixture
def claim():
    """Make a claim of one case from the keys of its parts."""

    def make(*parts, name="c", family="f", **more):
        parts = parts or ({"statistic": "token_premium", "language": "zh", "at_most": 0.7},)
        case = Case(parts=tuple(Part(**part) for part in parts))
        return Claim(id=name, words="words", family=family, cases=(case,), **more)

    return make


@pytest.fixture
def close():
    """Whether two numbers are the same to within a relative error."""
    return lambda a, b, rel=1e-9: math.isclose(a, b, rel_tol=rel)


@pytest.fixture
def shape():
    """A model small enough for a hand: 64 weights of projections, 64 of feed-forward."""

    def make(context=64, vocabulary=10, name="tiny"):
        return Shape(name, "transformer", layers=1, width=4, heads=1, kv_heads=1, head_width=4,
                     vocabulary=vocabulary, context=context, feed_forward=8)  # fmt: skip

    return make

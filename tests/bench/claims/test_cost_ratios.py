"""By hand, with the shape of conftest: attention costs 8·(T + X), a pass (264 + 8·V)·T + 8·X."""

import numpy as np
import pytest

from bench.claims.cost_ratios import cost_ratios
from bench.costs.contexts import lengths

TOKENS = [[1, 2], [3, 4]]  # en, zh: T 2 and 3 a unit; X 5 and 10, as one document 8 and 18


def found(shapes, tokens=TOKENS, reference="en", sizes=(10, 20), order="natural", documents=None):
    documents = np.zeros(len(tokens), int) if documents is None else documents
    of = lengths(tokens, ["en", "zh"], reference, documents, order)
    rows = cost_ratios(of, shapes, sizes)
    return {(ratio.statistic, ratio.context): estimate for ratio, estimate in rows}


@pytest.mark.parametrize(
    ("statistic", "context", "value"),
    [
        ("attention_flops_ratio", "unit", 13 / 7),
        ("attention_flops_ratio", "document", 21 / 10),
        ("attention_flops_ratio", "window", 3 / 2),
        ("attention_flops_ratio", "window_equal_content", 291 / 130),
        ("attention_over_squared_premium", "unit", 13 / 7 / (9 / 4)),
        ("attention_over_squared_premium", "window", 2 / 3),
        ("training_flops_ratio", "unit", (424 * 3 + 80) / (344 * 2 + 40)),
        ("training_flops_ratio", "window", (424 * 3 + 8 * 64 * 3) / (344 * 2 + 8 * 64 * 2)),
    ],
)
def test_ratios_are_those_of_a_hand(shape, statistic, context, value):
    estimate = found([shape()])[statistic, context]
    assert estimate.value == pytest.approx(value)
    assert estimate.method == "none"  # of one document


def test_equal_lengths_and_vocabularies_cost_the_same_in_every_context(shape):
    rows = found([shape()], [[2, 2], [5, 5]], sizes=(10, 10))
    assert len(rows) == 12 and {one.value for one in rows.values()} == {1.0}


def test_the_other_language_as_reference_inverts(shape):
    forth, back = found([shape()]), found([shape()], reference="zh")
    for key in forth:
        if key[1] != "window_equal_content":  # there the window is that of the reference
            assert forth[key].value * back[key].value == pytest.approx(1.0)


def test_a_context_that_is_not_there_has_no_row(shape):
    assert {context for _, context in found([shape(context=3)])} == {"unit", "document"}
    assert "document" not in {context for _, context in found([shape()], order="shuffled")}
    assert found([]) == {}


def test_attention_is_that_of_the_widest_shape_and_training_of_each(shape):
    of = lengths(TOKENS, ["en", "zh"], "en", [0, 0], "natural")
    rows = [ratio for ratio, _ in cost_ratios(of, [shape(64), shape(128, name="wide")], (10, 20))]
    windows = {(one.model, one.window) for one in rows if one.context == "window"}
    assert windows == {("any", 128), ("tiny", 64), ("wide", 128)}


def test_enough_documents_give_an_interval_around_the_value(shape):
    tokens = np.stack([np.arange(60) % 7 + 1, np.arange(60) % 5 + 2], axis=1)
    for estimate in found([shape()], tokens, documents=np.arange(60)).values():
        interval = estimate.interval()
        assert interval.low < estimate.value < interval.high


def test_documents_weigh_by_the_squares_of_the_reference(shape):
    """Documents of squares 2·9 + 1 and 2·4 by units, 49 and 16 as one sequence each."""
    rows = found([shape()], [[3, 1], [3, 9], [1, 2], [2, 5], [2, 2]], documents=[7, 7, 7, 8, 8])
    weights = {ctx: one.k_weight for (name, ctx), one in rows.items() if "attention_f" in name}
    assert weights["unit"] == pytest.approx(27**2 / (19**2 + 8**2))
    assert weights["document"] == pytest.approx(65**2 / (49**2 + 16**2))
    assert weights["window"] == pytest.approx(11**2 / (7**2 + 4**2))
    assert rows["training_flops_ratio", "unit"].k_weight == float("inf")


def test_equal_documents_weigh_as_many_as_they_are_and_are_not_skewed(shape):
    rows = found([shape()], np.full((12, 2), 3), documents=np.repeat(np.arange(6), 2))
    for (statistic, _), one in rows.items():
        expected = float("inf") if statistic == "training_flops_ratio" else pytest.approx(6.0)
        assert one.k_weight == expected and one.skew == 0.0

"""With the shape of conftest a token costs 3840 + 24·V: 6240, 8640 and 13440 for these sizes."""

import numpy as np
import pytest

from bench.claims.sizes import cost_of_token, series, sizes_needed
from bench.costs.flops import training

SIZES = (100, 200, 400)
INTERIOR = (10, 7, 5)  # tokens a unit by size: 62400, 60480, 67200
LARGEST = (10, 7, 1)
SMALLEST = (10, 10, 10)


def needed(shape, en, zh, documents=12, times=1):
    tokens = {size: times * np.tile([en[at], zh[at]], (documents, 1))
              for at, size in enumerate(SIZES)}  # fmt: skip
    found = sizes_needed(tokens, ["en", "zh"], "en", [shape], np.arange(documents))
    return {one.language: one for one in found}


def test_a_token_costs_what_the_formula_says_by_hand_and_by_the_cost_model(shape):
    assert [cost_of_token(shape(), size) for size in SIZES] == [6240, 8640, 13440]
    full = training(shape(vocabulary=200), "matmul").of(64) / 64
    assert cost_of_token(shape(), 200) == full


def test_a_minimum_in_the_interior_is_found(shape):
    found = needed(shape(), INTERIOR, INTERIOR)
    assert [one.size.value for one in found.values()] == [200.0, 200.0]
    assert found["zh"].ratio.value == 1.0 and found["en"].ratio is None
    assert all(one.open_end is one.largest is one.smallest is None for one in found.values())


@pytest.mark.parametrize(
    ("counts", "name", "size"), [(LARGEST, "largest", 400), (SMALLEST, "smallest", 100)]
)
def test_an_end_of_the_sizes_trained_is_not_identified(shape, counts, name, size):
    found = needed(shape(), INTERIOR, counts)
    assert found["en"].open_end is None
    assert found["zh"].size.value == getattr(found["zh"], name) == size
    assert found["zh"].open_end == f"not identified: V* of zh is the {name} size trained, {size}"


def test_a_reference_that_is_not_identified_leaves_the_others_open(shape):
    found = needed(shape(), LARGEST, INTERIOR)
    assert "V* of en is the largest size trained" in found["zh"].open_end
    assert found["zh"].ratio.value == 0.5 and found["zh"].largest is None


def test_text_twice_as_long_needs_the_same_size(shape):
    once, twice = (needed(shape(), INTERIOR, LARGEST, times=times) for times in (1, 2))
    assert [one.size.value for one in once.values()] == [one.size.value for one in twice.values()]


def test_a_window_that_makes_tokens_dear_favours_a_larger_vocabulary(shape):
    """Attention over 6400 tokens adds 307200 to a token, so that only their number counts."""
    assert needed(shape(context=6400), INTERIOR, INTERIOR)["en"].size.value == 400.0


def test_only_a_bootstrap_gives_an_interval(shape):
    assert needed(shape(), INTERIOR, INTERIOR, documents=12)["en"].size.method == "none"
    held = needed(shape(), INTERIOR, INTERIOR, documents=60)["en"].size
    assert held.interval().low == held.interval().high == 200.0


def test_two_sizes_are_refused(shape):
    with pytest.raises(ValueError, match="a best one needs 3"):
        sizes_needed({1: np.ones((2, 1), int), 2: np.ones((2, 1), int)}, ["en"], "en",
                     [shape()], [0, 1])  # fmt: skip


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("bpe-4096-per-language", ("bpe-*-per-language", 4096)),
        ("unigram-512-shared", ("unigram-*-shared", 512)),
        ("gpt2", None),
        ("o200k_base", None),
        ("bpe-4096", None),
    ],
)
def test_a_family_with_a_size_has_siblings(family, name):
    assert series(family) == name

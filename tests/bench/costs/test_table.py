"""Costs per unit of meaning: against brute force, against the premium, and what is refused."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.costs import inference, shapes
from bench.costs.contexts import CONTEXTS, Lengths, lengths
from bench.costs.flops import forward, group
from bench.costs.prices import Prices
from bench.costs.table import Options, cost_rows
from bench.errors import InputError
from bench.results import read_table, write_table
from bench.statistics import ratios

Rows = dict[tuple[str, str, str], dict[str, Any]]
GPT2 = shapes.load("gpt2")


def by_key(rows: list[dict[str, Any]], model: str = "gpt2") -> Rows:
    return {(r["language"], r["context"], r["cost"]): r for r in rows if r["model"] == model}


@pytest.fixture(scope="module")
def dense(counts: Lengths) -> Rows:
    return by_key(cost_rows(counts, [GPT2], options=Options(conventions=("matmul",))))


@pytest.fixture(scope="module")
def exact(counts: Lengths) -> Rows:
    return by_key(cost_rows(counts, [GPT2]))


def test_units_and_documents_against_brute_force(counts: Lengths, exact: Rows) -> None:
    flops, units = forward(GPT2, "exact"), len(counts.tokens)
    for column, language in enumerate(counts.languages):
        by_unit = sum(flops.of(int(s)) for s in counts.tokens[:, column])
        sums = np.bincount(counts.documents, counts.tokens[:, column]).astype(int)
        by_document = sum(flops.of(int(s)) for s in sums)
        assert exact[language, "unit", "forward_flops"]["value"] == pytest.approx(by_unit / units)
        found = exact[language, "document", "training_flops"]["value"]
        assert found == pytest.approx(3 * by_document / units)


def test_windows_against_brute_force(counts: Lengths, exact: Rows) -> None:
    total = counts.tokens.sum(axis=0)
    windows = total[2] / GPT2.context  # as many full windows as the text fills
    expected = windows * forward(GPT2).of(GPT2.context) / len(counts.tokens)
    assert exact["zh", "window", "forward_flops"]["value"] == pytest.approx(expected)
    longer = GPT2.context * total[2] / total[0]  # holds what a window of English holds
    flops = forward(GPT2)
    per_token = flops.linear + flops.quadratic * longer
    found = exact["zh", "window_equal_content", "forward_flops"]["value"]
    assert found == pytest.approx(per_token * total[2] / len(counts.tokens))


def test_when_the_premium_squares(counts: Lengths, dense: Rows) -> None:
    """p²(1 + CV²)/(1 + CV_en²) over whatever is the sequence; p in fixed windows; p² in equal."""
    tokens = counts.tokens.astype(float)
    p = tokens[:, 2].sum() / tokens[:, 0].sum()
    documents = np.stack([np.bincount(counts.documents, column) for column in tokens.T], axis=1)
    expected = {"window": p, "window_equal_content": p**2}
    for context, sequences in (("unit", tokens), ("document", documents)):
        spread = 1 + (sequences.std(axis=0) / sequences.mean(axis=0)) ** 2
        expected[context] = p**2 * spread[2] / spread[0]
    for context in CONTEXTS:
        found = dense["zh", context, "attention_flops_ratio"]["value"]
        assert found == pytest.approx(expected[context], rel=1e-12)
        assert dense["zh", context, "linear_flops_ratio"]["value"] == pytest.approx(p)


def test_intervals_are_those_of_ratios_of_totals(counts: Lengths, exact: Rows) -> None:
    flops = group(GPT2, "attention", "exact")
    assert flops is not None
    costs = flops.linear * counts.tokens + flops.quadratic * counts.tokens**2
    (expected,) = ratios(costs[:, [2]], costs[:, [0]], counts.documents)
    row = exact["zh", "unit", "attention_flops_ratio"]
    found = (row["value"], row["ci_low"], row["ci_high"])
    assert found == pytest.approx((expected.value, expected.low, expected.high))
    assert (row["ci_method"], row["k_eff"]) == (expected.method, expected.k_eff)
    assert row["ci_method"].startswith("percentile")


def test_few_documents_have_a_jackknife_and_fewer_no_interval(counts: Lengths) -> None:
    for documents, method in (
        (counts.documents % 15, "jackknife-t"),
        (counts.documents % 5, "none"),
    ):
        few = replace(counts, documents=documents, natural=False)
        row = by_key(cost_rows(few, [GPT2]))["zh", "unit", "attention_flops_ratio"]
        assert row["ci_method"] == method
        assert (row["ci_low"] is None) == (method == "none")


def test_rows_make_a_valid_result_file(counts: Lengths, tmp_path: Path) -> None:
    models = [GPT2, shapes.load("tokenformer-2m"), shapes.load("deepseek-v3")]
    options = Options(conventions=("exact", "matmul", "chinchilla", "palm", "kaplan"))
    prices = Prices({"a": 2.0, "b": 1.0})
    rows = cost_rows(counts, models, [4096, 4096, 8192], vocabularies=["a", "b", "b"],
                     prices=prices, options=options)  # fmt: skip
    named = {"corpus": "c", "split": "all", "vocabulary": "v", "vocabulary_family": "f"}
    write_table(tmp_path, "costs", [{**named, "signature": "s", **row} for row in rows])
    assert len(read_table(tmp_path, "costs")) == len(rows)
    assert {row["context"] for row in rows} == set(CONTEXTS)


def test_inference_costs_follow_the_tokens(counts: Lengths, exact: Rows) -> None:
    mean = counts.tokens.mean(axis=0)
    cache = 2 * 12 * 12 * 64 * 2  # bf16
    assert exact["ru", "unit", "kv_cache_bytes"]["value"] == pytest.approx(cache * mean[1])
    decode, prefill = (
        exact["ru", "unit", f"{name}_flops"]["value"] for name in ("decode", "prefill")
    )
    assert decode == exact["ru", "unit", "forward_flops"]["value"]
    logits = 2 * GPT2.embedding * (mean[1] - 1)  # prefill needs the last position's only
    assert decode - prefill == pytest.approx(logits)


def test_decode_time_is_bytes_over_bandwidth(counts: Lengths, exact: Rows) -> None:
    device = inference.device("a100-80gb")
    by_hand = np.mean(
        [
            sum(inference.decode_seconds(GPT2, device, depth=t) for t in range(s))
            for s in counts.tokens[:, 2]
        ]
    )
    row = exact["zh", "unit", "decode_seconds"]
    assert row["value"] == pytest.approx(by_hand)
    assert row["convention"] == "a100-80gb-bf16"


def test_effective_context_and_price(counts: Lengths) -> None:
    prices = Prices({"x": 3.0}, currency="EUR")
    rows = by_key(cost_rows(counts, [], vocabularies=["x"] * 3, prices=prices), "any")
    mean = counts.tokens.mean(axis=0)
    context = rows["zh", "unit", "effective_context_units"]
    assert context["value"] == pytest.approx(8192 / mean[2])
    assert context["ci_low"] < context["value"] < context["ci_high"]
    assert rows["zh", "unit", "effective_context_units_ratio"]["value"] == pytest.approx(
        mean[0] / mean[2]
    )
    assert rows["zh", "unit", "price"]["value"] == pytest.approx(3e-6 * mean[2])
    assert rows["zh", "unit", "price"]["unit"] == "EUR"


def test_a_free_vocabulary_has_no_price_ratio(counts: Lengths) -> None:
    prices = Prices({"x": 0.0})
    rows = by_key(cost_rows(counts, [], vocabularies=["x"] * 3, prices=prices), "any")
    assert rows["zh", "unit", "price"]["value"] == 0
    assert rows["zh", "unit", "price_ratio"]["value"] is None


def test_the_end_of_unit_token_is_declared(counts: Lengths) -> None:
    more = lengths(counts.tokens, counts.languages, "en", counts.documents, "natural",
                   end_of_unit=True)  # fmt: skip
    assert (more.tokens == counts.tokens + 1).all()


def test_no_document_row_without_natural_order(counts: Lengths) -> None:
    catalogue = replace(counts, natural=False)
    assert "document" not in {row["context"] for row in cost_rows(catalogue, [GPT2])}
    with pytest.raises(InputError, match="no natural order"):
        cost_rows(catalogue, [GPT2], options=Options(contexts=("document",)))


def test_a_window_shorter_than_a_unit(counts: Lengths) -> None:
    longest = int(counts.tokens.max())
    with pytest.raises(InputError, match=f"shorter than the longest unit \\({longest} tokens"):
        cost_rows(counts, [GPT2], options=Options(window=longest - 1))
    short = replace(GPT2, context=longest - 1)
    rows = by_key(cost_rows(counts, [short]))
    assert rows["zh", "window", "forward_flops"]["value"] is None
    assert rows["zh", "unit", "forward_flops"]["value"] > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(contexts=("chapter",)), "unknown context 'chapter'"),
        (Options(conventions=("hoffmann",)), "unknown FLOP convention"),
        (Options(precision="int3"), "unknown precision 'int3'"),
        (Options(device="abacus"), "unknown device 'abacus'"),
        (Options(budget=0), "budget of 0"),
    ],
)
def test_bad_options_are_refused(counts: Lengths, options: Options, said: str) -> None:
    with pytest.raises(InputError, match=said):
        cost_rows(counts, [GPT2], options=options)


def test_bad_counts_are_refused(counts: Lengths) -> None:
    with pytest.raises(InputError, match="reference language 'de'"):
        lengths(counts.tokens, counts.languages, "de", counts.documents, "natural")
    with pytest.raises(InputError, match="'ru' has no tokens"):
        lengths(counts.tokens * [1, 0, 1], counts.languages, "en", counts.documents, "natural")


def test_a_vocabulary_without_a_price(counts: Lengths) -> None:
    with pytest.raises(InputError, match="no vocabulary 'qwen'"):
        cost_rows(counts, [], vocabularies=["gpt2", "qwen", "gpt2"], prices=Prices({"gpt2": 1.5}))


def test_twenty_vocabularies_six_shapes_three_languages_in_seconds() -> None:
    """With intervals, at FLORES's size: 3.3 s of one core; the bound leaves room for a slow one."""
    draw = np.random.default_rng(0)
    documents = np.sort(draw.integers(0, 562, 2009))
    tokens = draw.poisson([25, 60, 32], (20, 2009, 3)) + 1
    names = ("transformer-2m", "tokenformer-2m", "gpt2", "llama-3-8b", "qwen-2.5-7b", "deepseek-v3")
    models = [shapes.load(name) for name in names]
    started = time.thread_time()
    for counts in tokens:
        cost_rows(lengths(counts, ("en", "ru", "zh"), "en", documents, "natural"), models)
    assert time.thread_time() - started < 15

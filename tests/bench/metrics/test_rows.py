"""Rows of tokenization.csv: identities, gates, signatures, and what must not change them."""

from dataclasses import replace

import numpy as np
import pytest

from bench.metrics import metric_rows
from bench.results import write_table
from bench.signature import parse
from bench.tokenization import text_statistics, tokenize

FAMILIES = ("bytes", "characters", "bpe-400", "bpe-320-per-language")


@pytest.fixture
def rows(setting, statistics, lengths, documents):
    return metric_rows(setting, statistics, lengths, documents)


def value(rows, family, metric, language, variant=None):
    (found,) = [
        row
        for row in rows
        if (row["vocabulary_family"], row["metric"], row["language"], row["variant"])
        == (family, metric, language, variant)
    ]
    return found["value"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("language", ["ru", "zh"])
def test_premium_is_byte_premium_times_bytes_per_token(rows, family, language):
    premium = value(rows, family, "token_premium", language)
    byte_premium = value(rows, family, "byte_premium", language)
    per_token = [value(rows, family, "bytes_per_token", one) for one in ("en", language)]
    assert premium == pytest.approx(byte_premium * per_token[0] / per_token[1], rel=1e-12)


@pytest.mark.parametrize("language", ["en", "ru", "zh"])
def test_the_controls_are_the_text_itself(rows, units, language):
    assert value(rows, "bytes", "tokens", language) == sum(len(x.encode()) for x in units[language])
    assert value(rows, "characters", "tokens", language) == sum(map(len, units[language]))
    assert value(rows, "bytes", "bytes_per_token", language) == 1.0
    assert value(rows, "bytes", "token_premium", language) == value(
        rows, "characters", "byte_premium", language
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_token_bytes_sum_to_the_bytes_of_the_source(statistics, lengths, family):
    found = statistics[family]
    for place, histogram in enumerate(found.histograms):
        spelled = int((histogram * found.vocabularies[place].token_bytes).sum())
        assert spelled == int(lengths.bytes[:, place].sum())


def test_ratio_of_totals_mean_and_median_are_told_apart(rows, statistics):
    tokens = statistics["bpe-400"].tokens
    units = tokens[:, 1] / tokens[:, 0]
    assert value(rows, "bpe-400", "token_premium_mean", "ru") == pytest.approx(units.mean())
    assert value(rows, "bpe-400", "token_premium_median", "ru") == pytest.approx(np.median(units))
    labels = {
        row["metric"]: row["aggregation"] for row in rows if row["metric"].startswith("token_")
    }
    assert labels == {
        "token_premium": "ratio-of-totals",
        "token_premium_mean": "mean",
        "token_premium_median": "median",
    }


def test_permuting_units_changes_nothing(setting, statistics, lengths, documents, rows):
    order = np.random.default_rng(5).permutation(len(documents))
    shuffled = {
        name: replace(
            one,
            tokens=one.tokens[order],
            unknown=one.unknown[order],
            round_trip=one.round_trip[order],
        )
        for name, one in statistics.items()
    }
    texts = replace(lengths, bytes=lengths.bytes[order], characters=lengths.characters[order])
    assert metric_rows(setting, shuffled, texts, documents[order]) == rows


def test_families_measured_together_or_apart_give_the_same_rows(
    setting, statistics, lengths, documents, rows
):
    apart = [
        row
        for name, one in statistics.items()
        for row in metric_rows(setting, {name: one}, lengths, documents)
    ]
    assert apart == rows


def test_one_unknown_token_gates_its_language_and_all_ratios_to_it(
    setting, statistics, lengths, documents
):
    one = statistics["bpe-400"]
    unknown = one.unknown.copy()
    unknown[3, 2] = 1  # Chinese
    rows = metric_rows(setting, {"bpe-400": replace(one, unknown=unknown)}, lengths, documents)
    gated = {row["language"] for row in rows if not row["comparable"]}
    assert gated == {"zh", "all"}
    assert value(rows, "bpe-400", "unknown_rate", "zh") == 1 / one.tokens[:, 2].sum()


def test_a_failed_round_trip_of_the_reference_gates_every_premium(
    setting, statistics, lengths, documents
):
    one = statistics["bpe-400"]
    returned = one.round_trip.copy()
    returned[0, 0] = False  # English
    rows = metric_rows(setting, {"bpe-400": replace(one, round_trip=returned)}, lengths, documents)
    assert not any(row["comparable"] for row in rows if row["metric"] == "token_premium")
    assert all(
        row["comparable"] for row in rows if row["language"] == "zh" and not row["reference"]
    )


def test_signatures_name_every_vocabulary_that_a_value_rests_on(rows):
    def vocabularies(metric, language):
        (row,) = [
            row
            for row in rows
            if (row["vocabulary_family"], row["metric"], row["language"])
            == ("bpe-320-per-language", metric, language)
        ]
        return [one.split("@")[0] for one in parse(row["signature"])["vocab"].split("+")]

    assert vocabularies("token_premium", "zh") == ["bpe-320.zh", "bpe-320.en"]
    assert vocabularies("characters_per_token", "zh") == ["bpe-320.zh"]
    assert len(vocabularies("parity_gini", "all")) == 3


def test_signature_says_how_the_value_was_made(rows):
    (row,) = [
        row
        for row in rows
        if (row["vocabulary_family"], row["metric"], row["language"])
        == ("bytes", "token_premium", "ru")
    ]
    parts = parse(row["signature"])
    assert parts["corp"] == "tiny@c0ffee00"
    assert (parts["mode"], parts["special"], parts["est"]) == ("unit", "no", "ratio-of-totals")
    assert parts["ci"] == row["ci_method"] == "percentile-300.s0"
    assert row["k_eff"] >= 50 and row["n_documents"] == 70


def test_joined_text_has_values_and_no_intervals(setting, families, units, documents):
    found = {"bytes": tokenize(units, families["bytes"], "joined")}
    joined = replace(setting, mode="joined")
    rows = metric_rows(joined, found, text_statistics(units, "joined"), documents)
    assert {row["ci_method"] for row in rows} == {"none"}
    spaces = len(documents) - 1
    plain = {language: sum(len(x.encode()) for x in units[language]) for language in units}
    assert value(rows, "bytes", "tokens", "ru") == plain["ru"] + spaces
    assert value(rows, "bytes", "token_premium", "ru") == (plain["ru"] + spaces) / (
        plain["en"] + spaces
    )
    assert value(rows, "bytes", "tokens_per_unit", "ru") == (plain["ru"] + spaces) / len(documents)


def test_empty_units_leave_their_ratio_out_of_the_mean(setting, families):
    units = {"en": ["one", "", "three"], "ru": ["один", "два", "три"]}
    found = {"bytes": tokenize(units, families["bytes"])}
    rows = metric_rows(setting, found, text_statistics(units), [0, 1, 2])
    mean = value(rows, "bytes", "token_premium_mean", "ru")
    assert mean == pytest.approx((8 / 3 + 6 / 5) / 2, rel=1e-15)
    counts = {row["metric"]: row["n_units"] for row in rows}
    assert (counts["token_premium_mean"], counts["token_premium"]) == (2, 3)
    assert value(rows, "bytes", "token_premium", "ru") == (8 + 6 + 6) / 8


def test_no_text_at_all_has_no_ratio(setting, families):
    units = {"en": ["", ""], "ru": ["", ""]}
    found = {"bytes": tokenize(units, families["bytes"])}
    rows = metric_rows(setting, found, text_statistics(units), [0, 1])
    assert value(rows, "bytes", "token_premium", "ru") is None
    assert value(rows, "bytes", "renyi_efficiency", "ru", "observed") is None
    assert value(rows, "bytes", "tokens", "ru") == 0


def test_rows_are_a_table_with_unique_keys(rows, tmp_path):
    lines = write_table(tmp_path, "tokenization", rows).read_text().splitlines()
    assert len(lines) == len(rows) + 1


def test_an_unknown_reference_is_refused(setting, statistics, lengths, documents):
    with pytest.raises(ValueError, match="no reference language 'de'"):
        metric_rows(replace(setting, reference="de"), statistics, lengths, documents)

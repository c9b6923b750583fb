"""docs/metrics.md: its examples run, its metrics are all there, its figures are ours."""

import doctest
import os
import re
from pathlib import Path

import pytest

from bench.metrics import Setting, metric_rows
from bench.tokenization import text_statistics, tokenize
from bench.vocabularies import Family, published
from bench.vocabularies.catalogue import cached

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"

METRICS = {
    *("tokens", "tokens_per_unit", "token_premium", "token_premium_mean", "token_premium_median"),
    *("byte_premium", "character_premium", "bytes_per_token", "characters_per_token"),
    *("fertility", "continued_words", "single_token_retention"),
    *("renyi_efficiency", "shannon_efficiency", "vocabulary_utilisation"),
    *("partial_character_rate", "byte_fallback_rate", "unknown_rate", "round_trip_rate"),
    *("parity_gini", "parity_max_min"),
}


def test_the_examples_give_what_they_show():
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.failed == 0
    assert found.attempted >= 40


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_every_metric_has_its_paragraph(metric):
    assert f"**`{metric}`**" in PAGE.read_text(encoding="utf-8")


def test_every_metric_of_the_rows_is_documented(setting, statistics, lengths, documents):
    rows = metric_rows(setting, statistics, lengths, documents)
    assert {row["metric"] for row in rows} <= METRICS


def table():
    """(metric, variant, language) -> the row's figures: ours and those of the two peers."""
    page = PAGE.read_text(encoding="utf-8").split("| value | here |")[1]
    lines = re.findall(r"^\| (\w+)(?: (\w+))?, (\w+) \| (.*) \|$", page, re.MULTILINE)
    return {line[:3]: [cell.strip() for cell in line[3].split("|")] for line in lines}


def test_the_peers_agree_with_us_in_every_digit():
    for ours, *theirs in table().values():
        reported = [cell for cell in theirs if cell != "–"]
        assert reported and set(reported) == {ours}


def test_our_column_is_what_we_compute():
    folder = os.environ.get("BABELTOLL_FLORES")
    if not folder:
        pytest.skip("set BABELTOLL_FLORES to a folder with FLORES-200 en.txt, ru.txt and zh.txt")
    if not cached("deepseek-v4"):
        pytest.skip("run `bench vocabularies fetch deepseek-v4`")
    texts = {
        language: Path(folder, f"{language}.txt").read_text(encoding="utf-8").split("\n")[:-1]
        for language in ("en", "ru", "zh")
    }
    statistics = tokenize(texts, Family.shared(published("deepseek-v4"), list(texts)))
    rows = metric_rows(
        Setting("flores", "f" * 64, "all", resamples=100),
        {"deepseek-v4": statistics},
        text_statistics(texts),
        range(2009),
    )
    ours = {(row["metric"], row["variant"] or "", row["language"]): row["value"] for row in rows}
    for key, (shown, *_) in table().items():
        assert f"{ours[key]:.12g}" == shown

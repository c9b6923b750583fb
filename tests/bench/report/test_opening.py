"""The opening table: what a unit costs, question by question."""

import math

import pytest
from scipy.stats import t
from synthetic import PROFILE, section, tokenization, training
from synthetic import memory as synthetic_memory

from bench.report.data import load
from bench.report.document import Missing, Table
from bench.report.scope import scope
from bench.report.sections import opening
from bench.results import write_json

QUESTIONS = ("Tokens per word", "Vocabulary size needed", "Information per token", "Input length",
             "Attention", "Training", "Memory", "Quality reached")  # fmt: skip


def known(statistic, value, log_se, **more):
    """A row of evidence.csv about the trained vocabulary."""
    return {"statistic": statistic, "corpus": "libreoffice-help", "split": "test",
            "vocabulary_family": "bpe-4096-per-language", "value": value, "log_se": log_se,
            "df": 210.4, "k_eff": 211.4, "comparable": True, "status": "ok", **more}  # fmt: skip


def test_the_opening_table_has_the_languages_side_by_side_and_every_question(text):
    opening = section(text, "What a unit of meaning costs")
    assert "| Question | Vocabulary | Chinese | Russian | English |" in opening
    for question in QUESTIONS:
        assert f"| {question}" in opening
    assert "31.2 [30.6, 31.8]<br>× 1.258 [1.233, 1.283]" in opening
    assert "– (needs three vocabulary sizes)" in opening


def test_ratios_of_words_and_of_memory_have_intervals_where_evidence_allows_them(results):
    words = [known("fertility", 1.31, 0.01, language="en", variant="default"),
             known("fertility", 1.6, 0.02, language="zh", variant="jieba")]  # fmt: skip
    peaks = known("peak_memory_ratio", 0.9, 0.02, language="zh", reference="en", variant="default",
                  model="tokenformer-2m", context="packed-64-bf16")  # fmt: skip
    held = load(results(evidence=[*words, peaks]))
    shown = scope(held)
    (own,) = (one for one in shown.scenarios if one.family == "bpe-4096-per-language")
    reach = t.ppf(0.975, 211.4 / 2 + 2)
    ratio = opening.words_line(held, shown, own, "zh").ratio  # both errors added
    assert math.log(ratio.high / (1.6 / 1.31)) == pytest.approx(0.03 * reach)
    assert opening.words_line(held, shown, own, "ru").ratio.interval is None
    ratio = opening.memory_line(held, shown, own, "zh").ratio
    assert ratio.value == 0.9 and math.log(0.9 / ratio.low) == pytest.approx(0.02 * reach)


def test_quality_is_the_mean_over_the_seeds_of_the_primary_arm_alone(results):
    """An arm at another rate may be better by one lucky run; it has fewer seeds."""
    (one,) = (row for row in training() if row["run_id"] == "tokenformer-2m-ru-test")
    seeds = [{**one, "arm": "primary", "seed": seed, "run_id": f"primary-{seed}",
              "bits_per_unit": 100.0 + 2 * seed, "bits_ci_low": 90.0 + seed,
              "bits_ci_high": 115.0 + seed, "status": "ok"} for seed in range(3)]  # fmt: skip
    lucky = {**one, "arm": "primary-best", "run_id": "lucky", "bits_per_unit": 80.0}
    held = load(results(training=[*training(), *seeds, lucky]))
    found = opening.quality_line(held, scope(held), scope(held).own, "ru").number
    assert (found.value, found.low, found.high) == (102.0, 91.0, 116.0)
    assert "mean of 3 seeds" in str(found.note) and not found.gated


def test_quality_is_of_the_model_that_the_row_is_headed_with_in_every_language(results):
    """Russian's better run of the other model would be compared with English of this one."""
    held = load(results())
    shown = scope(held)
    for language in shown.languages:
        note = str(opening.quality_line(held, shown, shown.own, language).number.note)
        assert note.startswith(shown.own.model)


def test_information_per_token_is_of_the_bits_that_the_line_of_quality_shows(results):
    """Once it was the fewest bits of any arm over English of another model."""
    held = load(results())
    at = (held, scope(held), scope(held).own)
    for language, tokens in (("en", 26.9), ("ru", 28.1), ("zh", 25.7)):
        bits = opening.quality_line(*at, language).number.value
        assert opening.information_line(*at, language).number.value == bits / tokens


def test_tokens_per_word_are_of_the_segmenter_to_quote_and_not_of_dictionary_forms(results):
    rows = tokenization()
    (word,) = (row for row in rows if row["metric"] == "fertility" and row["language"] == "ru"
               and row["vocabulary_family"] == "bpe-4096-per-language"
               and row["corpus"] == "libreoffice-help")  # fmt: skip
    two = [word | {"variant": name, "value": value}
           for name, value in (("pymorphy3-lemma", 1.32), ("razdel", 1.27))]  # fmt: skip
    held = load(results(tokenization=[*(row for row in rows if row is not word), *two]))
    found = opening.words_line(held, scope(held), scope(held).own, "ru").number
    assert found.value == 1.27 and str(found.note) == "words by razdel"


def test_memory_of_another_model_than_the_row_is_headed_with_is_not_shown(results):
    other = [{**row, "model": "llama-2-7b"} for row in synthetic_memory()]
    held = load(results(memory=other))
    cell = opening.memory_line(held, scope(held), scope(held).own, "zh")
    assert isinstance(cell, Missing)


def test_a_run_of_trained_vocabularies_alone_asks_each_question_once(results):
    trained = PROFILE["vocabularies"]["trained"]
    folder = results(
        tokenization=[row for row in tokenization() if row["vocabulary_family"] in trained]
    )
    without = PROFILE | {"vocabularies": PROFILE["vocabularies"] | {"published": []}}
    write_json(folder / "manifest.json", {"profile": without})
    held = load(folder)
    (only,) = scope(held).scenarios
    assert only.family in trained
    opening_section = opening.section(held, scope(held))
    (table,) = (block for block in opening_section.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == [title for title, _ in opening.LINES]
    assert "production" not in str(opening_section)
    assert str(opening_section.blocks[0].text).endswith(f", model `{only.model}`.")


def test_why_a_line_has_no_number_is_true_of_the_run(results):
    rows = tokenization()
    counted = [row | {"vocabulary_family": "other"} for row in rows if row["metric"] == "fertility"]
    assert counted
    others = [row for row in rows if row["metric"] != "fertility"]
    for held, said in ((others, "no word segmenter"), (others + counted, "not counted for this")):
        found = load(results(tokenization=held))
        cell = opening.words_line(found, scope(found), scope(found).scenarios[0], "ru")
        assert isinstance(cell, Missing) and said in str(cell.reason)

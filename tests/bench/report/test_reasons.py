"""Reasons in the languages of the report: found again by their sentences, in English untouched."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.claims.reasons import Lack, Reason
from bench.report import html, markdown
from bench.report.catalog import LANGUAGES, translations
from bench.report.number import Number
from bench.report.reasons import WORDS, reason, statistic
from bench.report.sections import provenance, verdicts
from bench.report.text import Text, say, verbatim
from bench.results import read_table

RESULTS = Path(__file__).parents[3] / "results"
FILES = sorted(path for path in RESULTS.rglob("claims.csv") if path.parent.name != "figures")
VALUES = {
    "statuses": "diverged, undertrained", "target": "r=0.8", "key": "corp", "values": "1 and 2",
    "units": 49, "fewest": 100, "share": "12%", "language": "zh", "size": 4096, "seeds": 2,
    "lacks": "fertility zh; fertility ru (reference en, arm primary/*)", "k_eff": "5.4",
    "documents": "28.6", "needed": "35", "statistic": "token_premium zh/en", "value": "0.9531",
    "times": "1,234", "wanted": "1,699", "have": "65", "arm": "primary-best/tiny/help/bpe-8192",
    "families": "mistral-v1 or bloom*", "file": "evidence.csv", "column": "k_weight", "more": 3,
    "reason": "2 of the 5 seeds that an interval needs: 3 more would test it",
}  # fmt: skip
LACKING = [Reason.MISSING(lacks=one(**VALUES)) for one in Lack]
FILLED = [*(one(**VALUES) for one in Reason), *LACKING]
JOINED = [f"{one}; {two}" for one in FILLED[: len(Reason) - 1] for two in FILLED]  # no list before
TRANSLATE = translations()
every_language = pytest.mark.parametrize("language", LANGUAGES)


def told(text: Text, language: str) -> str:
    return text.render(TRANSLATE[language], str, str)


def known(text: Text) -> bool:
    """Whether it was made of sentences of ours, and of them alone."""
    return text != verbatim(str(text))


@pytest.mark.parametrize("place", range(len(FILLED)))
def test_a_filled_sentence_is_found_again(place):
    sentence = [*Reason, *Lack][place]
    found = reason(FILLED[place])
    inner = dict(dict(found.values).get("lacks", found).values).get("item0")
    assert sentence.value in (found.template, getattr(inner, "template", None))
    assert str(found) == FILLED[place]


@every_language
def test_no_english_is_left_but_names(language):
    """What is not translated stands in claims.csv too: names of columns, statistics, files."""
    kept = re.compile(r"[a-z]+_[a-z_]+|\(reference en, arm primary/\*\)|primary-best/\S+|K_eff|"
                      r"mistral-v1|bloom|fertility|corp|evidence\.csv|r=0.8|zh|ru|en")  # fmt: skip
    for words in (*FILLED, *JOINED[::7], *WORDS):
        assert not re.search("[a-z]", kept.sub("", told(reason(words), language))), words


@every_language
def test_the_values_are_those_of_the_file(language):
    for words in FILLED:
        digits = [sorted(re.findall(r"\d[\d.,]*\d|\d", text))
                  for text in (words, told(reason(words), language))]  # fmt: skip
        assert digits[0] == digits[1], words


def test_reasons_joined_by_semicolons_are_each_told():
    for words in JOINED:
        assert known(reason(words)) and str(reason(words)) == words
    joined = reason("undertrained; K_eff 5.4: below 10 effective documents there is no interval; "
                    "a larger corpus would test it; undertrained")  # fmt: skip
    assert told(joined, "zh") == (
        "欠训练；K_eff 5.4：有效文档数不足 10，没有区间；更大的语料库可以检验；欠训练"
    )
    noted = reason("missing: fertility zh of a or b; no evidence.csv")
    assert told(noted, "ru") == "нет данных: fertility zh для a или b; нет evidence.csv"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_every_reason_of_the_repository_s_results_is_translated(file):
    rows = [row for row in read_table(file.parent, "claims") if row["reason"]]
    assert rows
    for words in {row["reason"] for row in rows}:
        assert known(reason(words)) and str(reason(words)) == words
        assert len({told(reason(words), language) for language in LANGUAGES} | {words}) == 3


@pytest.mark.parametrize("words", ["", "cannot be measured here", "no floor: train one", "; ; ",
                                   "undertrained: five seeds below KN-5 would settle it",
                                   "missing:", "about {x} seeds would settle it"])  # fmt: skip
def test_words_of_another_version_stay_as_they_are(words):
    assert {str(reason(words)), *(told(reason(words), one) for one in LANGUAGES)} == {words}


BITS = st.sampled_from(
    [*FILLED, *WORDS, "; ", "missing: ", " of ", "<b>", "*", "`", "{x}", "\n", " "]
)


@settings(deadline=None)
@given(st.lists(BITS, max_size=6).map("".join))
@example("missing: " + "; " * 900)
@example("at each language's best rate: " * 60 + "undertrained")
@example("undertrained; " * 140)
def test_english_is_untouched_whatever_stands_there(words):
    found = reason(words)
    assert str(found) == words
    assert markdown.words(found) == markdown.words(verbatim(words))
    assert html.Page({}, bytes).words(found) == html.Page({}, bytes).words(verbatim(words))
    assert all(told(found, language) is not None for language in LANGUAGES)


def test_two_arms_beside_each_other_are_told_in_words():
    name = "cost_to_target_ratio ru, glyphs over primary"
    for same in (name, "fertility zh", "a, \n over b", ", a over" * 20_000):
        assert str(statistic(same)) == same
    assert told(statistic(name), "zh") == "cost_to_target_ratio ru，glyphs 相对于 primary"
    bound = reason(Reason.AT_THE_BOUND(statistic=name, value="1.01"))
    assert "glyphs относительно primary = 1.01" in told(bound, "ru")


@every_language
def test_places_and_cells_that_cannot_be_are_told_too(language):
    empty = "the best rate for zh is the common one, 0.0015: see that arm"
    manifest = json.loads((RESULTS / "reference" / "released" / "manifest.json").read_text())
    assert empty in manifest["empty"].values()
    place = "a unit read bpe-8192 on udhr tiny unit"
    for text, words in ((provenance._why(empty), empty), (verdicts._place(place), place)):
        assert str(text) == words and not re.search("read|rate| on ", told(text, language))
    assert str(verdicts._place("no setting")) == told(verdicts._place("no setting"), language)


def test_the_note_of_a_number_is_told_in_every_language():
    page = html.Page({}, bytes, translations())
    note = say("words by {segmenter}", segmenter="<b>")
    shown = page._number(Number(1.0, note=note, file="f.csv"))
    assert 'title="words by &lt;b&gt;"' in shown and "<dt>note<dd><span" in shown
    assert "слова выделил &lt;b&gt;" in shown and "切词工具：&lt;b&gt;" in shown

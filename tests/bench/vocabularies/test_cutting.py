"""Words cut with arrays are those that the published expressions cut."""

from itertools import compress, pairwise

import numpy as np
import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.vocabularies import patterns
from bench.vocabularies.cutting import RULES, cut, plain
from bench.vocabularies.occurring import in_one

NAMES = {
    getattr(patterns, name): name
    for name in ("GPT2", "CL100K", "LLAMA3", "QWEN", "QWEN36", "O200K", "TEKKEN", "DEEPSEEK")
}
# Characters on which the rules meet: cases, contractions, digits, signs, kana, what is not plain.
ALPHABET = "aZsStTdDmMlLvVeErRéЖж中文のーA  ''.,!-—“1234٣½ǅʰ$+^´゛゜・_<|\"\\\n\u00a0\u0301🙂ſ"
TEXT = st.text(st.sampled_from(ALPHABET) | st.characters(exclude_categories=["Cs"]), max_size=25)


def words_of(texts, rules):
    found = cut(texts, rules)
    words = [found.data[start:end].decode() for start, end in pairwise(found.bounds.tolist())]
    words = iter(compress(words, found.of_text))
    return [[next(words) for _ in range(count)] for count in found.per_text]


@pytest.mark.parametrize("pattern", RULES, ids=NAMES.get)
@given(texts=st.lists(st.text(ALPHABET, max_size=25) | TEXT, max_size=8))
@example(["it's", "IT'S 'tis we'll've", "'s's", "don'tt 'S", "", "", "a'"])
@example(["  two  spaces ", " 12345 ", "12 345", " .x ..x", "HELLOWorld iPhoneX 中A", "'naïve'na"])
@settings(deadline=None, max_examples=250)
def test_words_are_those_of_the_expression(pattern, texts):
    rules = RULES[pattern]
    known = list(compress(texts, plain(texts, rules)))
    expression = regex.compile(pattern.replace(r"\u{3040}", "\u3040"), regex.V1)
    expected = [expression.findall(text) for text in known]
    assert words_of(known, rules) == expected


@pytest.mark.parametrize("pattern", RULES, ids=NAMES.get)
def test_ordinary_sentences_are_plain(pattern, units):
    for language, texts in units.items():
        assert plain(texts, RULES[pattern]).mean() > 0.9, language


def test_what_is_not_plain_is_left_to_the_expression(hostile):
    rules = RULES[patterns.LLAMA3]
    found = dict(zip(hostile, plain(list(hostile.values()), rules).tolist(), strict=True))
    assert [name for name, one in found.items() if one] == ["empty", "one space", "special tokens"]


@pytest.mark.parametrize("name", ["gpt2", "o200k_base", "qwen3.6", "tekken"])
def test_ids_of_words_are_those_of_whole_texts(name, vocabulary, units, hostile):
    texts = [*units["en"], *hostile.values(), *units["ru"], "", *units["zh"], *units["en"]]
    engine = vocabulary(name)._loader.engine(in_one(texts))
    got, expected = engine.encode(texts), engine._whole(texts)
    assert np.array_equal(got.ids, expected.ids) and np.array_equal(got.offsets, expected.offsets)
    assert len(engine.encode([]).ids) == 0 and engine.encode([""]).offsets.tolist() == [0, 0]


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "tekken"])
@given(texts=st.lists(st.text(ALPHABET, max_size=25) | TEXT, max_size=30))
@settings(deadline=None, max_examples=40)
def test_ids_of_any_text_are_those_of_tiktoken(name, vocabulary, texts):
    one = vocabulary(name)
    encoding = one.encode(texts)
    expected = one._loader.latest.encoding.encode_ordinary_batch(texts) if texts else []
    assert [ids.tolist() for ids in map(encoding.__getitem__, range(len(texts)))] == expected


def test_chunks_change_nothing(vocabulary, units, monkeypatch):
    from bench.vocabularies import rankengine

    texts = [*units["en"], "", *units["zh"]]
    expected = vocabulary("gpt2").encode(texts)
    monkeypatch.setattr(rankengine, "_CHUNK", 30)
    got = vocabulary("gpt2").encode(texts)
    assert np.array_equal(got.ids, expected.ids) and np.array_equal(got.offsets, expected.offsets)

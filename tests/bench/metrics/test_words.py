"""Fertility, continued words and retention, mapped to words by their bytes."""

import io
from dataclasses import replace

import numpy as np
import pytest
import sentencepiece

from bench.errors import InputError
from bench.metrics import metric_rows, words
from bench.metrics.word_control import word_families
from bench.metrics.words import SegmentedText, pieces, word_measures
from bench.segmentation import SPACES
from bench.tokenization import text_statistics
from bench.vocabularies import ByteTable, Encoding, Family
from bench.vocabularies.controls import Bytes, Characters
from bench.vocabularies.sources import from_file


def spaced(texts):
    return SegmentedText(texts, dict.fromkeys(texts, (SPACES,)))


def values(texts, vocabulary):
    found = {}
    for measure in word_measures(spaced(texts), Family.shared(vocabulary, tuple(texts))):
        if hasattr(measure, "value"):
            found[measure.metric] = measure.value
        else:
            totals = np.array([[column.sum() for column in measure.columns]], float)
            found[measure.metric] = float(measure.function(totals)[0])
    return found


@pytest.fixture
def model(units, tmp_path):
    """A SentencePiece model of the English text; it puts a space before the first word."""
    content = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(units["en"]),
        model_writer=content,
        vocab_size=90,
        minloglevel=2,
        num_threads=1,
    )
    path = tmp_path / "english.model"
    path.write_bytes(content.getvalue())
    return from_file(path)


def test_characters_per_word_in_running_text():
    """`a bc` and `déf`: three words of 1, 2 and 3 characters; spaces belong to no word."""
    found = values({"en": ["a  bc!", "déf"]}, Characters())
    assert found == {
        "fertility": pytest.approx(6 / 3),
        "continued_words": pytest.approx(2 / 3),
        "single_token_retention": pytest.approx(1 / 3),
    }


def test_bytes_per_word_count_every_byte():
    assert values({"en": ["a  bc!", "déf"]}, Bytes())["fertility"] == pytest.approx(7 / 3)


def test_a_token_over_two_words_serves_both(families):
    class Superword(Bytes):
        def encode(self, texts):
            one = super().encode(texts)
            return type(one)(np.zeros(len(texts), np.uint32), np.arange(len(texts) + 1))

        def byte_table(self):
            return type(super().byte_table()).of([b"of the sea"])

    assert values({"en": ["of the sea"]}, Superword())["fertility"] == 1.0


def test_tokens_of_a_model_that_puts_a_space_first_fall_on_the_same_words(units, model):
    text = units["en"][0]
    ids = model.encode([text]).ids
    tokens = [model.token_bytes()[one] for one in ids.tolist()]
    assert b"".join(tokens) == b" " + text.encode()
    ends = np.cumsum([len(token) for token in tokens]) - 1
    starts = np.concatenate([[-1], ends[:-1]])
    by_hand = [
        sum(int(start < right and end > left) for start, end in zip(starts, ends, strict=True))
        for left, right in SPACES.spans(text)
    ]
    assert values({"en": [text]}, model)["fertility"] == pytest.approx(np.mean(by_hand))


def test_a_word_after_a_space_costs_what_it_costs_in_running_text(units, families):
    vocabulary = families["bpe-400"].members["en"]
    text = "the teacher"
    assert pieces(vocabulary, ["teacher"], after_space=True)[0] == (
        vocabulary.encode([text]).counts[0] - vocabulary.encode(["the"]).counts[0]
    )


@pytest.mark.parametrize(("code", "spaces"), [("zho_Hans", False), ("zh-pinyin", True)])
def test_a_word_of_a_script_without_spaces_is_encoded_without_one(monkeypatch, code, spaces):
    given = []
    monkeypatch.setattr(words, "pieces", lambda *args: given.append(args[2]) or np.ones(1))
    list(word_measures(spaced({code: ["中"]}), Family.shared(Bytes(), (code,))))
    assert given == [spaces]


def test_text_lost_in_tokens_counts_no_word(units, model):
    family = Family.shared(model, ("en",))
    texts = {"en": [units["en"][0], "слово"]}
    fertility = next(iter(word_measures(spaced(texts), family)))
    assert fertility.counted == 1
    assert fertility.columns[1].tolist() == [len(SPACES.spans(units["en"][0])), 0]


class Whole(Characters):
    """One token for `cat` and for `dog`, an unknown one for anything else, as in WordPiece."""

    unk_id = 0
    table = ByteTable.of([None, b"cat", b"dog"])

    def encode(self, texts):
        ids = [{"cat": 1, "dog": 2}.get(text.strip(), 0) for text in texts]
        return Encoding(np.array(ids, np.uint32), np.arange(len(texts) + 1))

    def byte_table(self):
        return self.table


def test_an_unknown_word_is_not_kept_as_one_token():
    assert pieces(Whole(), ["cat", "hen", "catfish"], after_space=True).tolist() == [1, 0, 0]
    kept = values({"en": ["cat", "dog", "hen"]}, Whole())["single_token_retention"]
    assert kept == pytest.approx(2 / 3)


def test_a_word_that_its_tokens_do_not_spell_is_not_kept():
    class Shortened(Whole):
        unk_id = None
        table = ByteTable.of([b"h", b"cat", b"dog"])

    assert pieces(Shortened(), ["cat", "hen", "h"], after_space=True).tolist() == [1, 0, 1]


def test_units_with_unknown_forms_count_no_word(monkeypatch):
    monkeypatch.setattr(words.Segmenter, "lemma", lambda _, word: word.lower())
    forms = replace(SPACES, name="forms", lemmas=True)
    segmented = SegmentedText({"en": ["Cat dog", "cat hen"]}, {"en": (forms,)})
    fertility = next(iter(word_measures(segmented, Family.shared(Whole(), ("en",)))))
    assert fertility.counted == 1
    assert [column.tolist() for column in fertility.columns] == [[2, 0], [2, 0]]


def test_texts_are_cut_once_for_all_vocabularies(monkeypatch):
    calls = []
    monkeypatch.setattr(
        words, "_byte_spans", lambda text, _: calls.append(text) or np.zeros((0, 2), np.int64)
    )
    segmented = spaced({"en": ["a b"]})
    for vocabulary in (Bytes(), Characters()):
        list(word_measures(segmented, Family.shared(vocabulary, ("en",))))
    assert calls == ["a b"]


def test_a_second_segmenter_may_be_missing_the_first_may_not(monkeypatch):
    def missing(segmenter):
        if segmenter.name in absent:
            raise InputError(f"words need {segmenter.name}")

    monkeypatch.setattr(words.Segmenter, "check", missing)
    said, absent = [], {"wapic"}
    chosen = SegmentedText.of({"zh": ["老师"]}, said.append).segmenters
    assert [one.name for one in chosen["zh"]] == ["jieba"]
    assert said == ["wapic is left out: words need wapic"]
    absent = {"jieba"}
    with pytest.raises(InputError, match="words need jieba"):
        SegmentedText.of({"zh": ["老师"]}, said.append)


def test_words_as_a_control_are_counted_and_never_comparable(setting):
    texts = {"en": ["one two", "three"], "fi": ["yksi", "kaksi, kolme yksi"]}
    (family,) = word_families(spaced(texts), "unit").items()
    name, found = family
    assert (name, found.tokens.tolist()) == ("words", [[2, 1], [1, 3]])
    assert [one.size for one in found.vocabularies] == [3, 3]
    assert sorted(found.histograms[1].tolist()) == [1, 1, 2]
    rows = metric_rows(setting, {name: found}, text_statistics(texts), [0, 1])
    values = {(row["metric"], row["language"]): row["value"] for row in rows}
    assert values["token_premium", "fi"] == 4 / 3
    assert not any(row["comparable"] for row in rows)


def test_a_second_segmenter_makes_a_second_family():
    other = replace(SPACES, name="other")
    texts = {"en": ["a b"], "zh": ["c d"]}
    families = word_families(SegmentedText(texts, {"en": (SPACES,), "zh": (SPACES, other)}), "unit")
    names = {name: [one.name for one in found.vocabularies] for name, found in families.items()}
    assert names == {
        "words": ["unicode-words", "unicode-words"],
        "words-other": ["unicode-words", "other"],
    }
    assert word_families(SegmentedText(texts, {"en": (SPACES,), "zh": ()}), "unit") == {}

"""Sufficient statistics: what they hold, what does not change them, and their files."""

import random

import numpy as np
import pytest

from bench.errors import InputError
from bench.tokenization import TextStatistics, TokenStatistics, text_statistics, tokenize
from bench.vocabularies import Family, family_from_directory, parse, published, train

UNITS = {
    "en": ["The gate is open.", "", "Two keys, one lock.", "naïve café ☕"],
    "ru": ["Калитка открыта.", "", "Два ключа, один замок.", "наивное кафе ☕"],
    "zh": ["门开着。", "", "两把钥匙,一把锁。", "天真的咖啡馆 ☕"],
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A BPE and a Unigram family, the latter with one file for all languages."""
    folder = tmp_path_factory.mktemp("families")
    texts = {language: units * 3 for language, units in UNITS.items()}
    names = {"bpe-270-per-language": "bpe", "unigram-320-joint-content": "unigram"}
    for name, kind in names.items():
        train(parse(name), texts, folder / kind)
    return {kind: family_from_directory(folder / kind) for kind in names.values()}


@pytest.fixture(params=["bpe", "unigram", "bytes", "characters"])
def family(request, trained):
    if request.param in trained:
        return trained[request.param]
    return Family.shared(published(request.param), ["en", "ru", "zh"])


def test_counts_histograms_and_bytes_agree(family):
    found, text = tokenize(UNITS, family), text_statistics(UNITS)
    assert found.tokens.shape == (4, 3) and found.round_trip.all() and not found.unknown.any()
    assert found.tokens[1].tolist() == [0, 0, 0]
    for place in range(3):
        histogram, facts = found.histograms[place], found.vocabularies[place]
        assert histogram.sum() == found.tokens[:, place].sum()
        assert histogram @ facts.token_bytes == text.bytes[:, place].sum()


def test_text_sizes():
    found = text_statistics(UNITS)
    assert found.bytes[0].tolist() == [17, 30, 12]
    assert found.characters[3].tolist() == [12, 14, 8]


def test_permuting_units_permutes_counts_only(family):
    order = list(range(4))
    random.Random(3).shuffle(order)
    moved = tokenize({lang: [units[i] for i in order] for lang, units in UNITS.items()}, family)
    found = tokenize(UNITS, family)
    assert (moved.tokens == found.tokens[order]).all()
    for one, other in zip(moved.histograms, found.histograms, strict=True):
        assert (one == other).all()


def test_files_are_equal_byte_for_byte_and_read_back(family, tmp_path):
    found = tokenize(UNITS, family)
    for name in ("a.npz", "b.npz"):
        found.save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = TokenStatistics.load(tmp_path / "a.npz")
    assert (again.family, again.mode, again.languages) == (family.name, "unit", ("en", "ru", "zh"))
    for key in ("tokens", "unknown", "round_trip"):
        assert (getattr(again, key) == getattr(found, key)).all()
    for one, other in zip(again.vocabularies, found.vocabularies, strict=True):
        assert (one.name, one.kind, one.digest, one.size, one.unk_id) == (
            (other.name, other.kind, other.digest, other.size, other.unk_id)
        )
        for key in ("token_bytes", "partial", "fallback"):
            assert (getattr(one, key) == getattr(other, key)).all()
    for one, other in zip(again.histograms, found.histograms, strict=True):
        assert (one == other).all()


def test_text_statistics_file(tmp_path):
    found = text_statistics(UNITS, "joined")
    found.save(tmp_path / "text.npz")
    again = TextStatistics.load(tmp_path / "text.npz")
    assert again.languages == ("en", "ru", "zh") and (again.bytes == found.bytes).all()


def test_joined_is_one_text_with_single_spaces():
    family = Family.shared(published("bytes"), ["en", "ru", "zh"])
    found = tokenize(UNITS, family, "joined")
    assert found.tokens.tolist() == [[len(" ".join(units).encode()) for units in UNITS.values()]]


def test_partial_characters_and_fallback_are_marked(trained):
    bpe = tokenize(UNITS, trained["bpe"])
    zh, table = bpe.vocabularies[2], trained["bpe"].members["zh"].byte_table()
    halves = [i for i in np.flatnonzero(bpe.histograms[2]) if not whole(table[i])]
    assert np.flatnonzero(zh.partial).tolist() == halves and halves
    unigram = tokenize(UNITS, trained["unigram"]).vocabularies[0]
    assert unigram.fallback.sum() == 256 and not (unigram.partial & ~unigram.fallback).any()


def whole(token: bytes) -> bool:
    try:
        return bool(token.decode())
    except UnicodeDecodeError:
        return False


def test_unknown_tokens_are_counted_and_do_not_round_trip(tmp_path):
    from bench.vocabularies import from_file

    path = tmp_path / "vocab.txt"
    path.write_text("[UNK]\nthe\ngate\n", encoding="utf-8")
    texts = {"en": ["the gate", "the wall"], "zh": ["门", "the"]}
    found = tokenize(texts, Family.shared(from_file(path), ["en", "zh"]))
    assert found.unknown.tolist() == [[0, 1], [1, 0]]
    assert found.round_trip.tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({}, "got none"),
        ({"en": ["a"], "ru": []}, "as many units in every language; got en 1, ru 0"),
        ({"en": ["a"], "de": ["b"]}, "bytes has no vocabulary for de"),
        ({"en": ["a", "\udc00"], "ru": ["b", "c"]}, r"en, text 2, character 1: unpaired surrogate"),
    ],
)
def test_bad_input(texts, reason):
    with pytest.raises(InputError, match=reason):
        tokenize(texts, Family.shared(published("bytes"), ["en", "ru"]))


def test_not_a_statistics_file(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(InputError, match="not a statistics file"):
        TokenStatistics.load(tmp_path / "x.npz")
    text_statistics(UNITS).save(tmp_path / "y.npz")
    with pytest.raises(InputError, match="holds no token statistics"):
        TokenStatistics.load(tmp_path / "y.npz")


def test_a_text_that_would_need_all_memory_is_refused():
    texts = {"en": ["a", "b"], "ru": ["в", "г" * (2**24 + 1)]}
    with pytest.raises(InputError, match="ru, text 2 has 16,777,217 characters, the limit is"):
        tokenize(texts, Family.shared(published("bytes"), ["en", "ru"]))

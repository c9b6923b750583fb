"""`make roundtrip`: 100,000 generated strings, and every packaged corpus in every language.

Not part of `make test`: building the corpora takes minutes. Corpora that are not in the cache are
fetched.
"""

import random

import pytest

import corpora
from bench.vocabularies.glyphs.alphabet import HAN, PRIVATE
from bench.vocabularies.glyphs.codec import Codec
from bench.vocabularies.glyphs.coverage import coverage
from bench.vocabularies.glyphs.learning import learn
from bench.vocabularies.glyphs.table import GlyphTable

STRINGS = 100_000
PHRASES = (" the", "the", " the key", "ing", " стол", "ами", " столами", "门", "开门", "Close it.")
PIECES = [*PHRASES, *"\ue000\ue001\ue00a\uf8ff\U000f0000\U0010fffd一丁龥\n\r \0", "key", "ми"]
CORPORA = ("libreoffice-help", "debian-handbook", "wesnoth", "quran", "udhr", "interface-strings")


def generated(seed: int) -> list[str]:
    """Strings of phrases, reserved characters and any character at all."""
    draw = random.Random(seed)
    surrogates = range(0xD800, 0xE000)

    def piece() -> str:
        point = draw.randrange(0x110000)
        return draw.choice(PIECES) if draw.random() < 0.7 or point in surrogates else chr(point)

    return ["".join(piece() for _ in range(draw.randrange(12))) for _ in range(STRINGS)]


@pytest.mark.parametrize("signs", [PRIVATE, HAN], ids=lambda one: one.name)
def test_generated_strings_come_back(signs):
    codec, texts = Codec(GlyphTable(PHRASES, (1,) * len(PHRASES), signs)), generated(0)
    coded = codec.encode_all(texts)
    assert [codec.decode(one) for one in coded] == texts
    assert sum(map(len, coded)) < sum(map(len, texts)) or signs is HAN


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_comes_back(name):
    corpus = corpora.load(name)
    for language in corpus.languages:
        texts = corpus.texts(language)
        table = learn(texts, 64 if name == "udhr" else 1024)
        found = coverage(Codec(table), texts)  # CheckFailed where a text does not come back
        assert found.units == len(texts) and found.coded.signs < found.plain.signs
        print(f"{name} {language}: {found.units:,} units, {found.plain.utf8:,} bytes come back")

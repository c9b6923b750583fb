"""Every text comes back; what is no glyph text is refused with its place."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import InputError
from bench.vocabularies.glyphs import stream
from bench.vocabularies.glyphs.alphabet import HAN, PRIVATE
from bench.vocabularies.glyphs.codec import Codec
from bench.vocabularies.glyphs.table import GlyphTable

EXAMPLES = 100  # `make roundtrip` codes 100,000 strings
PHRASES = (" the", "the", " the key", "ing", " стол", "ами", " столами", "门", "开门", "Close it.")
SIGNS = ["", "\ue000", "\ue001", "\ue00a", "\uf8ff", "\U000f0000", "\U0010fffd", "一", "丁", "龥"]
CODECS = {signs.name: Codec(GlyphTable(PHRASES, (1,) * 10, signs)) for signs in (PRIVATE, HAN)}

characters = st.characters(exclude_categories=["Cs"])
pieces = st.sampled_from([*PHRASES, *SIGNS, "\n", "\r\n", " ", "\0", "key", "ми", "门"])
texts = st.lists(pieces | st.text(characters, max_size=6), max_size=12).map("".join)


@pytest.mark.parametrize("name", CODECS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(texts, max_size=4))
def test_every_text_comes_back(name, some):
    codec = CODECS[name]
    coded = codec.encode_all(some)
    assert [codec.decode(one) for one in coded] == some
    assert "".join(coded) == "".join(map(codec.encode, some))  # a text is coded by itself
    joined = "\n".join(some)
    assert codec.encode(joined) == "\n".join(coded)  # and line by line


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(pieces | st.text(characters, max_size=3), max_size=8).map("".join))
def test_decoding_answers_or_refuses(coded):
    codec = CODECS["private"]
    try:
        text = codec.decode(coded)
    except InputError as error:
        assert str(error).startswith("line ")
    else:
        assert codec.decode(codec.encode(text)) == text


def test_the_longest_phrase_at_the_border_of_words():
    codec = CODECS["private"]
    glyph = dict(zip(PHRASES, codec.table.glyphs, strict=True))
    assert codec.encode("the key") == glyph["the"] + " key"
    assert codec.encode("in the key") == "in" + glyph[" the key"]
    assert codec.encode("bathe other") == "bathe other"
    assert codec.encode("see столами столам") == "see" + glyph[" столами"] + glyph[" стол"] + "ам"
    assert codec.encode("running 开门") == "runn" + glyph["ing"] + " " + glyph["开门"]


def test_private_characters_of_the_text_stand_behind_an_escape():
    coded = CODECS["private"].encode("a\ue001\ue000 the\ufdd0")
    assert coded == "a\ue000\ue001\ue000\ue000\ue001\ufdd0"


@pytest.mark.parametrize(
    ("coded", "reason"),
    [
        ("ab\ncd\ue000", "line 2, character 3: broken escape: U+E000"),
        ("\ue000a", "line 1, character 1: broken escape: U+E000"),
        ("\ue000\ue000\n \ue000\ue001\ue000", "line 2, character 4: broken escape"),
        ("ok\ue00a\n\n\ue00b", "line 3, character 1: U+E00B is no glyph of this table"),
        ("x\U0010fffd", "line 1, character 2: U+10FFFD is no glyph"),
    ],
)
def test_broken_glyph_text_is_refused_with_its_place(coded, reason):
    with pytest.raises(InputError, match=reason.replace("+", r"\+")):
        CODECS["private"].decode(coded)


def test_an_unpaired_surrogate_is_refused():
    with pytest.raises(InputError, match=r"character 2: unpaired surrogate U\+D800"):
        CODECS["private"].encode("a\ud800")


def test_equal_hashes_are_not_taken_for_equal_phrases(monkeypatch):
    """With all hashes equal, characters alone decide."""
    from bench.vocabularies.glyphs.atoms import Atoms

    monkeypatch.setattr(Atoms, "hashes", lambda self, atoms, _: np.zeros(len(atoms), np.uint64))
    codec = Codec(GlyphTable((" the",), (1,)))
    assert codec.encode("in the key") == "in\ue001 key"


def test_streams_are_coded_in_blocks_and_places_are_those_of_the_file(monkeypatch):
    monkeypatch.setattr(stream, "_BLOCK", 7)
    codec = CODECS["private"]
    text = "in the key\r\n\nsee столами\n" * 5 + "no end the"
    coded, back = io.BytesIO(), io.BytesIO()
    stream.encode(codec, io.BytesIO(text.encode()), "a", coded)
    assert coded.getvalue().decode() == codec.encode(text)
    stream.decode(codec, io.BytesIO(coded.getvalue()), "a", back)
    assert back.getvalue() == text.encode()
    broken = codec.encode(text).encode() + "\ue000".encode()
    with pytest.raises(InputError, match="a, line 16, character 8: broken escape"):
        stream.decode(codec, io.BytesIO(broken), "a", io.BytesIO())
    with pytest.raises(InputError, match="b, line 2, byte 10 of the file: not UTF-8"):
        stream.encode(codec, io.BytesIO(b"12345678\n\xff"), "b", io.BytesIO())


def test_a_table_without_phrases_spells_everything():
    assert Codec(GlyphTable((), ())).encode("in the key") == "in the key"

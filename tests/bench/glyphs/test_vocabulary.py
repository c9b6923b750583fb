"""Glyph text under BPE: the size asked for, the text's own bytes, and what a table costs."""

import json
import lzma
import subprocess
import sys

import numpy as np
import pytest

from bench.errors import InputError
from bench.vocabularies import (
    family_from_directory,
    from_file,
    is_trained_name,
    parse,
    train,
)
from bench.vocabularies.charges import charges, described
from bench.vocabularies.glyphs.vocabulary import GlyphVocabulary

NAME = "glyphs-16+bpe-284-per-language"
HOSTILE = [
    *("", " ", "\ue000", "\ue001\ue000 The keeper\ue001", "\U0010fffd\n\r\n\0", "e\u0301 👩‍👧🇷🇺"),
    *("a <|endoftext|> b", "ĀĠ Ċ¡", "кораблями\ue00fs", "在起雾之前。\uf8ff", "x" * 999),
]


@pytest.fixture(scope="module", params=["", "-none", "-whitespace"])
def family(request, story, tmp_path_factory):
    name, folder = NAME + request.param, tmp_path_factory.mktemp("family")
    train(parse(name), {"en": story.split("\n")}, folder)
    return family_from_directory(folder)


def test_exact_size_and_the_text_back(family, story):
    member = family.members["en"]
    assert member.size == len(member.byte_table()) == 300 and family.name.startswith(NAME)
    texts = [*story.split("\n"), *HOSTILE]
    encoding = member.encode(texts)
    assert member.round_trips(texts, encoding).all()
    assert [member.decode(encoding[n].tolist()) for n in range(len(texts))] == texts
    spelled = member.token_bytes()
    for n, text in enumerate(texts):
        assert sum(len(spelled[one]) for one in encoding[n]) == len(text.encode())


def test_each_text_is_encoded_alone(family, story):
    member, texts = family.members["en"], [*story.split("\n")[:9], *HOSTILE]
    together = member.encode(texts)
    for n, text in enumerate(texts):
        assert np.array_equal(together[n], member.encode([text]).ids)


def test_a_glyph_is_a_token_and_fewer_are_needed(family, story, tmp_path):
    """Every glyph is an entry, and the vocabulary of the same size without them needs more."""
    member, texts = family.members["en"], story.split("\n")
    spelled = member.token_bytes()
    assert {phrase.encode() for phrase in member.table.phrases} <= set(spelled)
    train(parse(NAME.replace("glyphs-16+bpe-284", "bpe-300")), {"en": texts}, tmp_path)
    plain = family_from_directory(tmp_path).members["en"]
    assert len(member.encode(texts).ids) < len(plain.encode(texts).ids)


def test_same_bytes_in_another_process(story, tmp_path):
    script = (
        "import sys, pathlib; from bench.vocabularies import parse, train;"
        "texts = {'en': sys.stdin.read().split('\\n')};"
        "train(parse(sys.argv[1]), texts, pathlib.Path(sys.argv[2]))"
    )
    for place in ("1", "2"):
        arguments = [sys.executable, "-c", script, NAME, str(tmp_path / place)]
        subprocess.run(arguments, input=story, text=True, check=True)
    made = [(tmp_path / place / "en.glyphs").read_bytes() for place in ("1", "2")]
    assert made[0] == made[1]


def test_names():
    spec = parse("glyphs-1024+bpe-3072-per-language-none")
    assert (spec.glyphs, spec.size, spec.pretokenizer) == (1024, 3072, "none")
    assert spec.name == "glyphs-1024+bpe-3072-per-language-none" and is_trained_name(spec.name)
    for wrong in ("glyphs-9+unigram-999-per-language", "glyphs-0+bpe-999-per-language", "glyphs-9"):
        with pytest.raises(InputError):
            parse(wrong)


def test_a_size_the_text_does_not_support_is_refused(story, tmp_path):
    texts = {"en": story.split("\n")}
    with pytest.raises(InputError, match=r"en: the text supports 608 entries .* 9,000 were asked"):
        train(parse("glyphs-4+bpe-9000-per-language"), texts, tmp_path)
    with pytest.raises(InputError, match=r"60\+bpe-600-per-language, en: the glyph text supports"):
        train(parse("glyphs-60+bpe-600-per-language"), texts, tmp_path)
    with pytest.raises(InputError, match="useful glyphs, 9,000 were asked for"):
        train(parse("glyphs-9000+bpe-300-per-language"), texts, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def file(story, tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    train(parse(NAME), {"en": story.split("\n")}, folder)
    return folder / "en.glyphs"


def test_a_file_of_a_family_is_a_vocabulary_by_its_path(file, story):
    alone, member = from_file(file), family_from_directory(file.parent).members["en"]
    assert (alone.kind, alone.digest, alone.size) == ("glyphs", member.digest, 300)
    assert np.array_equal(alone.encode([story]).ids, member.encode([story]).ids)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"merges": [', '"merges": [["Ġ", "!"], '),  # a merge whose token is no entry
        ('"Ā": 188', '"Ā": 189'),  # a number twice
        ('"Ā": 188', '"Ā": "x"'),
        ('"pattern"', '"patern"'),
        ('"pattern": ', '"pattern": "(a+)+$", "older": '),  # one that the suite never wrote
        ('"merges": [', '"merges": [["", "Ā"], '),
        ("U+E001", "U+E002"),
        ("}\n", ""),
    ],
)
def test_a_changed_file_is_refused(old, new, file):
    raw = file.read_text("utf-8")
    assert old in raw
    with pytest.raises(InputError, match=r"x\.glyphs"):
        GlyphVocabulary.read("x", raw.replace(old, new).encode(), "x.glyphs")


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"table": 3, "pattern": null, "model": {}}'])
def test_another_file_is_refused(raw):
    with pytest.raises(InputError, match=r"x\.glyphs"):
        GlyphVocabulary.read("x", raw, "x.glyphs")


def test_the_charge_is_what_xz_makes_of_phrases_and_merges(story, tmp_path):
    train(parse(NAME), {"en": story.split("\n"), "ru": story.split("\n")}, tmp_path)
    lines = described(tmp_path / "en.glyphs").decode().split("\n")[:-1]
    content = json.loads((tmp_path / "en.glyphs").read_bytes())
    table = GlyphVocabulary.read("x", (tmp_path / "en.glyphs").read_bytes(), "x").table
    assert lines[:16] == list(table.phrases)
    assert lines[16:] == [" ".join(pair) for pair in content["model"]["merges"]]
    assert len(lines) == 16 + 28  # 300 entries less 256 bytes less 16 glyphs
    data = "".join(f"{line}\n" for line in lines).encode()
    expected = 8 * len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)) / 50
    assert charges(tmp_path, 50) == {"en": expected, "ru": expected}


def test_unigram_and_joint_families_are_charged_too(story, tmp_path):
    units = {"en": story.split("\n"), "ru": story.split("\n")}
    train(parse("unigram-400-joint-content"), units, tmp_path / "u")
    lines = described(tmp_path / "u" / "joint.model").decode().split("\n")[:-1]
    assert len(lines) == 400 - 256 and all("\t" in line for line in lines)
    found = charges(tmp_path / "u", 100)
    assert found["en"] == found["ru"] > 0

"""Trained vocabularies: exactly the size, always the same bytes, or a reason."""

import os
import subprocess
import sys

import numpy as np
import pytest

from bench.errors import InputError
from bench.vocabularies import TrainSpec, family_from_directory, is_trained_name, parse, train
from bench.vocabularies.training import pooled

NAMES = [
    "bpe-300-per-language",
    "bpe-320-joint-content",
    "bpe-300-joint-bytes-whitespace",
    "bpe-300-joint-natural-none",
    "char-bpe-640-joint-content",
    "parity-bpe-300-joint-content",
    "unigram-560-joint-content",
    "unigram-540-joint-content-none",
]


@pytest.mark.parametrize("name", NAMES)
def test_exact_size_and_round_trip(name, units, hostile, tmp_path):
    train(parse(name), units, tmp_path)
    family = family_from_directory(tmp_path)
    assert family.name == name and set(family.members) == set(units)
    texts = [*units["en"], *units["ru"], *units["zh"], *hostile.values()]
    for member in family.members.values():
        assert member.size == parse(name).size == len(member.byte_table())
        encoding = member.encode(texts)
        unmarked = ["▁" not in text for text in texts]
        assert member.round_trips(texts, encoding)[unmarked].all()
        assert [member.decode(encoding[n].tolist()) for n in np.flatnonzero(unmarked)] == [
            text for text in texts if "▁" not in text
        ]


@pytest.mark.parametrize(
    "name", ["bpe-300-per-language", "parity-bpe-300-joint-content", "unigram-560-joint-content"]
)
def test_same_bytes_whatever_the_threads(name, units, tmp_path):
    script = (
        "import json, pathlib, sys; from bench.vocabularies import parse, train;"
        "train(parse(sys.argv[1]), json.load(sys.stdin), pathlib.Path(sys.argv[2]))"
    )
    import json

    for threads in ("1", "4"):
        subprocess.run(
            [sys.executable, "-c", script, name, str(tmp_path / threads)],
            input=json.dumps(units),
            env={**os.environ, "RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": threads},
            text=True,
            check=True,
        )
    files = sorted(path.name for path in (tmp_path / "1").iterdir())
    for file in files:
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "4" / file).read_bytes()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bpe-4096-per-language", r"en: the text supports \d+ entries .* 4,096 were asked for"),
        ("unigram-4096-joint-content", r"supports at most [\d,]+ entries, 4,096 were asked for"),
        ("unigram-300-joint-content", r"300 entries cannot hold the text's characters"),
    ],
)
def test_a_size_the_text_does_not_support_is_refused(name, reason, units, tmp_path):
    with pytest.raises(InputError, match=reason):
        train(parse(name), units, tmp_path)
    assert not list(tmp_path.iterdir())


def test_no_text_is_refused(tmp_path):
    with pytest.raises(InputError, match="zh: there is no text to train on"):
        train(parse("bpe-300-per-language"), {"en": ["abc"] * 99, "zh": [""]}, tmp_path)


@pytest.mark.parametrize("name", [*NAMES, "unigram-4096-joint-content-gpt4-tokenizers"])
def test_names_are_read_back(name):
    assert parse(name).name == name and is_trained_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "gpt2",
        "bpe-4096",
        "bpe-100-per-language",
        "char-bpe-999-joint-content-gpt4",
        "wordpiece-9-x",
    ],
)
def test_other_names_are_refused(name):
    with pytest.raises(InputError):
        parse(name)


def test_parity_needs_languages_together():
    with pytest.raises(InputError, match="joint scope"):
        TrainSpec("parity-bpe", 4096)


def test_pools(units):
    assert pooled("joint-content", units) == units
    by_bytes = pooled("joint-bytes", units)
    sizes = {lang: sum(len(text.encode()) for text in some) for lang, some in by_bytes.items()}
    shortest = min(sum(len(text.encode()) for text in some) for some in units.values())
    assert max(sizes.values()) <= shortest and min(sizes.values()) > 0.8 * shortest
    with pytest.raises(InputError, match="same units in every language; got en 12, ru 11"):
        pooled("joint-content", {"en": units["en"], "ru": units["ru"][:11]})


def test_long_units_are_not_dropped(units, tmp_path):
    """SentencePiece's default forgets sentences over 4,192 bytes."""
    whole = {language: [" ".join(some) * 9] for language, some in units.items()}
    train(parse("unigram-560-joint-content"), whole, tmp_path)
    assert family_from_directory(tmp_path).members["zh"].size == 560


def test_a_changed_or_missing_file_is_refused(units, tmp_path):
    train(parse("bpe-300-joint-content"), units, tmp_path)
    (tmp_path / "joint.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="changed after training"):
        family_from_directory(tmp_path)
    (tmp_path / "joint.json").unlink()
    with pytest.raises(InputError, match="holds no trained vocabulary"):
        family_from_directory(tmp_path)

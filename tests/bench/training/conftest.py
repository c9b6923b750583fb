"""A small parallel text of this project's own, and runs small enough for a test."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.training.batches import Stream
from bench.training.data import RunData, Split, VocabularyFacts
from bench.training.spec import Budget, Optimiser, RunSpec, Schedule, Stage

SUBJECTS = {"en": ["the cat", "a small dog", "our old friend", "this machine", "the river"],
            "ru": ["кошка", "маленькая собака", "наш старый друг", "эта машина", "река"],
            "zh": ["猫", "一只小狗", "我们的老朋友", "这台机器", "河"]}  # fmt: skip
VERBS = {"en": ["sees", "does not find", "slowly follows", "remembers"],
         "ru": ["видит", "не находит", "медленно идёт за", "помнит"],
         "zh": ["看见", "没有找到", "慢慢跟着", "记得"]}  # fmt: skip
OBJECTS = {"en": ["the moon", "a long road", "its own house", "three words", "nothing"],
           "ru": ["луну", "длинную дорогу", "свой дом", "три слова", "ничего"],
           "zh": ["月亮", "一条长路", "自己的家", "三个词", "什么都没有"]}  # fmt: skip
VOCABULARY = 256  # bytes


def sentence(language: str, numbers: tuple[int, int, int]) -> str:
    """The same content in each language."""
    subject, verb, object_ = numbers
    space = "" if language == "zh" else " "
    words = (SUBJECTS[language][subject], VERBS[language][verb], OBJECTS[language][object_])
    return space.join(words)


def split_of(units: int, seed: int, languages: Mapping[str, str]) -> Split:
    """`units` units in documents of 1 to 7; `languages` maps a name to the text it carries."""
    rng = np.random.default_rng(seed)
    chosen = np.stack([rng.integers(0, n, units) for n in (5, 4, 5)], axis=1)
    documents = np.repeat(np.arange(units), rng.integers(1, 8, units))[:units]
    texts = {
        name: tuple(sentence(source, tuple(row)) for row in chosen.tolist())
        for name, source in languages.items()
    }
    streams = {name: bytes_stream(own) for name, own in texts.items()}
    return Split(documents, streams, texts)


def bytes_stream(texts: tuple[str, ...]) -> Stream:
    """The stream of texts under the vocabulary of bytes."""
    pieces = [text.encode() for text in texts]
    offsets = np.cumsum([0] + [len(piece) for piece in pieces])
    return Stream.of(np.frombuffer(b"".join(pieces), np.uint8), offsets, VOCABULARY)


def made(languages: Mapping[str, str], order: str = "natural") -> RunData:
    """Data of three splits over the byte vocabulary."""
    facts = {name: VocabularyFacts("bytes", "0" * 64, VOCABULARY) for name in languages}
    splits = {
        name: split_of(units, seed, languages)
        for seed, (name, units) in enumerate({"train": 96, "validation": 24, "test": 30}.items())
    }
    return RunData("toy", "1" * 64, order, "en", "bytes", facts, splits)


@pytest.fixture
def make_data() -> Callable[..., RunData]:
    """`made`: name -> the language whose text it carries."""
    return made


@pytest.fixture
def make_split() -> Callable[..., Split]:
    """`split_of`."""
    return split_of


@pytest.fixture
def data() -> RunData:
    return made({"en": "en", "ru": "ru", "zh": "zh"})


SMALL = {"architecture": "transformer", "width": 16, "layers": 1, "heads": 2, "dropout": 0.1}


@pytest.fixture
def spec() -> Callable[..., RunSpec]:
    """A run of a few steps; keywords replace fields of the spec or of its only stage."""

    def make(**changes: Any) -> RunSpec:
        stage = Stage(SMALL, Budget("content", 2.0), Optimiser(lr=2e-2), Schedule())
        own = {key: changes.pop(key) for key in list(changes) if hasattr(stage, key)
               and key not in ("model", "name")}  # fmt: skip
        if "fields" in changes:
            own["model"] = changes.pop("fields")
        plain = {"context_units": 3, "batch_units": 16, "chunk_tokens": 512, "evaluations": 4}
        stages = (replace(stage, **own),)
        named = {"model": "small", "languages": ("en",), "stages": stages}
        return RunSpec(**{**named, **plain, **changes})

    return make

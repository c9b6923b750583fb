"""A small trilingual text, a byte BPE trained on it in a moment, and their statistics."""

import sys
from pathlib import Path

import numpy as np
import pytest

from bench.metrics import Setting
from bench.tokenization import text_statistics, tokenize
from bench.vocabularies import Family, Vocabulary
from bench.vocabularies.controls import Bytes, Characters
from bench.vocabularies.sources import from_file

sys.path.insert(0, str(Path(__file__).parents[1]))

import tiny

DOCUMENTS = 70


def trained(size: int, text: list[str], path: Path) -> Vocabulary:
    """A byte BPE of `tokenizers`, saved under the path and opened as a user's file."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, show_progress=False, special_tokens=[]
    )
    tokenizer.train_from_iterator(text, trainer)
    tokenizer.save(str(path))
    return from_file(path, path.stem)


@pytest.fixture(scope="session")
def units() -> dict[str, list[str]]:
    return tiny.texts(DOCUMENTS)


@pytest.fixture(scope="session")
def documents() -> np.ndarray:
    sizes = [len(document) for document in tiny.documents(DOCUMENTS)]
    return np.repeat(np.arange(len(sizes)), sizes)


@pytest.fixture(scope="session")
def families(units: dict[str, list[str]], tmp_path_factory) -> dict[str, Family]:
    languages, folder = tuple(units), tmp_path_factory.mktemp("vocabularies")
    every_text = [text for texts in units.values() for text in texts]
    together = trained(400, every_text, folder / "bpe-400.json")
    alone = {
        language: trained(320, units[language], folder / f"bpe-320.{language}.json")
        for language in units
    }
    return {
        "bytes": Family.shared(Bytes(), languages),
        "characters": Family.shared(Characters(), languages),
        "bpe-400": Family.shared(together, languages),
        "bpe-320-per-language": Family("bpe-320-per-language", alone),
    }


@pytest.fixture(scope="session")
def statistics(units, families):
    return {name: tokenize(units, family) for name, family in families.items()}


@pytest.fixture(scope="session")
def lengths(units):
    return text_statistics(units)


@pytest.fixture
def setting() -> Setting:
    return Setting("tiny", "c0ffee00" * 8, "all", resamples=300)

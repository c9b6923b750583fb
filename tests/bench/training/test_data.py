from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from bench.errors import InputError
from bench.training import data
from bench.vocabularies.protocol import Encoding, Family, packed
from corpora.parallel import ParallelCorpus


class Letters:
    """Characters below `size`; any other is the unknown token 0."""

    name, kind, digest, size, unk_id = "letters", "control", "a" * 64, 1200, 0

    def encode(self, texts: Sequence[str]) -> Encoding:
        ids = [[ord(c) if ord(c) < self.size else 0 for c in text] for text in texts]
        return packed([np.array(one, np.uint32) for one in ids])

    def round_trips(self, texts: Sequence[str], _: Encoding) -> NDArray[np.bool_]:
        """A hyphen is forgotten, as letters are by a vocabulary of ASCII without bytes."""
        return np.array(["-" not in text for text in texts])


def corpus(units: dict[str, int], surprise: str = "") -> ParallelCorpus:
    """Documents of four units; `surprise` is the Russian text of the last test unit."""
    rows: list[dict[str, Any]] = []
    for split, number in units.items():
        for i in range(number):
            english, russian = f"{split} unit {i}", f"{split} единица {i}"
            rows.append({"unit_id": f"{split}{i}", "document_id": f"{split}/{i // 4}",
                         "split": split, "en": english, "ru": russian})  # fmt: skip
    if surprise:
        rows[-1]["ru"] = surprise
    table = pa.Table.from_pylist(rows)
    return ParallelCorpus("toy", "natural", ("en", "ru"), table)


WHOLE = {"train": 200, "validation": 40, "test": 32}
FAMILY = Family.shared(Letters(), ("en", "ru"))  # type: ignore[arg-type]


def test_splits_hold_the_same_units_in_every_language() -> None:
    made = data.prepare(corpus(WHOLE), FAMILY)
    sizes = {name: split.units for name, split in made.splits.items()}
    assert sizes == {**WHOLE, "validation": 16}  # a twentieth of train, at least 16
    test = made.splits["test"]
    assert test.texts["ru"][0] == "test единица 0"
    assert test.bytes("ru")[0] == len("test единица 0".encode())
    assert test.characters("en")[0] == len("test unit 0")
    assert made.vocabularies["ru"].size == 1200
    assert all(stream.eou == 1200 for stream in test.streams.values())


def test_a_share_takes_whole_documents_and_leaves_test_alone() -> None:
    made = data.prepare(corpus(WHOLE), FAMILY, train_share=0.4, validation_units=20)
    train = made.splits["train"]
    assert train.units == 80
    assert set(np.bincount(train.documents)) == {4}
    assert made.splits["validation"].units == 20
    assert made.splits["test"].units == 32


def test_a_larger_share_holds_the_smaller_one() -> None:
    small, large = (
        set(data.prepare(corpus(WHOLE), FAMILY, train_share=s).splits["train"].texts["en"])
        for s in (0.4, 0.8)
    )
    assert small < large


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_split_too_small_is_refused_by_name(split: str) -> None:
    with pytest.raises(InputError, match=f"its {split} split has 8 units"):
        data.prepare(corpus({**WHOLE, split: 8}), FAMILY)


def test_a_vocabulary_that_cannot_encode_is_refused_with_the_unit() -> None:
    named = "letters cannot encode the ru test split of toy: 2 unknown tokens"
    with pytest.raises(InputError, match=named) as caught:
        data.prepare(corpus(WHOLE, surprise="два 汉字"), FAMILY)
    assert "the first in unit test31:" in str(caught.value)


def test_a_vocabulary_that_loses_text_without_a_word_is_refused_with_the_unit() -> None:
    """Without an unknown token a lost character looks like a cheap one."""
    named = r"letters loses text of the ru test split of toy: 1 units .* the first is test31:"
    with pytest.raises(InputError, match=named):
        data.prepare(corpus(WHOLE, surprise="кое-где"), FAMILY)


def test_a_family_without_the_language_is_refused() -> None:
    english = Family("mine", {"en": Letters()})  # type: ignore[dict-item]
    with pytest.raises(InputError, match="mine serves no ru"):
        data.prepare(corpus(WHOLE), english)


def test_digest_follows_what_runs_read(tmp_path: Path) -> None:
    one = data.prepare(corpus(WHOLE), FAMILY)
    same = data.prepare(corpus(WHOLE), FAMILY)
    other = data.prepare(corpus(WHOLE), FAMILY, train_share=0.5)
    assert one.digest == same.digest != other.digest

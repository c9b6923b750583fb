import lzma
import math

import numpy as np
import pytest

from bench.errors import InputError
from bench.training import floors
from bench.training.data import RunData


def test_order0_by_hand() -> None:
    """Train `ab`, `a`: symbols a a b and two ends, types 3; N + T = 8."""
    bits = floors.order0_bits(["ab", "a"], ["a", "b", "", "c"])
    unseen = 3 / 8 / (0x110000 - 0x800 - 2)
    expected = [2 * 2, 3 + 2, 2, -math.log2(unseen) + 2]
    assert bits == pytest.approx(expected)


def test_order0_is_a_distribution() -> None:
    train = ["наука", "science", "科学"]
    counts = {c for text in train for c in text}
    seen = sum(2.0 ** -(b - e) for b, e in _single(train, sorted(counts)))
    end = 2.0 ** -float(floors.order0_bits(train, [""])[0])
    unseen = _single(train, ["☃"])[0]
    escape = (0x110000 - 0x800 - len(counts)) * 2.0 ** -(unseen[0] - unseen[1])
    assert seen + end + escape == pytest.approx(1.0)


def _single(train: list[str], characters: list[str]) -> list[tuple[float, float]]:
    end = float(floors.order0_bits(train, [""])[0])
    return [(float(bits), end) for bits in floors.order0_bits(train, characters)]


def test_xz_is_what_the_definition_says() -> None:
    train, new = ["one line", "another line"], ["one more line"] * 3
    known, more = b"one line\nanother line\n", b"one more line\n" * 3
    sizes = [len(lzma.compress(x, preset=9 | lzma.PRESET_EXTREME)) for x in (known, known + more)]
    assert floors.xz_bits(train, new) == 8 * (sizes[1] - sizes[0]) / 3


def test_the_text_seen_costs_less_than_characters_alone(data: RunData) -> None:
    for language in data.languages:
        found = {name: floors.floor(name, data, language, 3, "test") for name in floors.FLOORS}
        means = {name: float(np.mean(bits)) for name, bits in found.items()}
        assert means["floor-kn5"] < means["floor-order0"] / 2
        assert means["floor-xz"] < means["floor-order0"]
        assert len(found["floor-kn5"]) == data.splits["test"].units  # type: ignore[arg-type]


def test_unknown_floor_is_refused(data: RunData) -> None:
    with pytest.raises(InputError, match="floor-kn5"):
        floors.floor("floor-kn4", data, "en", 1, "test")

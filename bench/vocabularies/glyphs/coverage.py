"""What a table does to a text: its length in signs and bytes, and what its glyphs stand for."""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.errors import CheckFailed
from bench.vocabularies.glyphs.atoms import Atoms
from bench.vocabularies.glyphs.codec import Codec

LENGTHS = (1, 2, 4, 8, 16)  # atoms: the shortest phrase of each class


@dataclass(frozen=True)
class Sizes:
    """One writing of a text, a unit a line."""

    signs: int  # characters, line ends left out
    utf8: int  # bytes
    xz: int  # bytes, preset 9 extreme

    @classmethod
    def of(cls, texts: Sequence[str]) -> Sizes:
        """Sizes of some texts."""
        joined = "".join(f"{text}\n" for text in texts).encode()
        return cls(sum(map(len, texts)), len(joined), xz(joined))


@dataclass(frozen=True)
class Coverage:
    """Shares are of the plain text's characters."""

    plain: Sizes
    coded: Sizes
    table_xz: int  # bytes of the compressed phrases, a line each
    by_length: tuple[float, ...]  # under phrases of so many atoms, by class of `LENGTHS`
    units: int
    units_in_one_sign: int


def xz(data: bytes) -> int:
    """Bytes of the data compressed."""
    return len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))


def phrases_xz(codec: Codec) -> int:
    """Bytes of a table's compressed phrases: what a reader of the glyph text must be given."""
    return xz("".join(f"{phrase}\n" for phrase in codec.table.phrases).encode())


def coverage(codec: Codec, texts: Sequence[str]) -> Coverage:
    """Code texts, check that they come back, and measure. CheckFailed names a text that does not.
    """  # fmt: skip
    coded = codec.encode_all(texts)
    for number, (text, glyphs) in enumerate(zip(texts, coded, strict=True), 1):
        if codec.decode(glyphs) != text:
            raise CheckFailed(f"text {number} does not come back from its glyphs")
    signs = set(codec.table.glyphs)
    return Coverage(
        Sizes.of(texts),
        Sizes.of(coded),
        phrases_xz(codec),
        _by_length(codec, texts),
        len(texts),
        sum(one.removesuffix("\r") in signs for one in coded),
    )


def _by_length(codec: Codec, texts: Sequence[str]) -> tuple[float, ...]:
    atoms = Atoms.of(texts)
    found = codec.find(atoms)
    lengths = np.searchsorted(atoms.starts, found.ends) - np.searchsorted(
        atoms.starts, found.begins
    )
    classes = np.searchsorted(LENGTHS, lengths, side="right") - 1
    characters = np.bincount(classes, found.ends - found.begins, minlength=len(LENGTHS))
    return tuple((characters / max(1, sum(map(len, texts)))).tolist())

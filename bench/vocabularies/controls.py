"""Two vocabularies nobody trained: bytes and characters. They say what segmentation buys."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.vocabularies.checks import utf8
from bench.vocabularies.protocol import ByteTable, Encoding, packed

CODE_POINTS = 0x110000


@dataclass(frozen=True)
class Bytes:
    """One token per UTF-8 byte, as ByT5 without its special tokens."""

    name: str = "bytes"
    kind: str = "control"
    size: int = 256
    unk_id: int | None = None

    @property
    def digest(self) -> str:
        """There is no file; the name's own hash."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def fallback_ids(self) -> NDArray[np.int64]:
        """None: bytes are the vocabulary, not its fallback."""
        return np.zeros(0, np.int64)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """The bytes of each text."""
        return packed([np.frombuffer(raw, np.uint8) for raw in utf8(texts)])

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a run of bytes; half a character becomes U+FFFD."""
        return bytes(int(token_id) for token_id in ids).decode(errors="replace")

    def token_bytes(self) -> list[bytes | None]:
        """Each id is its byte."""
        return [bytes([value]) for value in range(256)]

    def byte_table(self) -> ByteTable:
        """The same, flat."""
        return ByteTable.of(self.token_bytes())

    def normalise(self, text: str) -> str:
        """Nothing is changed."""
        return text

    def round_trips(self, texts: Sequence[str], encoding: Encoding) -> NDArray[np.bool_]:
        """Bytes are the text."""
        return np.ones(len(texts), bool)


@dataclass(frozen=True)
class Characters:
    """One token per Unicode code point (UTF-32), id = code point."""

    name: str = "characters"
    kind: str = "control"
    size: int = CODE_POINTS
    unk_id: int | None = None

    @property
    def digest(self) -> str:
        """There is no file; the name's own hash."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def fallback_ids(self) -> NDArray[np.int64]:
        """None."""
        return np.zeros(0, np.int64)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """The code points of each text."""
        utf8(texts)
        return packed([np.frombuffer(text.encode("utf-32-le"), np.uint32) for text in texts])

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a run of code points."""
        return "".join(chr(token_id) for token_id in ids)

    def token_bytes(self) -> list[bytes | None]:
        """The UTF-8 form of each code point; surrogates have none."""
        return [
            None if 0xD800 <= point <= 0xDFFF else chr(point).encode()
            for point in range(CODE_POINTS)
        ]

    def byte_table(self) -> ByteTable:
        """The UTF-8 form of each code point, in flat arrays."""
        points = np.arange(CODE_POINTS)
        lengths = 1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000)
        usable = (points < 0xD800) | (points > 0xDFFF)
        text = points[usable].astype("<u4").tobytes().decode("utf-32-le")
        data = np.frombuffer(text.encode(), np.uint8)
        starts = np.cumsum(np.where(usable, lengths, 0)) - np.where(usable, lengths, 0)
        return ByteTable(data, starts, np.where(usable, lengths, -1).astype(np.int32))

    def normalise(self, text: str) -> str:
        """Nothing is changed."""
        return text

    def round_trips(self, texts: Sequence[str], encoding: Encoding) -> NDArray[np.bool_]:
        """Code points are the text."""
        return np.ones(len(texts), bool)

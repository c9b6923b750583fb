"""SentencePiece's `.model` file, a protocol buffer, read and thinned out without the library.

The library offers pieces one call at a time, and builds its automaton of all of them; here the
250,000 pieces of a file are found in one pass, and a smaller model file is put together from the
pieces a text needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.protocol import ByteTable

SPACE = "▁"  # U+2581, how a model writes a space
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6  # SentencePiece's piece types

_BYTE_PIECE = re.compile(rb"<0x[0-9A-Fa-f]{2}>")
_PIECE = 0x0A  # the key of a piece, the file's first and repeated field
_SCORE, _TYPE = 0x15, 0x18  # the keys inside a piece after its text


@dataclass(frozen=True)
class ModelFile:
    """The pieces of a `.model` file, by id, and its switches."""

    raw: bytes = field(repr=False)
    begins: NDArray[np.int64] = field(repr=False)  # [ids + 1], where each piece's field starts
    written: ByteTable = field(repr=False)  # pieces as written, `▁` for a space
    types: NDArray[np.uint8] = field(repr=False)  # [ids]
    scores: NDArray[np.float32] = field(repr=False)  # [ids]
    unigram: bool
    dummy_prefix: bool  # whether a space is put before the text
    charsmap: bytes = field(repr=False)  # the compiled normalisation rules

    @classmethod
    def read(cls, raw: bytes, source: str) -> ModelFile:
        """Parse the protocol buffer; `source` names the file in errors."""
        try:
            return cls._parse(raw)
        except (IndexError, ValueError, OverflowError):
            raise InputError(
                f"{source}: not a SentencePiece model, or cut short; fetch it again"
            ) from None

    @classmethod
    def _parse(cls, raw: bytes) -> ModelFile:
        begins, heads = _pieces(raw)
        settings = dict(_fields(raw[begins[-1] :]))
        if 1 in settings:
            raise ValueError("pieces in two places: the library would count more than are here")
        trainer, normalizer = (
            dict(_fields(value)) if isinstance(value := settings.get(number), bytes) else {}
            for number in (2, 3)
        )
        written, types, scores = _columns(raw, begins, heads)
        if np.count_nonzero(types == UNKNOWN) != 1:
            raise ValueError("one unknown piece expected")
        if not all(map(_BYTE_PIECE.fullmatch, written.items(np.flatnonzero(types == BYTE)))):
            raise ValueError("a byte piece that names no byte")
        unigram, prefix = trainer.get(3, 1) == 1, bool(normalizer.get(3, 1))
        charsmap = normalizer.get(2, b"")
        if not isinstance(charsmap, bytes):
            raise ValueError("rules")
        return cls(raw, begins, written, types, scores, unigram, prefix, charsmap)

    def __len__(self) -> int:
        return len(self.types)

    @property
    def unknown(self) -> int:
        """The piece that stands for anything unknown."""
        return int(np.flatnonzero(self.types == UNKNOWN)[0])

    @property
    def control(self) -> NDArray[np.int64]:
        """The control pieces, which no text may reach."""
        return np.flatnonzero(self.types == CONTROL)

    @property
    def essential(self) -> NDArray[np.bool_]:
        """Pieces a thinned model keeps whatever the text, bool [ids].

        All that are not plain text, and the ones with the lowest and highest score: the library
        scores an unknown character relative to the lowest.
        """
        keep: NDArray[np.bool_] = self.types != NORMAL
        plain = np.flatnonzero(~keep)
        if len(plain):
            keep[plain[[self.scores[plain].argmin(), self.scores[plain].argmax()]]] = True
        return keep

    def thinned(self, ids: NDArray[np.int64]) -> bytes:
        """A model file with these pieces only, in their order; its ids are places in `ids`."""
        spans = zip(self.begins[ids].tolist(), self.begins[ids + 1].tolist(), strict=True)
        pieces = [self.raw[begin:end] for begin, end in spans]
        return b"".join([*pieces, self.raw[self.begins[-1] :]])

    def table(self) -> ByteTable:
        """The bytes of each piece: a space for `▁`, one byte for `<0xE4>`."""
        lengths = np.where(np.isin(self.types, (NORMAL, USER_DEFINED)), self.written.lengths, 0)
        data = ByteTable(self.written.data, self.written.starts, lengths).gather(
            np.arange(len(self), dtype=np.uint32)
        )
        owner = np.repeat(np.arange(len(self)), lengths)
        first = _find(data, SPACE.encode())
        lengths = lengths - 2 * np.bincount(owner[first], minlength=len(self))
        kept = np.ones(len(data), bool)
        kept[first + 1] = kept[first + 2] = False
        data = data.copy()
        data[first] = ord(" ")
        return _with_bytes(self, data[kept], lengths.astype(np.int32))


def _with_bytes(model: ModelFile, data: NDArray[np.uint8], lengths: NDArray[np.int32]) -> ByteTable:
    """The table, its byte pieces pointing at an alphabet put after the data."""
    starts = np.cumsum(lengths, dtype=np.int64) - lengths
    single = np.flatnonzero(model.types == BYTE)
    values = [int((model.written[piece] or b"")[3:5], 16) for piece in single.tolist()]
    starts[single] = len(data) + np.array(values, np.int64)
    final = np.where(np.isin(model.types, (NORMAL, USER_DEFINED)), lengths, -1).astype(np.int32)
    final[single] = 1
    return ByteTable(np.concatenate([data, np.arange(256, dtype=np.uint8)]), starts, final)


def _find(data: NDArray[np.uint8], pattern: bytes) -> NDArray[np.int64]:
    """Where a three-byte pattern starts."""
    if len(data) < len(pattern):
        return np.zeros(0, np.int64)
    a, b, c = pattern
    return np.flatnonzero((data[:-2] == a) & (data[1:-1] == b) & (data[2:] == c))


def _pieces(raw: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each piece's field begins (one more: where they end), and where its message does."""
    return _regular_pieces(raw) or _walked_pieces(raw)


def _regular_pieces(raw: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """The same by looking everywhere at once, for files whose pieces are all short and plain.

    A piece is its key, a width, the key of its text and the text's width, 7 or 9 less. That such
    spots follow one another without a gap, from the first byte on, says that none is an accident.
    """
    data = np.frombuffer(raw, np.uint8)
    if len(data) < 4:
        return None
    less = data[1:-2] - data[3:]  # wraps below zero, to values that are not looked for
    spot = (data[:-3] == _PIECE) & (data[2:-1] == _PIECE) & (data[1:-2] < 128)
    begins = np.flatnonzero(spot & ((less == 7) | (less == 9)))
    if not len(begins) or begins[0]:
        return None
    ends = begins + 2 + data[begins + 1]
    if (ends[:-1] != begins[1:]).any() or raw[ends[-1] : ends[-1] + 1] == bytes([_PIECE]):
        return None
    return np.append(begins, ends[-1]), begins + 2


def _walked_pieces(raw: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    begins, heads, at = [], [], 0
    while at < len(raw) and raw[at] == _PIECE:
        begins.append(at)
        width, head = raw[at + 1], at + 2
        if width > 127:
            width, head = _varint(raw, at + 1)
        heads.append(head)
        at = head + width
    if at > len(raw) or not begins:
        raise ValueError("cut short")
    return np.array([*begins, at], np.int64), np.array(heads, np.int64)


def _columns(
    raw: bytes, begins: NDArray[np.int64], heads: NDArray[np.int64]
) -> tuple[ByteTable, NDArray[np.uint8], NDArray[np.float32]]:
    """Text, type and score of every piece, as arrays.

    Pieces as the library writes them (text, score, type unless normal) are read all at once; any
    other is read field by field.
    """
    data, ends = np.frombuffer(raw + bytes(8), np.uint8), begins[1:]
    lengths = data[heads + 1].astype(np.int64)
    tails = heads + 2 + lengths
    usual = (data[heads] == _PIECE) & (lengths < 128) & (tails + 5 <= ends)
    usual[usual] = data[tails[usual]] == _SCORE
    typed = usual & (tails + 7 == ends)
    typed[typed] = data[tails[typed] + 5] == _TYPE
    usual &= typed | (tails + 5 == ends)
    scores = np.ndarray((len(data) - 3,), "<f4", data, strides=(1,))[
        np.where(usual, tails + 1, 0)
    ].astype(np.float32)
    types = np.where(typed, data[np.where(typed, tails + 6, 0)], NORMAL).astype(np.uint8)
    starts, widths = heads + 2, lengths.astype(np.int32)
    for piece in np.flatnonzero(~usual).tolist():
        head, end = int(heads[piece]), int(ends[piece])
        starts[piece], widths[piece], types[piece], scores[piece] = _piece(raw, head, end)
    return ByteTable(data, starts, widths), types, scores


def _piece(raw: bytes, head: int, end: int) -> tuple[int, int, int, float]:
    """Start and length of a piece's text, its type and score, whatever the order of its fields."""
    message = raw[head:end]
    fields = dict(_fields(message))
    text, score = fields.get(1, b""), fields.get(2, bytes(4))
    if not isinstance(text, bytes) or not isinstance(score, bytes):
        raise ValueError("a piece without text")
    start = head + max(message.find(text), 0)
    kind = fields.get(3, NORMAL)
    value = float(np.frombuffer(score, "<f4")[0])
    return start, len(text), kind if isinstance(kind, int) else NORMAL, value


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of one protocol-buffer message: (number, value)."""
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(raw, at)
            yield key >> 3, value
            continue
        if wire == 2:
            width, at = _varint(raw, at)
        elif wire in (1, 5):
            width = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if at + width > len(raw):
            raise ValueError("cut short")
        yield key >> 3, raw[at : at + width]
        at += width

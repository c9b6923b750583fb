"""SentencePiece models, BPE and Unigram; ids equal `sentencepiece`'s own.

The model file is a protocol buffer. What the library does not offer in bulk (the bytes and the
kind of 250,000 pieces) is read from the file itself, in one pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.checks import spelled_out, utf8
from bench.vocabularies.protocol import ByteTable, Encoding, packed

if TYPE_CHECKING:
    import sentencepiece

_SPACE = "▁"  # U+2581, how a model writes a space
_NORMAL, _UNKNOWN, _USER_DEFINED, _BYTE = 1, 2, 4, 6


@dataclass(frozen=True)
class ModelFile:
    """What a `.model` file holds beside its automaton."""

    pieces: tuple[bytes, ...] = field(repr=False)
    types: NDArray[np.uint8] = field(repr=False)  # [ids], SentencePiece's Type
    unigram: bool
    dummy_prefix: bool  # whether a space is put before the text

    @classmethod
    def read(cls, raw: bytes, source: str) -> ModelFile:
        """Parse the protocol buffer; `source` names the file in errors."""
        try:
            return cls._parse(raw)
        except (IndexError, ValueError):
            raise InputError(
                f"{source}: not a SentencePiece model, or cut short; fetch it again"
            ) from None

    @classmethod
    def _parse(cls, raw: bytes) -> ModelFile:
        pieces, types = [], bytearray()
        unigram, dummy_prefix = True, True
        for number, value in _fields(raw):
            if number == 1 and isinstance(value, bytes):
                piece, kind = _piece(value)
                pieces.append(piece)
                types.append(kind)
            elif number == 2 and isinstance(value, bytes):
                unigram = dict(_fields(value)).get(3, 1) == 1
            elif number == 3 and isinstance(value, bytes):
                dummy_prefix = bool(dict(_fields(value)).get(3, 1))
        if not pieces:
            raise ValueError("no pieces")
        return cls(tuple(pieces), np.frombuffer(bytes(types), np.uint8), unigram, dummy_prefix)

    def table(self) -> ByteTable:
        """The bytes of each piece: a space for `▁`, one byte for `<0xE4>`."""
        space = _SPACE.encode()
        tokens: list[bytes | None] = []
        for piece, kind in zip(self.pieces, self.types.tolist(), strict=True):
            if kind in (_NORMAL, _USER_DEFINED):
                tokens.append(piece.replace(space, b" "))
            else:
                tokens.append(bytes([int(piece[3:5], 16)]) if kind == _BYTE else None)
        return ByteTable.of(tokens)


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


def _piece(message: bytes) -> tuple[bytes, int]:
    """Text and type of one piece message (1: text, 2: score, 3: type)."""
    piece, kind = b"", _NORMAL
    for number, value in _fields(message):
        if number == 1 and isinstance(value, bytes):
            piece = value
        elif number == 3 and isinstance(value, int):
            kind = value
    return piece, kind


@dataclass(frozen=True)
class SentencePieceVocabulary:
    """A SentencePiece model read from its file's bytes."""

    name: str
    digest: str
    raw: bytes = field(repr=False)

    @cached_property
    def model(self) -> ModelFile:
        """Pieces and switches of the file."""
        return ModelFile.read(self.raw, self.name)

    @cached_property
    def _engine(self) -> sentencepiece.SentencePieceProcessor:
        import sentencepiece

        self.model  # noqa: B018  refuses a damaged file before the library logs about it
        try:
            return sentencepiece.SentencePieceProcessor(model_proto=self.raw)
        except RuntimeError as error:
            raise InputError(
                f"{self.name}: sentencepiece cannot read the model ({error}); fetch it again"
            ) from None

    @property
    def kind(self) -> str:
        """`unigram` or `bpe`."""
        return "unigram" if self.model.unigram else "bpe"

    @property
    def size(self) -> int:
        """Pieces of every type."""
        return len(self.model.pieces)

    @property
    def unk_id(self) -> int | None:
        """The unknown piece, which every model has."""
        return int(np.flatnonzero(self.model.types == _UNKNOWN)[0])

    @property
    def fallback_ids(self) -> NDArray[np.int64]:
        """The `<0xXX>` pieces."""
        return np.flatnonzero(self.model.types == _BYTE)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Token ids of each text, encoded alone."""
        utf8(texts)
        return packed(self._engine.encode_as_numpy(list(texts)) if texts else [])

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a run of tokens."""
        return str(self._engine.decode([int(token_id) for token_id in ids]))

    def token_bytes(self) -> list[bytes | None]:
        """The raw bytes of each piece; None for control, unused and unknown ones."""
        return self.byte_table().tolist()

    @cached_property
    def _table(self) -> ByteTable:
        return self.model.table()

    def byte_table(self) -> ByteTable:
        """The bytes of each piece, in flat arrays."""
        return self._table

    def normalise(self, text: str) -> str:
        """The model's own normalisation. It writes spaces as `▁`, so a real `▁` becomes a space."""
        return self._normalised(text).removeprefix(" " if self.model.dummy_prefix else "")

    def _normalised(self, text: str) -> str:
        return str(self._engine.normalize(text)).replace(_SPACE, " ")

    def round_trips(self, texts: Sequence[str], encoding: Encoding) -> NDArray[np.bool_]:
        """Whether each text's pieces spell its normalised form, none unknown; bool [texts]."""
        sources = utf8([self._normalised(text) for text in texts])
        unknown = np.concatenate([[0], np.cumsum(encoding.ids == self.unk_id)])[encoding.offsets]
        known: NDArray[np.bool_] = np.diff(unknown) == 0
        return spelled_out(sources, encoding, self.byte_table()) & known

"""SentencePiece models, BPE and Unigram; ids equal `sentencepiece`'s own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.checks import spelled_out, unicode_text
from bench.vocabularies.modelfile import BYTE, SPACE, ModelFile
from bench.vocabularies.occurring import Loader, in_one
from bench.vocabularies.protocol import ByteTable, Encoding, packed

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor


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

    @property
    def kind(self) -> str:
        """`unigram` or `bpe`."""
        return "unigram" if self.model.unigram else "bpe"

    @property
    def size(self) -> int:
        """Pieces of every type."""
        return len(self.model)

    @property
    def unk_id(self) -> int | None:
        """The unknown piece, which every model has."""
        return self.model.unknown

    @property
    def fallback_ids(self) -> NDArray[np.int64]:
        """The `<0xXX>` pieces."""
        return np.flatnonzero(self.model.types == BYTE)

    @cached_property
    def _loader(self) -> Loader[_Engine]:
        build = partial(_Engine.load, self.name, self.model)
        return Loader(self.model.written, self.model.essential, build)

    @cached_property
    def _normaliser(self) -> SentencePieceProcessor:
        """The library with hardly a piece: enough to normalise, loaded in no time."""
        essential = np.flatnonzero(self.model.essential)
        return _Engine.load(self.name, self.model, essential).processor

    @cached_property
    def _whole(self) -> SentencePieceProcessor:
        return _Engine.load(self.name, self.model, None).processor

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Token ids of each text, encoded alone."""
        unicode_text(texts)
        if not texts:
            return packed([])
        engine = self._loader.engine(in_one(self._written(texts)))
        encoding = packed(engine.processor.encode_as_numpy(list(texts)))
        if engine.ids is None:
            return encoding
        return Encoding(engine.ids.astype(np.uint32)[encoding.ids], encoding.offsets)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a run of tokens."""
        return str(self._whole.decode([int(token_id) for token_id in ids]))

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
        (written,) = self._written([text])
        return written.replace(SPACE, " ").removeprefix(" " if self.model.dummy_prefix else "")

    def _written(self, texts: Sequence[str]) -> list[str]:
        """The texts as the pieces spell them: normalised, `▁` for spaces."""
        return list(self._normaliser.normalize(list(texts)))

    def round_trips(self, texts: Sequence[str], encoding: Encoding) -> NDArray[np.bool_]:
        """Whether each text's pieces spell its normalised form, none unknown; bool [texts]."""
        sources = [text.replace(SPACE, " ") for text in self._written(texts)]
        known: NDArray[np.bool_] = encoding.counts_of(self.unk_id) == 0
        return spelled_out(sources, encoding, self.byte_table()) & known


@dataclass(frozen=True)
class _Engine:
    """A processor over some pieces; its id i is the vocabulary's `ids[i]` (None: the same)."""

    processor: SentencePieceProcessor
    ids: NDArray[np.int64] | None

    @classmethod
    def load(cls, name: str, model: ModelFile, ids: NDArray[np.int64] | None) -> _Engine:
        """The library with these pieces only; None: with all. `name` is for errors."""
        import sentencepiece

        raw = model.raw if ids is None else model.thinned(ids)
        try:
            return cls(sentencepiece.SentencePieceProcessor(model_proto=raw), ids)
        except RuntimeError as error:
            raise InputError(
                f"{name}: sentencepiece cannot read the model ({error}); fetch it again"
            ) from None

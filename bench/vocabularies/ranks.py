"""Byte-level BPE given as ranks (tiktoken's form): `base64(token) rank`, one a line.

The merge with the lowest rank goes first, so the table of ranks is the whole vocabulary; only the
pattern that cuts text into words comes on top.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.vocabularies.checks import spelled_out, unicode_text
from bench.vocabularies.occurring import Loader, in_one
from bench.vocabularies.protocol import ByteTable, Encoding
from bench.vocabularies.rankengine import RankEngine

NormalForm = Literal["NFC", "NFKC"]


@dataclass(frozen=True)
class ByteBpe:
    """A byte-level BPE over ranks; ids equal tiktoken's `encode_ordinary`."""

    name: str
    digest: str
    size: int
    table: ByteTable = field(repr=False)  # by id
    pattern: str = field(repr=False)
    normal_form: NormalForm | None = None  # "NFC" where the maker's code normalises first
    kind: str = "byte-bpe"
    unk_id: int | None = None

    @property
    def fallback_ids(self) -> NDArray[np.int64]:
        """None: every byte token here is an ordinary token."""
        return np.zeros(0, np.int64)

    @cached_property
    def _loader(self) -> Loader[RankEngine]:
        build = partial(RankEngine.load, self.table, self.pattern)
        return Loader(self.table, self.table.lengths == 1, build)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Token ids of each text, encoded alone."""
        unicode_text(texts)
        texts = self._normalised(texts)
        return self._loader.engine(in_one(texts)).encode(texts)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a run of tokens; half a character becomes U+FFFD."""
        return self.table.gather(np.asarray(ids, np.uint32)).tobytes().decode(errors="replace")

    def token_bytes(self) -> list[bytes | None]:
        """The raw bytes of each id."""
        return self.table.tolist()

    def byte_table(self) -> ByteTable:
        """The bytes of each id, in flat arrays."""
        return self.table

    def normalise(self, text: str) -> str:
        """The text in the maker's Unicode normal form; unchanged for most."""
        return unicodedata.normalize(self.normal_form, text) if self.normal_form else text

    def _normalised(self, texts: Sequence[str]) -> Sequence[str]:
        """The same for many texts; most have the form already, which is told for all at once."""
        form = self.normal_form
        if form is None or unicodedata.is_normalized(form, "\n".join(texts)):
            return texts
        return [unicodedata.normalize(form, text) for text in texts]

    def round_trips(self, texts: Sequence[str], encoding: Encoding) -> NDArray[np.bool_]:
        """Whether each text's token bytes are its own, bool [texts]."""
        return spelled_out(self._normalised(texts), encoding, self.table)

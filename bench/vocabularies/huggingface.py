"""Vocabularies in a `tokenizer.json`, ours and others'; ids equal those of `tokenizers`.

A file's added tokens would match inside a text that happens to spell them. Text is data here: those
spelled like markup are marked special, and special ones are told not to match. Others, such as runs
of spaces, are part of how the vocabulary writes text, and stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.vocabularies.checks import spelled_out, unicode_text
from bench.vocabularies.jsonengines import JsonEngines, LibraryEngine, Normaliser, library_engine
from bench.vocabularies.jsonfile import JsonFile
from bench.vocabularies.protocol import ByteTable, Encoding


@dataclass(frozen=True)
class TokenizersVocabulary:
    """A vocabulary read from a `tokenizer.json`."""

    name: str
    digest: str
    load: Callable[[], JsonFile] = field(repr=False)

    @cached_property
    def file(self) -> JsonFile:
        """The file's content."""
        return self.load()

    @property
    def kind(self) -> str:
        """`byte-bpe`, `bpe`, `unigram` or `wordpiece`."""
        return self.file.kind

    @property
    def size(self) -> int:
        """Entries of the model and every added token of the file, special ones included."""
        return self.file.size

    @property
    def unk_id(self) -> int | None:
        """The model's unknown token, if it names one."""
        return None if self.file.unknown is None else int(self.file.ids[self.file.unknown])

    @property
    def fallback_ids(self) -> NDArray[np.int64]:
        """The `<0xXX>` pieces of a model with byte fallback."""
        return self.file.ids[self.file.fallback]

    @cached_property
    def _engines(self) -> JsonEngines:
        return JsonEngines(self.name, self.file, Normaliser(self.name, self.file))

    @cached_property
    def _whole(self) -> LibraryEngine:
        return library_engine(self.name, self.file, None)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Token ids of each text, encoded alone."""
        unicode_text(texts)
        return self._engines.encode(list(texts))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a run of tokens."""
        run = np.asarray(ids, np.uint32)
        return self._whole.decode(Encoding(run, np.array([0, len(run)])))[0]

    def token_bytes(self) -> list[bytes | None]:
        """The raw bytes of each id; None for special and unknown tokens."""
        return self.byte_table().tolist()

    @cached_property
    def _table(self) -> ByteTable:
        return self.file.table()

    def byte_table(self) -> ByteTable:
        """The bytes of each id, in flat arrays."""
        return self._table

    def normalise(self, text: str) -> str:
        """The file's own normaliser."""
        return self._engines.normalise(text)

    def round_trips(self, texts: Sequence[str], encoding: Encoding) -> NDArray[np.bool_]:
        """Whether each text's tokens spell or decode to its normalised form, bool [texts]."""
        sources = self._engines.normalise.all(texts)
        if self.file.byte_level:
            return spelled_out(sources, encoding, self.byte_table())
        known: NDArray[np.bool_] = encoding.counts_of(self.unk_id) == 0
        if self.file.spells_its_text:
            spelled = [text and " " + text for text in sources]
            known &= spelled_out(spelled, encoding, self._table)
            return known
        decoded = self._engines.decode(encoding, texts)
        same = [text == back for text, back in zip(sources, decoded, strict=True)]
        known &= np.array(same, bool)
        return known

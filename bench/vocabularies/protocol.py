"""What every vocabulary can do, and what an encode leaves behind.

Ids travel in flat numpy buffers: one array for all texts, and the offsets that cut it. A Python
list per text would cost more than the encoding itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint32]
Offsets = NDArray[np.int64]

_CHUNK = 2**17  # tokens whose bytes are gathered at a time, to keep index arrays small


@dataclass(frozen=True)
class Encoding:
    """Token ids of several texts: `ids[offsets[i] : offsets[i + 1]]` are the tokens of text i."""

    ids: Ids  # [total tokens]
    offsets: Offsets  # [texts + 1]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, text: int) -> Ids:
        return self.ids[self.offsets[text] : self.offsets[text + 1]]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Tokens of each text, int64 [texts]."""
        return np.diff(self.offsets)

    def counts_of(self, token_id: int | None) -> NDArray[np.int64]:
        """How often one id occurs in each text, int64 [texts]; zeros for None."""
        if token_id is None:
            return np.zeros(len(self), np.int64)
        places = np.flatnonzero(self.ids == token_id)
        return np.diff(np.searchsorted(places, self.offsets))


def packed(pieces: Sequence[NDArray[np.integer]]) -> Encoding:
    """One Encoding of the ids of each text."""
    offsets = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    ids = np.concatenate(pieces) if pieces else np.zeros(0, np.uint32)
    return Encoding(ids.astype(np.uint32, copy=False), offsets)


@dataclass(frozen=True)
class ByteTable:
    """The bytes each id stands for, flat: `data[starts[i] : starts[i] + lengths[i]]`.

    A length of -1 says that the id has no bytes of its own (unknown, control, unused).
    """

    data: NDArray[np.uint8]  # [total bytes]
    starts: NDArray[np.int64]  # [ids]
    lengths: NDArray[np.int32]  # [ids]

    @classmethod
    def of(cls, tokens: Sequence[bytes | None]) -> ByteTable:
        """The table of a list of byte strings, None where an id has none."""
        spelled = [b"" if token is None else token for token in tokens]
        lengths = np.fromiter(map(len, spelled), np.int32, len(spelled))
        starts = np.cumsum(lengths, dtype=np.int64) - lengths
        lengths[[place for place, token in enumerate(tokens) if token is None]] = -1
        return cls(np.frombuffer(b"".join(spelled), np.uint8), starts, lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, token_id: int) -> bytes | None:
        length = int(self.lengths[token_id])
        if length < 0:
            return None
        start = int(self.starts[token_id])
        return self.data[start : start + length].tobytes()

    def tolist(self) -> list[bytes | None]:
        """The bytes of every id as Python objects, None where it has none."""
        data = self.data.tobytes()
        spans = zip(self.starts.tolist(), self.lengths.tolist(), strict=True)
        return [data[start : start + n] if n >= 0 else None for start, n in spans]

    def items(self, ids: NDArray[np.int64]) -> dict[bytes, int]:
        """Bytes -> id, of some ids that all have bytes."""
        data = self.data.tobytes()
        starts, ends = self.starts[ids], self.starts[ids] + self.lengths[ids]
        spans = zip(ids.tolist(), starts.tolist(), ends.tolist(), strict=True)
        return {data[start:end]: token_id for token_id, start, end in spans}

    def gather(self, ids: Ids) -> NDArray[np.uint8]:
        """The bytes of a run of tokens, one after the other; ids without bytes add nothing."""
        parts = [self._gather(ids[at : at + _CHUNK]) for at in range(0, len(ids), _CHUNK)]
        return np.concatenate(parts) if parts else np.zeros(0, np.uint8)

    def _gather(self, ids: Ids) -> NDArray[np.uint8]:
        lengths = np.maximum(self.lengths[ids], 0)
        ends = np.cumsum(lengths, dtype=np.int64)
        shift = np.repeat(self.starts[ids] - (ends - lengths), lengths)
        shift += np.arange(len(shift))
        return self.data[shift]


class Vocabulary(Protocol):
    """A way to cut text into tokens. No special token is ever added, or matched inside a text."""

    @property
    def name(self) -> str:
        """The name tables show."""

    @property
    def kind(self) -> str:
        """`byte-bpe`, `bpe`, `unigram`, `wordpiece`, `trie`, `glyphs` or `control`."""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the vocabulary's file."""

    @property
    def size(self) -> int:
        """The declared number of entries."""

    @property
    def unk_id(self) -> int | None:
        """The id that stands for anything unknown; None where nothing can be unknown."""

    @property
    def fallback_ids(self) -> NDArray[np.int64]:
        """Ids that stand for one raw byte (`<0xE4>`) in a vocabulary of characters."""

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Token ids of each text, encoded alone."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a run of tokens."""

    def token_bytes(self) -> list[bytes | None]:
        """The raw bytes of each id, None where it has none."""

    def byte_table(self) -> ByteTable:
        """The same, in flat arrays."""

    def normalise(self, text: str) -> str:
        """What the vocabulary makes of a text before it is cut: what decoding should return."""

    def round_trips(self, texts: Sequence[str], encoding: Encoding) -> NDArray[np.bool_]:
        """Whether decoding each text's tokens gives back `normalise(text)`, bool [texts]."""


@dataclass(frozen=True)
class Family:
    """The vocabularies that together serve the languages: one each, or one for all of them."""

    name: str
    members: Mapping[str, Vocabulary]  # language -> its vocabulary

    def distinct(self) -> list[Vocabulary]:
        """Its vocabularies, each once, in the order of the languages."""
        return list({id(member): member for member in self.members.values()}.values())

    @classmethod
    def shared(cls, vocabulary: Vocabulary, languages: Sequence[str]) -> Family:
        """One vocabulary that serves every language, under its own name."""
        return cls(vocabulary.name, dict.fromkeys(languages, vocabulary))

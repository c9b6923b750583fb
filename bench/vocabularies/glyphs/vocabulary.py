"""A vocabulary over glyph text: a table's glyphs and 256 bytes, and BPE merges of both.

Text is coded, the glyph text is cut as any text is before byte-level BPE, and within a piece
neighbouring symbols are merged. A symbol is a glyph or a byte of what is spelled out, so an escaped
character needs no escape here. A token's bytes are those of the text that it stands for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.bytelevel import byte_alphabet
from bench.vocabularies.checks import spelled_out
from bench.vocabularies.glyphs.codec import Codec
from bench.vocabularies.glyphs.table import GlyphTable
from bench.vocabularies.patterns import CUTS
from bench.vocabularies.protocol import ByteTable, Encoding, packed

if TYPE_CHECKING:
    import tokenizers

Cut = Callable[[str], list[str]]


@dataclass(frozen=True)
class Symbols:
    """The pieces of texts in symbols: a glyph is itself, a byte its letter of the byte alphabet."""

    codec: Codec
    pattern: str | None  # an expression that cuts text before merging; None: it is not cut

    def of(self, texts: Sequence[str]) -> list[list[str]]:
        """The pieces of each text, still in characters. InputError: an unpaired surrogate."""
        return [self._cut(coded) if coded else [] for coded in self.codec.encode_all(texts)]

    def spelled(self, piece: str) -> str:
        """A piece in symbols."""
        plain, *escaped = self._escaped.split(piece)
        parts = [plain.translate(self._letters)]
        for character, rest in zip(escaped[::2], escaped[1::2], strict=True):
            parts += [_bytes_of(ord(character)), rest.translate(self._letters)]
        return "".join(parts)

    @property
    def alphabet(self) -> list[str]:
        """Every symbol: the bytes, then the glyphs."""
        return [*sorted(byte_alphabet().values()), *self.codec.table.glyphs]

    @cached_property
    def _cut(self) -> Cut:
        import regex

        return regex.compile(self.pattern).findall if self.pattern else lambda text: [text]

    @cached_property
    def _escaped(self) -> re.Pattern[str]:
        return re.compile(f"{self.codec.table.alphabet.escape}(.)", re.DOTALL)

    @cached_property
    def _letters(self) -> _Letters:
        return _Letters({ord(glyph): glyph for glyph in self.codec.table.glyphs})


class _Letters(dict[int, str]):
    """Code point -> the symbols of its UTF-8 form; glyphs are given."""

    def __missing__(self, point: int) -> str:
        self[point] = _bytes_of(point)
        return self[point]


def _bytes_of(point: int) -> str:
    alphabet = byte_alphabet()
    return "".join(alphabet[byte] for byte in chr(point).encode())


@dataclass(frozen=True)
class GlyphVocabulary:
    """A table and a BPE model of its glyph text, out of one file."""

    name: str
    digest: str
    table: GlyphTable = field(repr=False)
    pattern: str | None = field(repr=False)
    model: dict[str, Any] = field(repr=False)  # `vocab` and `merges`, as in a tokenizer.json
    kind: str = "glyphs"
    unk_id: int | None = None

    @classmethod
    def read(cls, name: str, raw: bytes, where: str) -> GlyphVocabulary:
        """Out of the file that training wrote; InputError if it is not that."""
        try:
            content = json.loads(raw)
            table, model = GlyphTable.from_tsv(content["table"], where), content["model"]
            pattern = content["pattern"]  # never a stranger's: it might backtrack without end
            sound = pattern in CUTS.values() and _is_sound(model, table)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            sound = False
        if not sound:
            raise InputError(f"{where}: not a glyph vocabulary, or cut short; train it again")
        return cls(name, hashlib.sha256(raw).hexdigest(), table, pattern, model)

    @property
    def size(self) -> int:
        """Bytes, glyphs and merged tokens together."""
        return len(self.model["vocab"])

    @property
    def fallback_ids(self) -> NDArray[np.int64]:
        """None: bytes are symbols like others."""
        return np.zeros(0, np.int64)

    @cached_property
    def _symbols(self) -> Symbols:
        return Symbols(Codec(self.table), self.pattern)

    @cached_property
    def _engine(self) -> tokenizers.Tokenizer:
        import tokenizers
        from tokenizers import models

        merges = [(left, right) for left, right in self.model["merges"]]
        return tokenizers.Tokenizer(models.BPE(vocab=self.model["vocab"], merges=merges))

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Token ids of each text, encoded alone; each distinct piece is merged once."""
        pieces = self._symbols.of(texts)
        number = {piece: n for n, piece in enumerate(dict.fromkeys(chain(*pieces)))}
        spelled = [self._symbols.spelled(piece) for piece in number]
        merged = self._engine.encode_batch_fast(spelled, add_special_tokens=False)
        distinct = packed([np.array(one.ids, np.uint32) for one in merged])
        per_text = np.fromiter(map(len, pieces), np.int64, len(pieces))
        every = np.fromiter(map(number.__getitem__, chain(*pieces)), np.int64, int(per_text.sum()))
        return _gathered(distinct, every, per_text)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a run of tokens; half a character becomes U+FFFD."""
        run = np.asarray(ids, np.uint32)
        return self.byte_table().gather(run).tobytes().decode(errors="replace")

    def token_bytes(self) -> list[bytes | None]:
        """The bytes of the text that each id stands for."""
        return self.byte_table().tolist()

    def byte_table(self) -> ByteTable:
        """The same, in flat arrays."""
        return self._table

    @cached_property
    def _table(self) -> ByteTable:
        meaning = {letter: bytes([byte]) for byte, letter in byte_alphabet().items()}
        pairs = zip(self.table.glyphs, self.table.phrases, strict=True)
        meaning |= {glyph: phrase.encode() for glyph, phrase in pairs}
        in_order = sorted(self.model["vocab"], key=self.model["vocab"].__getitem__)
        return ByteTable.of([b"".join(map(meaning.__getitem__, token)) for token in in_order])

    def normalise(self, text: str) -> str:
        """Nothing is changed."""
        return text

    def round_trips(self, texts: Sequence[str], encoding: Encoding) -> NDArray[np.bool_]:
        """Whether each text's token bytes are its own, bool [texts]."""
        return spelled_out(texts, encoding, self._table)


def _is_sound(model: dict[str, Any], table: GlyphTable) -> bool:
    """Whether the entries are the alphabet and what merges make of entries, numbered without a gap.

    No part of a merge is empty, so each entry is made of shorter ones, down to the alphabet.
    """
    pairs = [(left, right) for left, right in model["merges"]]
    parts, merged = set(chain(*pairs)), {left + right for left, right in pairs}
    entries = {*byte_alphabet().values(), *table.glyphs, *merged}
    numbers = list(model["vocab"].values())
    return (
        entries == set(model["vocab"])
        and parts <= entries - {""}
        and all(type(number) is int for number in numbers)
        and sorted(numbers) == list(range(len(entries)))
    )


def _gathered(
    distinct: Encoding, which: NDArray[np.int64], per_text: NDArray[np.int64]
) -> Encoding:
    """The ids of pieces `which` [pieces], in order; a text has `per_text` [texts] of them."""
    counts = distinct.counts[which]
    ends = np.concatenate([[0], np.cumsum(counts)])
    shift = np.repeat(distinct.offsets[which] - ends[:-1], counts) + np.arange(ends[-1])
    return Encoding(distinct.ids[shift], ends[np.concatenate([[0], np.cumsum(per_text)])])


def spelled_lines(symbols: Symbols, texts: Sequence[str]) -> Iterator[str]:
    """Each text as a line of pieces in symbols, a space between: no symbol is a space."""
    known: dict[str, str] = {}
    for pieces in symbols.of(texts):
        for piece in pieces:
            if piece not in known:
                known[piece] = symbols.spelled(piece)
        yield " ".join(map(known.__getitem__, pieces))

"""tiktoken's engine over any table of byte tokens, and `tokenizer.json` files it can serve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress, pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.cutting import RULES, Rules, cut, plain
from bench.vocabularies.jsonfile import JsonFile
from bench.vocabularies.protocol import ByteTable, Encoding, packed

if TYPE_CHECKING:
    import pyarrow as pa
    import tiktoken

# The buffer call looks for special tokens; with none at all its search matches everywhere and
# crawls, so it gets one that is never allowed and therefore never matches.
_NEVER = "<never>"
_GAP = "\uffff"  # a noncharacter: parts words
_CHUNK = 2**20  # characters of text


@dataclass(frozen=True)
class RankEngine:
    """tiktoken over a table of ranks; `ids` turns ranks into ids (None: they are the ids)."""

    encoding: tiktoken.Encoding = field(repr=False)
    words: WordEngine | None = field(repr=False)  # None: an expression whose rules are not known
    ids: NDArray[np.uint32] | None = None

    @classmethod
    def load(
        cls,
        table: ByteTable,
        pattern: str,
        ranks: NDArray[np.int64] | None,
        ids: NDArray[np.uint32] | None = None,
    ) -> RankEngine:
        """An engine of some ranks of the table (None: all that have bytes)."""
        some = np.flatnonzero(table.lengths > 0) if ranks is None else ranks
        mergeable = table.items(some)
        rules = RULES.get(pattern)
        words = WordEngine.load(mergeable, len(table), rules) if rules else None
        return cls(_tiktoken(pattern, mergeable, len(table)), words, ids)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Token ids of each text, encoded alone."""
        known = plain(texts, self.words.rules) if self.words else np.zeros(len(texts), bool)
        if self.words and known.all():
            found = self.words.encode(texts)
        elif self.words and known.any():
            cut_here, others = list(compress(texts, known)), list(compress(texts, ~known))
            found = _merged(known, self.words.encode(cut_here), self._whole(others))
        else:
            found = self._whole(texts)
        return found if self.ids is None else Encoding(self.ids[found.ids], found.offsets)

    def _whole(self, texts: Sequence[str]) -> Encoding:
        """Text by text, cut by the expression."""
        encode = self.encoding.encode_to_numpy
        try:
            return packed(
                [encode(text, allowed_special=set(), disallowed_special=()) for text in texts]
            )
        except ValueError as error:
            longest = max(map(len, texts))
            raise InputError(
                f"a text of {longest:,} characters has a run too long for the pattern that cuts "
                f"words ({str(error).rstrip('.')}); cut it into units"
            ) from None


@dataclass(frozen=True)
class WordEngine:
    """tiktoken over the distinct words of many texts, each merged once."""

    encoding: tiktoken.Encoding = field(repr=False)
    rules: Rules
    gap: int  # the rank that stands between two words

    @classmethod
    def load(cls, mergeable: dict[bytes, int], ranks: int, rules: Rules) -> WordEngine:
        """The same ranks, behind an expression that cuts at a character no plain text has."""
        spelled = _GAP.encode()
        pattern = f"[^{_GAP}]+|{_GAP}"
        return cls(_tiktoken(pattern, mergeable | {spelled: ranks + 1}, ranks), rules, ranks + 1)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Ranks of each text; all must be `plain`."""
        parts = [self._encode(part) for part in _in_chunks(texts)]
        return _joined(parts)

    def _encode(self, texts: Sequence[str]) -> Encoding:
        import pyarrow as pa

        words = cut(texts, self.rules)
        buffers = [None, pa.py_buffer(words.bounds), pa.py_buffer(words.data)]
        spelled = pa.Array.from_buffers(pa.large_binary(), len(words.of_text), buffers)
        indexed = spelled.dictionary_encode()
        distinct = self._distinct(indexed.dictionary)
        which = np.frombuffer(indexed.indices.buffers()[1], np.int32, len(spelled))[words.of_text]
        counts = distinct.counts[which]
        ends = np.concatenate([[0], np.cumsum(counts)])
        shift = np.repeat(distinct.offsets[which] - ends[:-1], counts)
        shift += np.arange(len(shift))
        ends_of_text = np.concatenate([[0], np.cumsum(words.per_text)])
        return Encoding(distinct.ids[shift], ends[ends_of_text])

    def _distinct(self, words: pa.LargeBinaryArray) -> Encoding:
        """The ranks of each distinct word, from one call."""
        text = _GAP.encode().join(words.to_pylist()).decode()
        ids = self.encoding.encode_to_numpy(text, allowed_special=set(), disallowed_special=())
        gaps = np.flatnonzero(ids == self.gap)
        offsets = np.concatenate([[0], gaps - np.arange(len(gaps)), [len(ids) - len(gaps)]])
        return Encoding(np.delete(ids, gaps), offsets)


def _tiktoken(pattern: str, mergeable: dict[bytes, int], ranks: int) -> tiktoken.Encoding:
    import tiktoken

    return tiktoken.Encoding(
        "ranks", pat_str=pattern, mergeable_ranks=mergeable, special_tokens={_NEVER: ranks}
    )


def _in_chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts of about a million characters at a time, so that arrays over characters stay small."""
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    chunk = np.cumsum(sizes) // _CHUNK
    starts = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), len(texts)]
    for start, end in pairwise(starts):
        yield texts[start:end]


def _joined(parts: Sequence[Encoding]) -> Encoding:
    counts = np.concatenate([part.counts for part in parts])
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return Encoding(np.concatenate([part.ids for part in parts]), offsets)


def _merged(first: NDArray[np.bool_], some: Encoding, others: Encoding) -> Encoding:
    """Texts of two encodings in one, bool [texts] says which come out of the first."""
    offsets = np.zeros(len(first) + 1, np.int64)
    offsets[1:][first], offsets[1:][~first] = some.counts, others.counts
    ids = np.zeros(len(some.ids) + len(others.ids), np.uint32)
    mine = np.repeat(first, offsets[1:])
    ids[mine], ids[~mine] = some.ids, others.ids
    return Encoding(ids, np.cumsum(offsets))


@dataclass(frozen=True)
class Ranked:
    """A `tokenizer.json` as ranks: single bytes first, then tokens in the order of their merges."""

    table: ByteTable  # by rank
    ids: NDArray[np.uint32]  # rank -> id
    pattern: str

    def engine(self, ranks: NDArray[np.int64] | None) -> RankEngine:
        """tiktoken over some ranks, answering in the file's ids."""
        return RankEngine.load(self.table, self.pattern, ranks, self.ids)


def ranked(file: JsonFile) -> Ranked | None:
    """The file as ranks, or None where ranks cannot say what it does.

    tiktoken joins the two neighbours whose union has the lowest rank. A file's merges do the same
    where every merged token has one merge (a pair that makes it otherwise is then never met: the
    trainer, too, saw the parts in this state), or, with `ignore_merges`, a merge for every way to
    cut it. All 256 bytes must be entries.
    """
    if file.kind != "byte-bpe" or not file.pattern or not file.can_be_thinned:
        return None
    if file.settings["model"].get("dropout"):
        return None
    entries = file.entry_table
    single = np.flatnonzero(entries.lengths == 1)
    merged = _in_order_of_first(file.merged)
    if len(single) != 256 or (entries.lengths[merged] < 2).any():
        return None
    if file.settings["model"].get("ignore_merges"):
        if len(single) + len(merged) != np.count_nonzero(entries.lengths > 0):
            return None  # entries that only whole words reach
    elif len(merged) != len(file.merged):
        return None
    order = np.concatenate([single, merged])
    table = ByteTable(entries.data, entries.starts[order], entries.lengths[order])
    return Ranked(table, file.ids[order].astype(np.uint32), file.pattern)


def _in_order_of_first(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The distinct values, in the order in which each comes first."""
    if not len(values):
        return values
    first = np.full(int(values.max()) + 1, len(values), np.int64)
    np.minimum.at(first, values, np.arange(len(values)))
    return values[np.sort(first[first < len(values)])]

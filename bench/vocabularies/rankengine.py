"""tiktoken's engine over any table of byte tokens, and `tokenizer.json` files it can serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.jsonfile import JsonFile
from bench.vocabularies.protocol import ByteTable, Encoding, packed

if TYPE_CHECKING:
    import tiktoken

# The buffer call looks for special tokens; with none at all its search matches everywhere and
# crawls, so it gets one that is never allowed and therefore never matches.
_NEVER = "<never>"


@dataclass(frozen=True)
class RankEngine:
    """tiktoken over a table of ranks; `ids` turns ranks into ids (None: they are the ids)."""

    encoding: tiktoken.Encoding = field(repr=False)
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
        import tiktoken

        some = np.flatnonzero(table.lengths > 0) if ranks is None else ranks
        encoding = tiktoken.Encoding(
            "ranks",
            pat_str=pattern,
            mergeable_ranks=table.items(some),
            special_tokens={_NEVER: len(table)},
        )
        return cls(encoding, ids)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Token ids of each text, encoded alone."""
        encode = self.encoding.encode_to_numpy
        try:
            found = packed(
                [encode(text, allowed_special=set(), disallowed_special=()) for text in texts]
            )
        except ValueError as error:
            longest = max(map(len, texts))
            raise InputError(
                f"a text of {longest:,} characters has a run too long for the pattern that cuts "
                f"words ({str(error).rstrip('.')}); cut it into units"
            ) from None
        return found if self.ids is None else Encoding(self.ids[found.ids], found.offsets)


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

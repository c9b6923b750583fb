"""Which tokens a text can contain at all: loading 200,000 for a text that uses 20,000 is waste.

A token that merges can reach is a run of bytes of the text. So an engine built from the tokens
that occur in the text as runs of bytes gives the same ids as one built from all of them: byte-level
BPE only ever looks at such runs, and a Unigram lattice has no edge for any other. Loading then
costs as much as the text needs, not as the vocabulary has.

The test here is one-sided. It looks at windows of 2, 4 and 8 bytes by hash, so it may keep a token
that does not occur, and never drops one that does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.vocabularies.protocol import ByteTable

WORTH = 32  # bytes of text that are searched in the time in which one id is loaded
_BUILDS = 3  # as many different texts in a row, and the whole vocabulary is loaded for good
_CHUNK = 2**20
_GAP = "\udcff"  # the byte 0xff, which no UTF-8 text has: no window runs from a text into the next
_BITS = 22
_MULTIPLIER = {
    4: np.uint32(2_654_435_761),  # Knuth's multiplicative hash
    8: np.uint64(11_400_714_819_323_198_485),
}

Engine = TypeVar("Engine")
Mask = NDArray[np.bool_]


def in_one(texts: Sequence[str], before: str = "") -> bytes:
    """The texts in UTF-8, `before` in front of each, one after another with a gap between."""
    return f"{before}{(_GAP + before).join(texts)}{_GAP}".encode("utf-8", "surrogateescape")


def occurring(table: ByteTable, source: bytes) -> Mask:
    """Which ids' bytes may occur in the texts, `in_one`; bool [ids]. Single bytes always may."""
    seen = {width: np.zeros(1 << _slots(width), bool) for width in (2, 4, 8)}
    text = np.frombuffer(source, np.uint8)
    for start in range(0, len(text), _CHUNK):
        for width, slots in seen.items():
            chunk = text[start : start + _CHUNK + width - 1]
            if len(chunk) >= width:
                slots[_hashes(chunk, slice(None), width)] = True
    return _all_windows_seen(table, seen)


def _all_windows_seen(table: ByteTable, seen: dict[int, Mask]) -> Mask:
    """Whether the first, middle and last windows of each token are among those of the text."""
    lengths, starts = table.lengths.astype(np.int64), table.starts
    may = lengths >= 1
    for width, slots in seen.items():
        for place in ("first", "middle", "last"):
            ids = np.flatnonzero(may & (lengths >= width))
            if not len(ids):
                continue
            spare = lengths[ids] - width
            shift = {"first": spare * 0, "middle": spare // 2, "last": spare}[place]
            may[ids] = slots[_hashes(table.data, starts[ids] + shift, width)]
    return may


def _slots(width: int) -> int:
    return 16 if width == 2 else _BITS


def _hashes(data: NDArray[np.uint8], starts: NDArray[np.int64] | slice, width: int) -> NDArray[Any]:
    """A slot number for the `width` bytes at each start."""
    kind = {2: "<u2", 4: "<u4", 8: "<u8"}[width]
    windows = np.ndarray((len(data) - width + 1,), kind, data, strides=(1,))[starts].astype(
        f"u{width}"
    )
    if width > 2:
        windows *= _MULTIPLIER[width]
        windows >>= windows.dtype.type(8 * width - _BITS)
    return windows


@dataclass
class Loader(Generic[Engine]):
    """Keeps the engine that was built last, and builds another only when a text needs it.

    `build(ids)` makes an engine of some ids, `build(None)` of all.
    """

    table: ByteTable  # what must occur in the text for an id to be needed
    always: Mask  # ids that every engine has
    build: Callable[[NDArray[np.int64] | None], Engine]
    latest: Engine | None = None
    _holds: Mask | None = None  # None: all
    _built: int = 0

    def engine(self, source: bytes) -> Engine:
        """An engine that encodes these texts, `in_one`, as the whole vocabulary would."""
        if self.latest is not None and self._holds is None:
            return self.latest
        if len(source) > WORTH * len(self.always) or self._built >= _BUILDS:
            return self._keep(None)
        needed = occurring(self.table, source) | self.always
        if self.latest is None or self._holds is None or (needed & ~self._holds).any():
            return self._keep(needed)
        return self.latest

    def _keep(self, needed: Mask | None) -> Engine:
        engine = self.build(None if needed is None else np.flatnonzero(needed))
        self.latest, self._holds = engine, needed
        self._built += 1
        return engine

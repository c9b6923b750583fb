"""The merges of a BPE `tokenizer.json`, in either of the two ways they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GAP = "\uffff"  # a noncharacter between lines


def read_merges(
    merges: list[Any], entry: Mapping[str, int], prefix: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The entry each merge makes (-1: none) and where it cuts; both spellings of merges.

    `prefix` marks pieces inside a word (BERT's `##`); a merge drops it from its right part.
    """
    if prefix:
        pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in merges]
        merged = [entry.get(left + right.removeprefix(prefix), -1) for left, right in pairs]
        cuts = [len(left) for left, _ in pairs]
    elif merges and isinstance(merges[0], str):
        return _merge_lines(merges, entry)
    else:
        merged = [entry.get(made, -1) for made in map("".join, merges)]
        cuts = [len(left) for left, _ in merges]
    return np.array(merged, np.int64), np.array(cuts, np.int64)


def _merge_lines(
    merges: list[str], entry: Mapping[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same for merges written `left right`, all lines in one string."""
    text = _GAP.join(merges)
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    spaces = np.flatnonzero(points == ord(" "))
    begins = np.append(0, np.flatnonzero(points == ord(_GAP)) + 1)
    if len(spaces) != len(begins):
        raise ValueError("a merge that is not two pieces")
    merged = [entry.get(made, -1) for made in text.replace(" ", "").split(_GAP)]
    return np.array(merged, np.int64), spaces - begins

"""The merges of a BPE `tokenizer.json`, in either of the two ways they are written."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GAP = "\uffff"  # a noncharacter between lines


Merges = tuple[NDArray[np.int64], NDArray[np.int64]]


def read_merges(
    merges: list[Any], entry: Mapping[str, int], pieces: list[str], prefix: str
) -> Merges:
    """The entry each merge makes and where it cuts that; KeyError where it makes none.

    `prefix` marks pieces inside a word (BERT's `##`); a merge drops it from its right part. The
    passes run inside `map`, since there may be 300,000 merges.
    """
    if not merges:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    if prefix:
        merges = [merge.split(" ") if isinstance(merge, str) else merge for merge in merges]
        merges = [(left, right.removeprefix(prefix)) for left, right in merges]
    if isinstance(merges[0], str):
        made, cuts = _lines(merges)
        return _entries(made, entry, pieces), cuts
    cuts = np.fromiter(map(len, map(itemgetter(0), merges)), np.int64, len(merges))
    return _entries(list(map("".join, merges)), entry, pieces), cuts


def _lines(merges: list[str]) -> tuple[list[str], NDArray[np.int64]]:
    """What merges written `left right` make, and where they cut that; all lines in one string."""
    text = _GAP.join(merges)
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    spaces = np.flatnonzero(points == ord(" "))
    begins = np.append(0, np.flatnonzero(points == ord(_GAP)) + 1)
    if len(spaces) != len(begins):
        raise ValueError("a merge that is not two pieces")
    made = text.replace(" ", "").split(_GAP)
    return made, spaces - begins


def _entries(made: list[str], entry: Mapping[str, int], pieces: list[str]) -> NDArray[np.int64]:
    """The entry of each; most files list entries in the order of their merges."""
    first = entry[made[0]]
    if made == pieces[first : first + len(made)]:
        return np.arange(first, first + len(made))
    return np.fromiter(map(entry.__getitem__, made), np.int64, len(made))

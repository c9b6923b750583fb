"""Checks on texts and tokens that are the same for every vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.protocol import ByteTable, Encoding


def utf8(texts: Sequence[str]) -> list[bytes]:
    """The texts in UTF-8. An unpaired surrogate is refused: it is no Unicode text, and tokenizers
    each repair it differently."""
    try:
        return [text.encode() for text in texts]
    except UnicodeEncodeError:
        raise InputError(_surrogate(texts)) from None


def _surrogate(texts: Sequence[str]) -> str:
    for number, text in enumerate(texts):
        for place, character in enumerate(text):
            if 0xD800 <= ord(character) <= 0xDFFF:
                return (
                    f"text {number + 1}, character {place + 1}: unpaired surrogate "
                    f"U+{ord(character):04X} is not Unicode text; remove it or decode the "
                    "source again as UTF-8"
                )
    raise AssertionError("no surrogate found")


def unicode_text(texts: Sequence[str]) -> None:
    """Refuse what `utf8` refuses, in one pass over the texts joined."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        utf8(texts)  # says where


def spelled_out(texts: Sequence[str], encoding: Encoding, table: ByteTable) -> NDArray[np.bool_]:
    """Whether each text's token bytes, put end to end, are its own in UTF-8; bool [texts].

    Where they are, decoding returns the text by construction. One gather over all tokens: no
    decoder runs, and no Python object is made per token, nor per text where all are spelled.
    """
    lengths = np.maximum(table.lengths[encoding.ids], 0)
    ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])[encoding.offsets]
    right: NDArray[np.bool_] = np.diff(ends) == _sizes(texts)
    spelled = table.gather(encoding.ids)
    if right.all():
        wrong = np.flatnonzero(spelled != np.frombuffer("".join(texts).encode(), np.uint8))
        right[np.searchsorted(ends, wrong, side="right") - 1] = False
        return right
    for place in np.flatnonzero(right).tolist():
        right[place] = spelled[ends[place] : ends[place + 1]].tobytes() == texts[place].encode()
    return right


def _sizes(texts: Sequence[str]) -> NDArray[np.int64]:
    """Bytes of each text in UTF-8, int64 [texts]; an unpaired surrogate is refused."""
    import pyarrow as pa

    unicode_text(texts)
    if not texts:
        return np.zeros(0, np.int64)
    offsets = pa.array(texts, pa.large_string()).buffers()[1]
    return np.diff(np.frombuffer(offsets, "<i8", len(texts) + 1)).astype(np.int64, copy=False)

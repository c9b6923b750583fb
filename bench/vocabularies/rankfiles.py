"""Reading rank files: tiktoken's `base64 rank` lines and Mistral's tekken JSON.

A big vocabulary is 200,000 lines; decoding them one by one costs more than encoding a small
corpus, so the lines are decoded as arrays.
"""

from __future__ import annotations

import base64
import json

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.protocol import ByteTable

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_PAD, _BAD = 64, 255
_SPACE, _NEWLINE, _ZERO = 32, 10, 48


def read_tiktoken(raw: bytes, source: str) -> ByteTable:
    """The bytes of each rank of a `.tiktoken` file; `source` names it in errors."""
    raw = raw.replace(b"\r\n", b"\n")
    text = np.frombuffer(raw if raw.endswith(b"\n") else raw + b"\n", np.uint8)
    spaces, ends = np.flatnonzero(text == _SPACE), np.flatnonzero(text == _NEWLINE)
    if len(spaces) != len(ends) or not len(ends):
        raise InputError(_broken(source, "its lines are not `base64 rank`"))
    starts = np.concatenate([[0], ends[:-1] + 1])
    ranks = _decimals(text, spaces + 1, ends, source)
    # Whisper's file gives its last rank to the empty string, spelled "=": a slot without bytes.
    full = (spaces - starts != 1) | (text[starts] != ord("="))
    starts, widths = starts[full], (spaces - starts)[full]
    if (widths % 4).any() or (widths <= 0).any():
        raise InputError(_broken(source, "a line's base64 is cut short"))
    data, lengths = _base64(text, starts, widths, source)
    return _by_rank(data, lengths, ranks[full], int(ranks.max()) + 1, source)


def read_tekken(raw: bytes, source: str) -> tuple[ByteTable, str, int]:
    """The table by id, the pattern and the declared size of a tekken JSON file.

    The file lists more ranks than the vocabulary uses (150,000 against 131,072 less its 1,000
    special tokens), and the maker's ids start after the special ones.
    """
    try:
        content = json.loads(raw)
        config = content["config"]
        size, special = config["default_vocab_size"], config["default_num_special_tokens"]
        if not 0 <= special <= size < 1 << 24:
            raise ValueError("sizes")
        entries = content["vocab"][: size - special]
        tokens: list[bytes | None] = [None] * special
        tokens += [base64.b64decode(entry["token_bytes"]) for entry in entries]
        if len({token for token in tokens if token and len(token) == 1}) != 256:
            raise ValueError("not every single byte is a token")
        return ByteTable.of(tokens), config["pattern"], size
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(_broken(source, f"not a tekken file ({error!r})")) from None


def _broken(source: str, reason: str) -> str:
    return f"{source}: {reason}; the file is damaged or of another kind, fetch it again"


def _decimals(
    text: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], source: str
) -> NDArray[np.int64]:
    """The decimal numbers that stand at text[starts:ends]."""
    widths, value = ends - starts, np.zeros(len(starts), np.int64)
    if widths.min() < 1 or widths.max() > 9:
        raise InputError(_broken(source, "a line has no rank"))
    for place in range(int(widths.max())):
        there = widths > place
        digit = text[starts[there] + place].astype(np.int64) - _ZERO
        if ((digit < 0) | (digit > 9)).any():
            raise InputError(_broken(source, "a rank is not a number"))
        value[there] = value[there] * 10 + digit
    return value


def _base64(
    text: NDArray[np.uint8], starts: NDArray[np.int64], widths: NDArray[np.int64], source: str
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The bytes, end to end, of many base64 strings, and the length of each."""
    codes = np.full(256, _BAD, np.uint8)
    codes[np.frombuffer(_ALPHABET, np.uint8)] = np.arange(64)
    codes[ord("=")] = _PAD
    ends = np.cumsum(widths)
    spread = np.repeat(starts - (ends - widths), widths) + np.arange(ends[-1])
    quads = codes[text[spread]].reshape(-1, 4)
    if (quads == _BAD).any() or (quads[:, :2] == _PAD).any():
        raise InputError(_broken(source, "a token is not base64"))
    bits = (quads & 63).astype(np.uint32)
    word = (bits[:, 0] << 18) | (bits[:, 1] << 12) | (bits[:, 2] << 6) | bits[:, 3]
    triples = np.stack([word >> 16, word >> 8, word], axis=1).astype(np.uint8)
    kept = np.stack([quads[:, 0] != _PAD, quads[:, 2] != _PAD, quads[:, 3] != _PAD], axis=1)
    last = ends // 4 - 1
    pads = (~kept[last]).sum(axis=1)
    if (~kept).sum() != pads.sum():
        raise InputError(_broken(source, "a token is not base64"))
    return triples[kept], (widths // 4 * 3 - pads).astype(np.int32)


def _by_rank(
    data: NDArray[np.uint8],
    lengths: NDArray[np.int32],
    ranks: NDArray[np.int64],
    slots: int,
    source: str,
) -> ByteTable:
    """The table indexed by rank; every single byte must be a token, or text could be lost."""
    if slots > 2 * len(ranks) + 256 or np.bincount(ranks).max() > 1:
        raise InputError(_broken(source, "its ranks are not distinct numbers"))
    begins = np.cumsum(lengths) - lengths
    if not np.bincount(data[begins[lengths == 1]], minlength=256).all():
        raise InputError(_broken(source, "not every single byte is a token"))
    by_start, by_length = np.zeros(slots, np.int64), np.full(slots, -1, np.int32)
    by_start[ranks], by_length[ranks] = begins, lengths
    return ByteTable(data, by_start, by_length)

"""GPT-2's way to write bytes as printable characters, which `tokenizer.json` files keep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.vocabularies.protocol import ByteTable


def byte_alphabet() -> dict[int, str]:
    """The character for each byte: printable Latin-1 stands for itself, the rest from U+0100."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    stand_ins = {byte: chr(256 + place) for place, byte in enumerate(others)}
    return {byte: stand_ins.get(byte, chr(byte)) for byte in range(256)}


def byte_level_table(pieces: Sequence[str]) -> ByteTable:
    """The bytes of pieces in the byte alphabet; none for a piece with any other character."""
    byte_of = _byte_of()
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    points = np.frombuffer("".join(pieces).encode("utf-32-le", "surrogatepass"), np.uint32)
    data = byte_of[np.minimum(points, len(byte_of) - 1)]
    starts = np.cumsum(lengths) - lengths
    owners = np.repeat(np.arange(len(pieces)), lengths)
    shown = lengths.astype(np.int32)
    shown[owners[data < 0]] = -1
    return ByteTable(np.maximum(data, 0).astype(np.uint8), starts, shown)


def _byte_of() -> NDArray[np.int16]:
    """Code point -> byte; -1 for one that is in no byte alphabet, the last slot for all beyond."""
    table = np.full(325, -1, np.int16)
    for byte, character in byte_alphabet().items():
        table[ord(character)] = byte
    return table

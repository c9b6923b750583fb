"""RWKV's world vocabulary: at each byte, the longest token that fits."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.checks import spelled_out, utf8
from bench.vocabularies.protocol import ByteTable, Encoding, packed

_TOKEN = -1  # the key under which a node of the trie holds its id


@dataclass(frozen=True)
class ByteTrie:
    """A greedy byte trie; ids equal those of the `rwkv` package's tokenizer."""

    name: str
    digest: str
    size: int
    table: ByteTable = field(repr=False)  # by id
    kind: str = "trie"
    unk_id: int | None = None

    @property
    def fallback_ids(self) -> NDArray[np.int64]:
        """None: every byte is an ordinary token."""
        return np.zeros(0, np.int64)

    @cached_property
    def _root(self) -> dict[int, Any]:
        root: dict[int, Any] = {}
        for token_id, token in enumerate(self.token_bytes()):
            node = root
            for byte in token or b"":
                node = node.setdefault(byte, {})
            if token:
                node[_TOKEN] = token_id
        return root

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Token ids of each text, encoded alone."""
        return packed([np.array(self._longest(raw), np.uint32) for raw in utf8(texts)])

    def _longest(self, raw: bytes) -> list[int]:
        """Greedy ids: walk down the trie as far as the bytes go, keep the last token passed."""
        root, ids, start = self._root, [], 0
        while start < len(raw):
            node, at = root, start
            while at < len(raw) and raw[at] in node:
                node = node[raw[at]]
                at += 1
                if _TOKEN in node:
                    found, end = node[_TOKEN], at
            ids.append(found)
            start = end
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a run of tokens; half a character becomes U+FFFD."""
        return self.table.gather(np.asarray(ids, np.uint32)).tobytes().decode(errors="replace")

    def token_bytes(self) -> list[bytes | None]:
        """The raw bytes of each id; id 0 has none."""
        return self.table.tolist()

    def byte_table(self) -> ByteTable:
        """The bytes of each id, in flat arrays."""
        return self.table

    def normalise(self, text: str) -> str:
        """Nothing is changed."""
        return text

    def round_trips(self, texts: Sequence[str], encoding: Encoding) -> NDArray[np.bool_]:
        """Whether each text's token bytes are its own, bool [texts]."""
        return spelled_out(texts, encoding, self.table)


def read_trie(raw: bytes, source: str) -> tuple[ByteTable, int]:
    """The table by id and the number of tokens of a file of lines `id 'token' length`."""
    tokens: dict[int, bytes] = {}
    try:
        for line in raw.decode().removesuffix("\n").split("\n"):
            number, _, rest = line.partition(" ")
            literal, _, length = rest.rpartition(" ")
            token = _literal(literal)
            if len(token) != int(length):
                raise ValueError("length")
            tokens[int(number)] = token
        if not 0 <= min(tokens) <= max(tokens) <= 2 * len(tokens) + 256:
            raise ValueError("ids")
        if len({token for token in tokens.values() if len(token) == 1}) != 256:
            raise ValueError("bytes")
    except (ValueError, SyntaxError, MemoryError, RecursionError):  # a literal nested too deeply
        raise InputError(
            f"{source}: not a trie of lines `id 'token' length` with all 256 bytes, or cut short"
        ) from None
    table = ByteTable.of([tokens.get(token_id) for token_id in range(max(tokens) + 1)])
    return table, len(tokens)


def _literal(literal: str) -> bytes:
    """The bytes of a Python string or bytes literal; nothing else is evaluated."""
    if "\\" not in literal and literal[:1] in "'\"":
        return literal[1:-1].encode()
    value = ast.literal_eval(literal)
    return value if isinstance(value, bytes) else str(value).encode()

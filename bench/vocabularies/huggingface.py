"""`tokenizer.json` files of Hugging Face `tokenizers`, ours and others'.

A file's added tokens would match inside a text that happens to spell them. Text is data here: those
spelled like markup are marked special, and special ones are told not to match. Others, such as runs
of spaces, are part of how the vocabulary writes text, and stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.checks import spelled_out, utf8
from bench.vocabularies.protocol import ByteTable, Encoding, packed

if TYPE_CHECKING:
    import tokenizers

_MARKUP = ("<", "[", "｜")
_KINDS = {"BPE": "bpe", "Unigram": "unigram", "WordPiece": "wordpiece"}


@dataclass(frozen=True)
class TokenizersVocabulary:
    """A `tokenizer.json`; ids equal `tokenizers` with no special token matched."""

    name: str
    digest: str
    raw: bytes = field(repr=False)

    @cached_property
    def _content(self) -> dict[str, Any]:
        try:
            content = json.loads(self.raw)
            known = content["model"]["type"] in _KINDS and content["model"]["vocab"]
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise InputError(
                f"{self.name}: not a tokenizer.json of BPE, Unigram or WordPiece, or cut short; "
                "give the file that `tokenizers` saved"
            )
        added = content.get("added_tokens") or []
        content["added_tokens"] = [{**token, "special": _special(token)} for token in added]
        content["post_processor"] = content["truncation"] = content["padding"] = None
        return dict(content)

    @cached_property
    def _engine(self) -> tokenizers.Tokenizer:
        import tokenizers

        try:
            engine = tokenizers.Tokenizer.from_str(json.dumps(self._content, ensure_ascii=False))
        except Exception as error:  # the library raises bare Exceptions
            raise InputError(f"{self.name}: tokenizers cannot read it ({error})") from None
        engine.encode_special_tokens = True  # encode them as the text they are
        return engine

    @property
    def kind(self) -> str:
        """`byte-bpe`, `bpe`, `unigram` or `wordpiece`."""
        kind = _KINDS[self._content["model"]["type"]]
        return f"byte-{kind}" if self._byte_level and kind == "bpe" else kind

    @cached_property
    def _byte_level(self) -> bool:
        parts = [self._content.get("pre_tokenizer"), self._content.get("decoder")]
        return any('"ByteLevel"' in json.dumps(part) for part in parts)

    @cached_property
    def size(self) -> int:
        """Entries of the model and every added token of the file, special ones included."""
        ids = {token["id"] for token in self._content["added_tokens"]}
        return len(ids | set(self._pieces.values()))

    @cached_property
    def _pieces(self) -> dict[str, int]:
        """Each piece of the model and its id."""
        vocab = self._content["model"]["vocab"]
        if isinstance(vocab, Mapping):
            return dict(vocab)
        return {piece: token_id for token_id, (piece, _) in enumerate(vocab)}

    @property
    def unk_id(self) -> int | None:
        """The model's unknown token, if it names one that text can reach."""
        model = self._content["model"]
        if model["type"] == "Unigram":
            found = model.get("unk_id")
            return None if found is None else int(found)
        return self._pieces.get(model.get("unk_token") or "")

    @cached_property
    def fallback_ids(self) -> NDArray[np.int64]:
        """The `<0xXX>` pieces of a model with byte fallback."""
        if not self._content["model"].get("byte_fallback"):
            return np.zeros(0, np.int64)
        pieces = (self._pieces.get(f"<0x{byte:02X}>") for byte in range(256))
        return np.array(sorted(piece for piece in pieces if piece is not None), np.int64)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Token ids of each text, encoded alone."""
        utf8(texts)
        encoded = self._engine.encode_batch_fast(list(texts), add_special_tokens=False)
        return packed([np.array(one.ids, np.uint32) for one in encoded])

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a run of tokens."""
        return str(self._engine.decode([int(token) for token in ids], skip_special_tokens=False))

    def token_bytes(self) -> list[bytes | None]:
        """The raw bytes of each id; None for special and unknown tokens."""
        return self.byte_table().tolist()

    def byte_table(self) -> ByteTable:
        """The bytes of each id, in flat arrays."""
        return self._table

    @cached_property
    def _table(self) -> ByteTable:
        added = {
            token["content"]: token["id"]
            for token in self._content["added_tokens"]
            if not token["special"]
        }
        ids = [*self._pieces.values(), *added.values()]
        tokens: list[bytes | None] = [None] * (max(ids) + 1)
        fallback = set(self.fallback_ids.tolist())
        for piece, token_id in self._pieces.items():
            if token_id in fallback:
                tokens[token_id] = bytes([int(piece[3:5], 16)])
            elif token_id != self.unk_id:
                tokens[token_id] = self._spelling(piece)
        for content, token_id in added.items():
            tokens[token_id] = content.encode()
        return ByteTable.of(tokens)

    def _spelling(self, piece: str) -> bytes | None:
        if self._byte_level:
            try:
                return piece.translate(_BYTE_LEVEL).encode("latin-1")
            except UnicodeEncodeError:
                return None  # an added word that is in no byte alphabet
        return piece.replace("▁", " ").removeprefix("##").encode()

    def normalise(self, text: str) -> str:
        """The file's own normaliser."""
        normalizer = self._engine.normalizer
        return text if normalizer is None else str(normalizer.normalize_str(text))

    def round_trips(self, texts: Sequence[str], encoding: Encoding) -> NDArray[np.bool_]:
        """Whether each text's tokens spell or decode to its normalised form, bool [texts]."""
        sources = [self.normalise(text) for text in texts]
        if self._byte_level:
            return spelled_out(utf8(sources), encoding, self.byte_table())
        ids = [encoding[number].tolist() for number in range(len(encoding))]
        decoded = self._engine.decode_batch(ids, skip_special_tokens=False)
        return np.array([text == back for text, back in zip(sources, decoded, strict=True)], bool)


def _special(token: Mapping[str, Any]) -> bool:
    return bool(token.get("special")) or str(token["content"]).startswith(_MARKUP)


def byte_alphabet() -> dict[int, str]:
    """GPT-2's printable character for each byte: printable Latin-1 stands for itself."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    stand_ins = {byte: chr(256 + place) for place, byte in enumerate(others)}
    return {byte: stand_ins.get(byte, chr(byte)) for byte in range(256)}


_BYTE_LEVEL = {ord(character): chr(byte) for byte, character in byte_alphabet().items()}

"""Hugging Face's `tokenizer.json`, read into arrays and thinned out without the library."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.bytelevel import byte_level_table
from bench.vocabularies.merges import read_merges
from bench.vocabularies.patterns import DEEPSEEK, DEEPSEEK_CUTS, GPT2
from bench.vocabularies.protocol import ByteTable

_KINDS = {"BPE": "bpe", "Unigram": "unigram", "WordPiece": "wordpiece"}
_DAMAGED = (
    ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, MemoryError,
)  # fmt: skip
_LARGEST = 1 << 24  # no vocabulary has an id so large; an array up to it would fit into memory
_PARTS = {"normalizer": "normalizers", "pre_tokenizer": "pretokenizers", "decoder": "decoders"}
_MARKUP = ("<", "[", "｜")
_NEVER = "\ufffe{}\ufffe"  # noncharacters: stands where a special token's spelling stood
_SPACE = "▁"
_SEPARATOR = "\uffff"  # a noncharacter between pieces


@dataclass(frozen=True)
class JsonFile:
    """The entries of the file's model, in the order of the file, and everything else of it.

    Special added tokens keep their ids; their spelling is taken from the model, where a text that
    happens to spell one would otherwise reach it.
    """

    settings: dict[str, Any] = field(repr=False)  # the file without vocab and merges
    pieces: list[str] = field(repr=False)  # [entries]
    ids: NDArray[np.int64] = field(repr=False)  # [entries]
    scores: NDArray[np.float64] | None = field(repr=False)  # [entries], Unigram
    merged: NDArray[np.int64] = field(repr=False)  # [merges], the entry a merge makes
    cuts: NDArray[np.int64] = field(repr=False)  # [merges], characters of its left part
    silent: list[int] = field(repr=False)  # entries of special tokens, which no text reaches
    size: int  # entries and added tokens

    @classmethod
    def read(cls, raw: bytes, source: str) -> JsonFile:
        """Parse a file; InputError, naming `source`, if it is damaged or of another kind."""
        try:
            with _no_collector():
                return cls._parse(json.loads(raw))
        except _DAMAGED:
            raise InputError(
                f"{source}: not a tokenizer.json of BPE, Unigram or WordPiece, or cut short; "
                "give the file that `tokenizers` saved"
            ) from None

    @classmethod
    def _parse(cls, content: dict[str, Any]) -> JsonFile:
        model = content["model"]
        if model["type"] not in _KINDS or not model["vocab"]:
            raise ValueError("kind")
        added = [{**one, "special": _special(one)} for one in content.get("added_tokens") or []]
        vocab, merges = model.pop("vocab"), model.pop("merges", [])
        scores = None
        if isinstance(vocab, Mapping):
            pieces, ids = list(vocab), np.fromiter(vocab.values(), np.int64, len(vocab))
        else:
            pieces, ids = [piece for piece, _ in vocab], np.arange(len(vocab))
            scores = np.array([score for _, score in vocab], np.float64)
            _refuse_unknown(model.get("unk_id"), len(pieces))
        prefix = model.get("continuing_subword_prefix") or ""
        places = _places(vocab, pieces, ids)
        merged, cuts = read_merges(merges, places, pieces, prefix)
        _refuse_impossible(content, [*pieces, *(one["content"] for one in added)])
        _refuse_far(np.concatenate([ids, np.array([one["id"] for one in added], np.int64)]))
        spelled = {one["content"] for one in added}
        if places:
            entry = {piece: places[piece] for piece in spelled if piece in places}
        else:
            entry = {piece: place for place, piece in enumerate(pieces) if piece in spelled}
        silent = [
            entry[one["content"]] for one in added if one["special"] and one["content"] in entry
        ]
        unknown = (entry.get(model.get("unk_token", "")), model.get("unk_id"))
        silent = [place for place in silent if place not in unknown]
        for place in silent:
            pieces[place] = _NEVER.format(place)
        content |= {"added_tokens": added, "post_processor": None}
        content |= {"truncation": None, "padding": None}
        size = len(pieces) + len(
            {one["id"] for one in added} - set(ids[list(entry.values())].tolist())
        )
        return cls(content, pieces, ids, scores, merged, cuts, silent, size)

    @property
    def model(self) -> dict[str, Any]:
        """The model's settings."""
        return dict(self.settings["model"])

    @cached_property
    def byte_level(self) -> bool:
        """Whether pieces are written in GPT-2's byte alphabet."""
        parts = [self.settings.get("pre_tokenizer"), self.settings.get("decoder")]
        return any('"ByteLevel"' in json.dumps(part) for part in parts)

    @property
    def kind(self) -> str:
        """`byte-bpe`, `bpe`, `unigram` or `wordpiece`."""
        kind = _KINDS[self.settings["model"]["type"]]
        return f"byte-{kind}" if self.byte_level and kind == "bpe" else kind

    @cached_property
    def unknown(self) -> int | None:
        """The entry of the unknown token, None without one."""
        model = self.settings["model"]
        if model["type"] == "Unigram":
            found = model.get("unk_id")
            return None if found is None else int(found)
        token = model.get("unk_token")
        return self.pieces.index(token) if token in self.pieces else None

    @cached_property
    def fallback(self) -> NDArray[np.int64]:
        """The entries `<0x00>` to `<0xFF>` of a model with byte fallback."""
        if not self.settings["model"].get("byte_fallback"):
            return np.zeros(0, np.int64)
        spelled = {f"<0x{byte:02X}>" for byte in range(256)}
        return np.array([p for p, piece in enumerate(self.pieces) if piece in spelled], np.int64)

    @property
    def spells_its_text(self) -> bool:
        """Whether pieces, put end to end, are one space and the normalised text (Metaspace)."""
        parts = [self.settings.get("pre_tokenizer") or {}, self.settings.get("decoder") or {}]
        return all(
            part.get("type") == "Metaspace"
            and part.get("replacement") == _SPACE
            and part.get("prepend_scheme", "always") == "always"
            and part.get("add_prefix_space", True)
            for part in parts
        )

    @cached_property
    def normal_form(self) -> Literal["none", "NFC", "NFD", "NFKC", "NFKD"] | None:
        """The Unicode form the file's normaliser gives; `none` for no normaliser, None for others.

        A text that already has the form is left alone, which Python can tell at once.
        """
        whole = self.settings.get("normalizer") or {"type": "Sequence", "normalizers": []}
        parts = whole.get("normalizers", [whole])
        if not parts:
            return "none"
        kind = parts[0].get("type")
        return kind if len(parts) == 1 and kind in ("NFC", "NFD", "NFKC", "NFKD") else None

    @property
    def kept_tokens(self) -> list[dict[str, Any]]:
        """Added tokens that are no markup (runs of spaces, words): they match in text."""
        return [one for one in self.settings["added_tokens"] if not one["special"]]

    @cached_property
    def entry_table(self) -> ByteTable:
        """The bytes of each entry, in the order of the file."""
        if self.byte_level:
            table = byte_level_table(self.pieces)
        else:
            joined = _SEPARATOR.join(self.pieces).replace(_SPACE, " ").encode()
            tokens = joined.split(_SEPARATOR.encode())
            if self.kind == "wordpiece":
                tokens = [piece.removeprefix(b"##") for piece in tokens]
            for place in self.fallback.tolist():
                tokens[place] = bytes([int(self.pieces[place][3:5], 16)])
            table = ByteTable.of(tokens)
        table.lengths[self.silent] = -1
        if self.unknown is not None:
            table.lengths[self.unknown] = -1
        return table

    def table(self) -> ByteTable:
        """The bytes of each id, added tokens that match in text included."""
        kept, entries = self.kept_tokens, self.entry_table
        added = ByteTable.of([one["content"].encode() for one in kept])
        ids = np.concatenate([self.ids, np.array([one["id"] for one in kept], np.int64)])
        starts = np.zeros(int(ids.max()) + 1, np.int64)
        lengths = np.full(len(starts), -1, np.int32)
        starts[ids] = np.concatenate([entries.starts, added.starts + len(entries.data)])
        lengths[ids] = np.concatenate([entries.lengths, added.lengths])
        return ByteTable(np.concatenate([entries.data, added.data]), starts, lengths)

    @cached_property
    def pattern(self) -> str | None:
        """The one regular expression that cuts text into words; None if it takes more than that."""
        parts = self.settings.get("pre_tokenizer") or {}
        parts = parts.get("pretokenizers", [parts]) if parts else []
        if (
            not parts
            or parts[-1].get("type") != "ByteLevel"
            or parts[-1].get("add_prefix_space", True)
        ):
            return None
        if len(parts) == 1:
            return GPT2 if parts[0].get("use_regex", True) else None
        if parts[-1].get("use_regex", True) or not all(map(_is_plain_split, parts[:-1])):
            return None
        cuts = tuple(part["pattern"].get("Regex") for part in parts[:-1])
        return DEEPSEEK if cuts == DEEPSEEK_CUTS else cuts[0] if len(cuts) == 1 else None

    @property
    def can_be_thinned(self) -> bool:
        """Whether a model of fewer entries is known to cut a text that needs no others alike."""
        affixes = ("continuing_subword_prefix", "end_of_word_suffix")
        model = self.settings["model"]
        bare = model["type"] == "WordPiece" or not any(model.get(key) for key in affixes)
        return bare and not self.kept_tokens and self._loses_nothing

    @property
    def _loses_nothing(self) -> bool:
        """Whether every text has tokens: BPE drops what has none, and merges across the gap."""
        if self.settings["model"]["type"] != "BPE" or self.unknown is not None:
            return True
        single = np.count_nonzero(self.entry_table.lengths == 1) if self.byte_level else 0
        return bool(max(single, len(self.fallback)) >= 256)

    @cached_property
    def essential(self) -> NDArray[np.bool_]:
        """Entries a thinned model keeps whatever the text, bool [entries]."""
        keep = np.zeros(len(self.pieces), bool)
        keep[self.fallback] = True
        if self.unknown is not None:
            keep[self.unknown] = True
        if self.scores is not None:
            keep[self.scores.argmin()] = True  # unknown characters are scored relative to it
        if self.byte_level:
            keep |= self.entry_table.lengths == 1
        return keep

    def document(self, entries: NDArray[np.int64] | None) -> str:
        """A `tokenizer.json` with these entries, numbered by their place; None: with all."""
        content, model = dict(self.settings), self.model
        every = np.arange(len(self.pieces)) if entries is None else entries
        numbers = self.ids if entries is None else np.arange(len(every))
        pieces = [self.pieces[place] for place in every.tolist()]
        if self.scores is None:
            model["vocab"] = dict(zip(pieces, numbers.tolist(), strict=True))
        else:
            model["vocab"] = list(zip(pieces, self.scores[every].tolist(), strict=True))
        if model["type"] == "BPE":
            model["merges"] = self._merge_pairs(every)
        if model["type"] == "Unigram" and self.unknown is not None:
            model["unk_id"] = int(np.searchsorted(every, self.unknown))
        content["added_tokens"] = self._added() if entries is None else []
        return json.dumps({**content, "model": model}, ensure_ascii=False)

    def _added(self) -> list[dict[str, Any]]:
        """Added tokens; markup as its entry is spelled here, or it would be given another id."""
        spelled = {int(self.ids[place]): self.pieces[place] for place in self.silent}
        return [
            {**one, "content": spelled.get(one["id"], one["content"])} if one["special"] else one
            for one in self.settings["added_tokens"]
        ]

    def _merge_pairs(self, entries: NDArray[np.int64]) -> list[tuple[str, str]]:
        has = np.zeros(len(self.pieces), bool)
        has[entries] = True
        merges = np.flatnonzero(has[self.merged])
        spans = zip(self.merged[merges].tolist(), self.cuts[merges].tolist(), strict=True)
        prefix = self.settings["model"].get("continuing_subword_prefix") or ""
        pairs = [(self.pieces[made][:cut], prefix + self.pieces[made][cut:]) for made, cut in spans]
        if len(entries) == len(self.pieces):
            return pairs
        kept = {self.pieces[place] for place in entries.tolist()}
        return [(left, right) for left, right in pairs if left in kept and right in kept]


def _is_plain_split(part: Mapping[str, Any]) -> bool:
    """Whether a pre-tokenizer makes each match of an expression a piece, and changes nothing."""
    isolates = part.get("behavior") == "Isolated" and not part.get("invert")
    return part.get("type") == "Split" and isolates and isinstance(part.get("pattern"), dict)


def _refuse_impossible(content: Mapping[str, Any], spelled: list[str]) -> None:
    """ValueError for spellings that are no Unicode, and for parts that are not made of objects."""
    _SEPARATOR.join(spelled).encode()
    for name, inner in _PARTS.items():
        part = content.get(name) or {}
        if not all(isinstance(one, dict) for one in [part, *part.get(inner, [])]):
            raise ValueError(name)
        json.dumps(part, ensure_ascii=False).encode()


def _refuse_unknown(place: object, pieces: int) -> None:
    if place is not None and (type(place) is not int or not 0 <= place < pieces):
        raise ValueError(f"the unknown piece is {place!r}, of {pieces}")


def _refuse_far(ids: NDArray[np.int64]) -> None:
    if len(ids) and not 0 <= ids.min() <= ids.max() < _LARGEST:
        raise ValueError("ids")


def _places(
    vocab: Mapping[str, int] | list[Any], pieces: list[str], ids: NDArray[np.int64]
) -> Mapping[str, int]:
    """Piece -> entry. Most files are in the order of their ids, and say so themselves."""
    if isinstance(vocab, Mapping) and np.array_equal(ids, np.arange(len(ids))):
        return vocab
    return {} if isinstance(vocab, list) else {piece: p for p, piece in enumerate(pieces)}


def _special(token: Mapping[str, Any]) -> bool:
    return bool(token.get("special")) or str(token["content"]).startswith(_MARKUP)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Pause the garbage collector: it would walk 300,000 fresh lists again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

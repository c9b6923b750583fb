"""The engines that can encode a `tokenizer.json`, and how one is chosen.

`tokenizers` itself is the reference. Where a file's merges can be written as ranks, tiktoken merges
the distinct words of a text many times faster. Other byte-level files go to the optional
`fastokens`, where it is installed and knows them. Both are held against the reference on a sample
of the texts before they are used, and left aside where one id differs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.vocabularies.guard import guarded
from bench.vocabularies.jsonfile import JsonFile
from bench.vocabularies.occurring import Loader, in_one, occurring
from bench.vocabularies.protocol import Encoding, packed
from bench.vocabularies.rankengine import RankEngine, ranked

if TYPE_CHECKING:
    import tokenizers

_SAMPLE, _SAMPLE_LENGTH = 40, 10_000  # texts an engine is tried on, characters of each

Entries = NDArray[np.int64]


@dataclass
class Normaliser:
    """A file's own normaliser, loaded from the library when a text first needs it."""

    name: str
    file: JsonFile
    _latest: tuple[list[str], list[str]] = field(default=([], []), repr=False)

    def all(self, texts: Sequence[str]) -> list[str]:
        """Every text as the normaliser leaves it; the latest are kept, as they are asked for by
        encoding and by the round trip."""
        asked = list(texts)
        if self._is_normal("\n".join(asked)):
            return asked
        if asked != self._latest[0]:
            self._latest = asked, self._normalised(asked)
        return self._latest[1]

    def __call__(self, text: str) -> str:
        """The text as the file's normaliser leaves it."""
        return text if self._is_normal(text) else self._normalised([text])[0]

    def _is_normal(self, text: str) -> bool:
        form = self.file.normal_form
        return form == "none" or bool(form and unicodedata.is_normalized(form, text))

    def _normalised(self, texts: list[str]) -> list[str]:
        """By the library where a text is not normal yet; one guard for all, as a guard costs a
        thread."""
        library = self._library
        if library is None:
            return texts

        def work() -> list[str]:
            return [text if self._is_normal(text) else str(library.normalize_str(text))
                    for text in texts]  # fmt: skip

        return guarded(work, sum(map(len, texts)), self.name)

    @cached_property
    def _library(self) -> tokenizers.normalizers.Normalizer | None:
        """A model of hardly any entry is enough to have it."""
        engine = library_engine(self.name, self.file, np.flatnonzero(self.file.essential))
        found: tokenizers.normalizers.Normalizer | None = engine.tokenizer.normalizer
        return found


class Engine(Protocol):
    """Encodes texts with all the entries that they need."""

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Ids of the file, each text alone; the texts are as they came, not normalised."""


@dataclass
class JsonEngines:
    """The engines of one file, loaded when first needed."""

    name: str
    file: JsonFile
    normalise: Normaliser
    _loaders: dict[str, Loader[Any]] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)
    _trusted: set[str] = field(default_factory=set)

    def encode(self, texts: list[str]) -> Encoding:
        """Ids of each text, from the first engine that agrees with the library."""
        source = self._spelled(texts)
        for kind in self._candidates():
            engine: Engine = self._loader(kind).engine(source)
            if kind in self._trusted or self._agrees(kind, engine, texts):
                return engine.encode(texts)
            self._refused.add(kind)
        return self._library(source).encode(texts)

    def decode(self, encoding: Encoding, texts: Sequence[str]) -> list[str]:
        """The text of each run of tokens; `texts` are those it was made from."""
        return self._library(self._spelled(texts)).decode(encoding)

    def _library(self, source: bytes) -> LibraryEngine:
        found: LibraryEngine = self._loader("tokenizers").engine(source)
        return found

    def _spelled(self, texts: Sequence[str]) -> bytes:
        """The texts as pieces spell them; a pre-tokenizer may put a space in front."""
        spelled = in_one(self.normalise.all(texts), before=" ")
        return spelled if self.file.byte_level else spelled.replace("▁".encode(), b" ")

    def _candidates(self) -> Iterator[str]:
        """The faster engines that may know this file, the best first."""
        if self.file.kind != "byte-bpe":
            return
        if "ranks" not in self._refused and self._loader("ranks") is not None:
            yield "ranks"
        known = find_spec("fastokens") is not None and self.file.can_be_thinned
        if "fastokens" not in self._refused and known:
            yield "fastokens"

    def _loader(self, kind: str) -> Any:
        if kind not in self._loaders:
            self._loaders[kind] = _LOADERS[kind](self.name, self.file, self.normalise)
        return self._loaders[kind]

    def _agrees(self, kind: str, engine: Engine, texts: list[str]) -> bool:
        """Whether an engine and the library give the same ids on a sample of the texts.

        Ranks do for merges that a trainer made; a file edited by hand may hold merges that its
        own order never reaches.
        """
        places = np.linspace(0, len(texts) - 1, min(_SAMPLE, len(texts))).astype(int).tolist()
        some = [texts[place][:_SAMPLE_LENGTH] for place in dict.fromkeys(places)]
        needed = occurring(self.file.entry_table, self._spelled(some)) | self.file.essential
        expected = library_engine(self.name, self.file, np.flatnonzero(needed)).encode(some)
        try:
            agree = np.array_equal(engine.encode(some).ids, expected.ids)
        except ValueError:
            return False
        if agree and len(some) >= _SAMPLE // 2:
            self._trusted.add(kind)
        return agree


@dataclass(frozen=True)
class LibraryEngine:
    """`tokenizers` over some entries; its id i is the vocabulary's `ids[i]` (None: the same)."""

    tokenizer: tokenizers.Tokenizer
    ids: NDArray[np.int64] | None
    name: str = "a vocabulary"  # for errors

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Ids of each text."""
        batch = partial(self.tokenizer.encode_batch_fast, list(texts), add_special_tokens=False)
        try:
            encoded = guarded(batch, sum(map(len, texts)), self.name)
        except InputError:
            raise
        except Exception as error:  # the library raises bare Exceptions
            said = " ".join(str(error).split())
            raise InputError(f"{self.name}: tokenizers cannot encode with it ({said})") from None
        encoding = packed([np.array(one.ids, np.uint32) for one in encoded])
        if self.ids is None:
            return encoding
        return Encoding(self.ids.astype(np.uint32)[encoding.ids], encoding.offsets)

    def decode(self, encoding: Encoding) -> list[str]:
        """The text of each run of tokens that this engine made."""
        ids = encoding.ids
        if self.ids is not None:
            places = np.zeros(int(self.ids.max()) + 1, np.uint32)
            places[self.ids] = np.arange(len(self.ids))
            ids = places[ids]
        runs = [ids[start:end].tolist() for start, end in pairwise(encoding.offsets.tolist())]
        return list(self.tokenizer.decode_batch(runs, skip_special_tokens=False))


@dataclass(frozen=True)
class _NormalisedRanks:
    """tiktoken, after the file's own normaliser."""

    engine: RankEngine
    normalise: Normaliser

    def encode(self, texts: Sequence[str]) -> Encoding:
        return self.engine.encode(self.normalise.all(texts))


@dataclass(frozen=True)
class _FastEngine:
    """`fastokens` over some entries."""

    tokenizer: Any
    ids: NDArray[np.int64]

    def encode(self, texts: Sequence[str]) -> Encoding:
        ids, ends = self.tokenizer.encode_batch_flat(list(texts))
        offsets = np.frombuffer(ends, "<u8").astype(np.int64)
        return Encoding(self.ids.astype(np.uint32)[np.frombuffer(ids, "<u4")], offsets)


def library_engine(name: str, file: JsonFile, entries: Entries | None) -> LibraryEngine:
    """The library over some entries; over all where the file cannot be thinned."""
    import tokenizers

    thin = entries is not None and file.can_be_thinned
    document = file.document(entries if thin else None)
    try:
        engine = guarded(lambda: tokenizers.Tokenizer.from_str(document), len(document), name)
    except Exception as error:  # the library raises bare Exceptions
        said = " ".join(str(error).split())
        raise InputError(f"{name}: tokenizers cannot read it ({said})") from None
    engine.encode_special_tokens = True  # encode them as the text they are
    return LibraryEngine(engine, file.ids[entries] if thin else None, name)


def _library_loader(name: str, file: JsonFile, _: Normaliser) -> Loader[LibraryEngine]:
    return Loader(file.entry_table, file.essential, partial(library_engine, name, file))


def _rank_loader(_: str, file: JsonFile, normalise: Normaliser) -> Loader[_NormalisedRanks] | None:
    found = ranked(file)
    if found is None:
        return None

    def load(ranks: Entries | None) -> _NormalisedRanks:
        return _NormalisedRanks(found.engine(ranks), normalise)

    return Loader(found.table, found.table.lengths == 1, load)


def _fast_loader(_: str, file: JsonFile, __: Normaliser) -> Loader[Engine]:
    def load(entries: Entries | None) -> Engine:
        import fastokens  # type: ignore[import-untyped, import-not-found, unused-ignore]

        some = np.arange(len(file.pieces)) if entries is None else entries
        try:
            tokenizer = fastokens.Tokenizer.from_json_str(file.document(some))
        except ValueError:  # a normaliser or pre-tokenizer that it does not know
            return _Refused()
        return _FastEngine(tokenizer, file.ids[some])

    return Loader(file.entry_table, file.essential, load)


class _Refused:
    """Stands for an engine that does not know the file."""

    def encode(self, texts: Sequence[str]) -> Encoding:
        raise ValueError("not this file")


_LOADERS: dict[str, Callable[[str, JsonFile, Normaliser], Any]] = {
    "tokenizers": _library_loader,
    "ranks": _rank_loader,
    "fastokens": _fast_loader,
}

"""One reader per file format: the file's bytes in, a vocabulary out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bench.vocabularies import converted, wordpiece
from bench.vocabularies.glyphs.vocabulary import GlyphVocabulary
from bench.vocabularies.huggingface import TokenizersVocabulary
from bench.vocabularies.jsonfile import JsonFile
from bench.vocabularies.patterns import PATTERNS
from bench.vocabularies.protocol import Vocabulary
from bench.vocabularies.rankfiles import read_tekken, read_tiktoken
from bench.vocabularies.ranks import ByteBpe
from bench.vocabularies.sentencepieces import SentencePieceVocabulary
from bench.vocabularies.trie import ByteTrie, read_trie


@dataclass(frozen=True)
class Source:
    """What is known of a file beside its bytes."""

    name: str
    digest: str  # SHA-256 of the bytes
    where: str  # how errors call the file
    reread: Callable[[], bytes]  # the same bytes again, for a reader that puts off parsing
    pattern: str | None = None  # rank files: a name of `PATTERNS`
    normal_form: Literal["NFC", "NFKC"] | None = None
    lower: bool | None = None  # WordPiece


def _ranks(source: Source, raw: bytes) -> Vocabulary:
    """tiktoken ranks; the declared size is the number of lines."""
    table = read_tiktoken(raw, source.where)
    pattern = PATTERNS[source.pattern or ""]
    return ByteBpe(source.name, source.digest, len(table), table, pattern, source.normal_form)


def _tekken(source: Source, raw: bytes) -> Vocabulary:
    table, pattern, size = read_tekken(raw, source.where)
    return ByteBpe(source.name, source.digest, size, table, pattern)


def _sentencepiece(source: Source, raw: bytes) -> Vocabulary:
    return SentencePieceVocabulary(source.name, source.digest, raw)


def _tokenizer_json(source: Source, raw: bytes) -> Vocabulary:
    """Parsed when first used: a file takes a hundred megabytes of lists while it is."""
    return TokenizersVocabulary(
        source.name, source.digest, lambda: JsonFile.read(source.reread(), source.where)
    )


def _wordpiece(source: Source, raw: bytes) -> Vocabulary:
    content = wordpiece.tokenizer_json(raw, source.where, source.lower)
    file = JsonFile.read(content, source.where)
    return TokenizersVocabulary(source.name, source.digest, lambda: file)


def _converted(source: Source, raw: bytes) -> Vocabulary:
    def load() -> JsonFile:
        return JsonFile.read(converted.tokenizer_json(source.reread(), source.where), source.where)

    return TokenizersVocabulary(source.name, source.digest, load)


def _trie(source: Source, raw: bytes) -> Vocabulary:
    table, size = read_trie(raw, source.where)
    return ByteTrie(source.name, source.digest, size, table)


def _glyphs(source: Source, raw: bytes) -> Vocabulary:
    return GlyphVocabulary.read(source.name, raw, source.where)


FORMATS: dict[str, Callable[[Source, bytes], Vocabulary]] = {
    "ranks": _ranks,
    "tekken": _tekken,
    "sentencepiece": _sentencepiece,
    "tokenizer-json": _tokenizer_json,
    "wordpiece": _wordpiece,
    "sentencepiece-transformers": _converted,
    "trie": _trie,
    "glyphs": _glyphs,
}

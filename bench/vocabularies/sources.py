"""A vocabulary from whatever a user names: a published name, a file of any known kind, the hub."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from bench.errors import InputError
from bench.vocabularies.cards import CONTROLS, Card, card, published_names
from bench.vocabularies.catalogue import published
from bench.vocabularies.directories import family_from_directory
from bench.vocabularies.formats import FORMATS, Source
from bench.vocabularies.patterns import PATTERNS
from bench.vocabularies.protocol import Family, Vocabulary
from bench.vocabularies.training import DESCRIPTION

_GENERIC = {"tokenizer", "spiece", "vocab", "sp", "sentencepiece.bpe", "sentencepiece"}
_HUB = re.compile(r"\w[\w.-]*/\w[\w.-]*(?:@[\w./-]+)?")
_SUFFIXES = {".json", ".model", ".tiktoken", ".txt", ".vocab"}
_LIMIT = 256 * 2**20


def resolve(name: str, cache: Path | None = None) -> Vocabulary:
    """A vocabulary by published name, file path (`FILE@PATTERN` for rank files) or hub name.

    A path that exists wins over a hub name. InputError names what it could not be.
    """
    if name in CONTROLS or name in published_names():
        return published(name, cache)
    path, pattern = name, ""
    if not Path(name).is_file() and "@" in name:
        path, _, pattern = name.rpartition("@")
    if Path(path).is_file():
        return from_file(Path(path), pattern=pattern or None)
    if Path(path).is_dir():
        raise InputError(f"{path} is a folder without a {DESCRIPTION}: name that of a trained "
                         "vocabulary")  # fmt: skip
    if _HUB.fullmatch(name) and Path(path).suffix.lower() not in _SUFFIXES:
        from bench.vocabularies.hub import from_hub

        return from_hub(name)
    if "/" in name or Path(name).suffix.lower() in _SUFFIXES:
        raise InputError(f"there is no file {path}; check the path, or give a published name")
    return published(name, cache)


def families(
    names: Sequence[str], languages: Sequence[str], cache: Path | None = None
) -> list[Family]:
    """One family per name; the folder of a trained one is a name too.

    InputError where two would carry the same name in the tables.
    """
    found: dict[str, str] = {}
    made = []
    for name in names:
        family = _family(name, languages, cache)
        if family.name in found:
            raise InputError(
                f"two vocabularies are called {family.name} ({found[family.name]} and "
                f"{name}); rename or leave out one of them"
            )
        found[family.name] = name
        made.append(family)
    return made


def _family(name: str, languages: Sequence[str], cache: Path | None) -> Family:
    if Path(name, DESCRIPTION).is_file():
        return family_from_directory(Path(name))
    return Family.shared(resolve(name, cache), languages)


def from_file(path: Path, name: str | None = None, pattern: str | None = None) -> Vocabulary:
    """A vocabulary out of a user's file, its kind told from its content.

    `tokenizer.json`, tekken JSON, SentencePiece `.model`, tiktoken ranks, WordPiece `vocab.txt`,
    RWKV trie. A rank file holds no pattern: that of a published file is known by its SHA-256, any
    other needs `pattern`, a name of `PATTERNS`. InputError: damaged, or of no known kind.
    """
    raw = _read(path)
    name = name or _name(path)
    digest = hashlib.sha256(raw).hexdigest()
    kind = sniff(raw, path)
    known = _same_file(digest)
    if kind == "ranks":
        pattern = _pattern(path, pattern, known)
    elif pattern:
        raise InputError(f"{path}@{pattern}: only a rank file needs a pattern; leave it out")
    source = Source(
        name,
        digest,
        str(path),
        path.read_bytes,
        pattern,
        known.normal_form if known else None,
        known.lower if known else None,
    )
    return FORMATS[kind](source, raw)


def sniff(raw: bytes, path: Path) -> str:
    """The format of a vocabulary file: a key of `FORMATS`."""
    head = raw[:4096]
    if head.lstrip()[:1] == b"{":
        return _json_kind(raw, path)
    if re.match(rb"[A-Za-z0-9+/]+={0,2} \d+\r?\n", head):
        return "ranks"
    if re.match(rb"\d+ b?['\"].*['\"] \d+\r?\n", head):
        return "trie"
    if head[:1] == b"\x0a":
        return "sentencepiece"
    if b"[UNK]" in raw:
        return "wordpiece"
    raise InputError(
        f"{path}: no kind of vocabulary known here (tokenizer.json, tekken JSON, SentencePiece "
        ".model, tiktoken ranks, WordPiece vocab.txt, RWKV trie), or cut short"
    )


def _json_kind(raw: bytes, path: Path) -> str:
    """Told from its keys; the file is parsed once, by the reader of its format."""
    if b'"#babeltoll-glyphs' in raw:
        return "glyphs"
    if re.search(rb'"model"\s*:\s*\{', raw):
        return "tokenizer-json"
    if re.search(rb'"vocab"\s*:\s*\[', raw) and b'"token_bytes"' in raw:
        return "tekken"
    raise InputError(
        f"{path}: this JSON is no tokenizer.json (it has no `model`), or cut short; give the "
        "tokenizer.json that stands beside it"
    )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LIMIT:
            raise InputError(f"{path}: larger than {_LIMIT >> 20} MiB, too large for a vocabulary")
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if not raw:
        raise InputError(f"{path}: the file is empty")
    return raw


def _name(path: Path) -> str:
    """The file's stem, or its folder's name where every such file is called alike."""
    folder = path.resolve().parent.name
    return folder if path.stem in _GENERIC and folder else path.stem


def _same_file(digest: str) -> Card | None:
    return next((c for c in map(card, published_names()) if c.sha256 == digest), None)


def _pattern(path: Path, asked: str | None, known: Card | None) -> str:
    if asked in PATTERNS:
        return asked
    if asked is None and known and known.pattern:
        return known.pattern
    names = ", ".join(PATTERNS)
    raise InputError(
        f"{path}: ranks say nothing of the pattern that cuts words; write {path}@PATTERN with one "
        f"of {names}"
    )

"""Families opened by path or by name, so that a worker process needs nothing but strings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from bench.errors import InputError
from bench.vocabularies.catalogue import published
from bench.vocabularies.glyphs.vocabulary import GlyphVocabulary
from bench.vocabularies.huggingface import TokenizersVocabulary
from bench.vocabularies.jsonfile import JsonFile
from bench.vocabularies.protocol import Family, Vocabulary
from bench.vocabularies.sentencepieces import SentencePieceVocabulary
from bench.vocabularies.training import DESCRIPTION


def family_from_directory(folder: Path, name: str | None = None) -> Family:
    """The family that `train` wrote into a folder; InputError if a file is missing or changed."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        if not description["name"].isprintable():
            raise ValueError("a name that no line can show")
        files = {
            file: _member(folder / file, digest, description["name"])
            for file, digest in description["sha256"].items()
            if _inside(file)
        }
        members = {lang: files[file] for lang, file in description["members"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(
            f"{folder} holds no trained vocabulary (no readable {DESCRIPTION} and files); train it "
            "again with `bench vocabularies train`"
        ) from None
    return Family(name or description["name"], members)


def family_published(
    name: str, cache: Path | None = None, languages: Sequence[str] = ("en", "ru", "zh")
) -> Family:
    """A published vocabulary or control that serves all the languages."""
    return Family.shared(published(name, cache), languages)


def _inside(file: str) -> bool:
    """True for a bare file name; ValueError for one that could lead out of the folder, or that no
    line can show."""
    if Path(file).name != file or not file.isprintable():
        raise ValueError(f"{file!r} is no name of a file in the folder")
    return True


def _member(path: Path, digest: str, family: str) -> Vocabulary:
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != digest:
        raise InputError(f"{path} was changed after training; train {family} again")
    name = f"{family}.{path.stem}"
    if path.suffix == ".model":
        return SentencePieceVocabulary(name, digest, raw)
    if path.suffix == ".glyphs":
        return GlyphVocabulary.read(name, raw, str(path))
    file = JsonFile.read(raw, str(path))
    return TokenizersVocabulary(name, digest, lambda: file)

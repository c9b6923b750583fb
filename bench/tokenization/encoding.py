"""Encode a corpus once with a vocabulary family and keep the sufficient statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.tokenization.statistics import (
    Counts,
    Flags,
    Mode,
    TextStatistics,
    TokenStatistics,
    VocabularyFacts,
)
from bench.vocabularies.checks import utf8
from bench.vocabularies.protocol import ByteTable, Family, Vocabulary


def tokenize(
    texts: Mapping[str, Sequence[str]], family: Family, mode: Mode = "unit"
) -> TokenStatistics:
    """Encode the units of each language once with the family's vocabulary for it.

    `texts`: language -> units, the same number in each. Mode `unit` encodes each unit alone;
    `joined` puts one space between all units and encodes the whole, as Petrov et al. (2023) do.
    InputError: units differ in number, a language the family does not serve, an unpaired
    surrogate.
    """
    units = {lang: _as_units(list(texts[lang]), mode) for lang in _aligned(texts, family)}
    columns = [_column(lang, some, family.members[lang]) for lang, some in units.items()]
    tables = _shared_facts(family, list(units), [column.histogram for column in columns])
    return TokenStatistics(
        family.name,
        mode,
        tuple(units),
        np.stack([column.tokens for column in columns], axis=1),
        np.stack([column.unknown for column in columns], axis=1),
        np.stack([column.round_trip for column in columns], axis=1),
        tuple(column.histogram for column in columns),
        tables,
    )


def text_statistics(texts: Mapping[str, Sequence[str]], mode: Mode = "unit") -> TextStatistics:
    """Bytes and characters of each unit in each language; InputError as for `tokenize`."""
    units = {lang: _as_units(list(texts[lang]), mode) for lang in _aligned(texts, None)}
    sizes = [[len(raw) for raw in _checked(lang, some)] for lang, some in units.items()]
    characters = [[len(text) for text in some] for some in units.values()]
    return TextStatistics(
        tuple(units), np.array(sizes, np.int64).T, np.array(characters, np.int64).T
    )


def _aligned(texts: Mapping[str, Sequence[str]], family: Family | None) -> tuple[str, ...]:
    """The languages, once their units are as many and the family serves them."""
    counts = {lang: len(units) for lang, units in texts.items()}
    if not counts or len(set(counts.values())) > 1:
        found = ", ".join(f"{lang} {count:,}" for lang, count in counts.items()) or "none"
        raise InputError(f"aligned text needs as many units in every language; got {found}")
    if family and (missing := sorted(set(counts) - set(family.members))):
        raise InputError(f"{family.name} has no vocabulary for {', '.join(missing)}")
    return tuple(counts)


def _as_units(texts: list[str], mode: Mode) -> list[str]:
    return [" ".join(texts)] if mode == "joined" else texts


def _checked(language: str, texts: Sequence[str]) -> list[bytes]:
    try:
        return utf8(texts)
    except InputError as error:
        raise InputError(f"{language}, {error}") from None


@dataclass(frozen=True)
class _Column:
    """One language of the statistics."""

    tokens: Counts
    unknown: Counts
    round_trip: Flags
    histogram: Counts


def _column(language: str, texts: list[str], vocabulary: Vocabulary) -> _Column:
    _checked(language, texts)
    encoding = vocabulary.encode(texts)
    unknown = np.zeros(len(texts), np.int64)
    if vocabulary.unk_id is not None:
        is_unknown = encoding.ids == vocabulary.unk_id
        unknown = np.diff(np.concatenate([[0], np.cumsum(is_unknown)])[encoding.offsets])
    histogram = np.bincount(encoding.ids, minlength=len(vocabulary.byte_table())).astype(np.int64)
    return _Column(encoding.counts, unknown, vocabulary.round_trips(texts, encoding), histogram)


def _shared_facts(
    family: Family, languages: Sequence[str], histograms: Sequence[Counts]
) -> tuple[VocabularyFacts, ...]:
    """The facts of each language's vocabulary; languages that share one share its arrays."""
    members = [family.members[language] for language in languages]
    made: dict[int, VocabularyFacts] = {}
    for member in members:
        if id(member) not in made:
            used = [h for h, other in zip(histograms, members, strict=True) if other is member]
            made[id(member)] = _facts(member, np.flatnonzero(np.sum(used, axis=0)))
    return tuple(made[id(member)] for member in members)


def _facts(vocabulary: Vocabulary, seen: NDArray[np.int64]) -> VocabularyFacts:
    table = vocabulary.byte_table()
    fallback = np.zeros(len(table), bool)
    fallback[vocabulary.fallback_ids] = True
    return VocabularyFacts(
        vocabulary.name,
        vocabulary.kind,
        vocabulary.digest,
        vocabulary.size,
        vocabulary.unk_id,
        table.lengths,
        _partial(table, seen),
        fallback,
    )


def _partial(table: ByteTable, seen: NDArray[np.int64]) -> Flags:
    partial = np.zeros(len(table), bool)
    partial[[token_id for token_id in seen.tolist() if not _is_text(table[token_id])]] = True
    return partial


def _is_text(token: bytes | None) -> bool:
    try:
        (token or b"").decode()
    except UnicodeDecodeError:
        return False
    return True

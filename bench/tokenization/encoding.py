"""Encode a corpus once with a vocabulary family and keep the sufficient statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from bench.vocabularies.protocol import ByteTable, Encoding, Family, Vocabulary

_LONGEST = 16 * 2**20  # characters of one text
_GAP = 0xFF  # no UTF-8 text has this byte
_ESCAPED = 0xDC00  # where `surrogateescape` puts the bytes it cannot place


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
    columns: dict[str, _Column] = {}
    for vocabulary, languages in _by_vocabulary(family, list(units)):
        columns |= _columns({lang: units[lang] for lang in languages}, vocabulary)
    found = [columns[lang] for lang in units]
    return TokenStatistics(
        family.name,
        mode,
        tuple(units),
        np.stack([column.tokens for column in found], axis=1),
        np.stack([column.unknown for column in found], axis=1),
        np.stack([column.round_trip for column in found], axis=1),
        tuple(column.histogram for column in found),
        tuple(column.facts for column in found),
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
    facts: VocabularyFacts


def _by_vocabulary(
    family: Family, languages: Sequence[str]
) -> Iterator[tuple[Vocabulary, list[str]]]:
    """Each vocabulary of the family with the languages it serves here."""
    for member in family.distinct():
        if served := [lang for lang in languages if family.members[lang] is member]:
            yield member, served


def _columns(units: Mapping[str, list[str]], vocabulary: Vocabulary) -> dict[str, _Column]:
    """The columns of all languages that one vocabulary serves, from one call to its engine."""
    texts = [text for some in units.values() for text in some]
    if any(len(text) > _LONGEST for text in texts):
        raise InputError(_too_long(units))
    try:
        encoding = vocabulary.encode(texts)
    except InputError:
        for language, some in units.items():
            _checked(language, some)  # says in which language, if a text is to blame
        raise
    round_trip = vocabulary.round_trips(texts, encoding)
    facts = _facts(vocabulary, encoding)
    columns, start = {}, 0
    for language, some in units.items():
        end = start + len(some)
        part = Encoding(
            encoding.ids[encoding.offsets[start] : encoding.offsets[end]],
            encoding.offsets[start : end + 1] - encoding.offsets[start],
        )
        columns[language] = _Column(
            part.counts,
            part.counts_of(vocabulary.unk_id),
            round_trip[start:end],
            np.bincount(part.ids, minlength=len(facts)).astype(np.int64),
            facts,
        )
        start = end
    return columns


def _too_long(units: Mapping[str, list[str]]) -> str:
    """Engines need up to 150 bytes for one of text, so a long unit would end in no memory."""
    language, place, size = max(
        (
            (lang, place, len(text))
            for lang, some in units.items()
            for place, text in enumerate(some)
        ),
        key=lambda found: found[2],
    )
    return (
        f"{language}, text {place + 1} has {size:,} characters, the limit is {_LONGEST:,}; a unit "
        "is a sentence or a paragraph, cut the text into units (and do not use mode joined)"
    )


def _facts(vocabulary: Vocabulary, encoding: Encoding) -> VocabularyFacts:
    table = vocabulary.byte_table()
    seen = np.flatnonzero(np.bincount(encoding.ids, minlength=len(table)))
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
    """Which of the ids seen are not valid UTF-8 alone, bool [ids].

    All are decoded at once, parted by a byte that no UTF-8 text has; the decoder turns each byte
    it cannot place into a lone surrogate.
    """
    partial = np.zeros(len(table), bool)
    seen = seen[table.lengths[seen] > 0]
    lengths = table.lengths[seen].astype(np.int64)
    spelled = np.full(int(lengths.sum()) + len(seen), _GAP, np.uint8)
    token = np.repeat(np.arange(len(seen)), lengths)
    spelled[np.arange(len(token)) + token] = table.gather(seen.astype(np.uint32))
    text = spelled.tobytes().decode(errors="surrogateescape")
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    gap = points == _ESCAPED + _GAP
    broken = (points >= _ESCAPED + 0x80) & (points < _ESCAPED + _GAP)
    partial[seen[np.cumsum(gap)[broken]]] = True
    return partial

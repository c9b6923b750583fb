"""Metrics that need words: fertility, continued words, single-token retention.

Tokens are mapped to words by byte span: a word's tokens are those that share a byte with it. A
token may serve two words (a superword), a word always has at least one token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bench.errors import InputError
from bench.metrics.measures import TOTALS, Estimated, Measure, Value
from bench.segmentation import Segmenter, segmenters, spaced
from bench.vocabularies import Family, Vocabulary

Integers = npt.NDArray[np.int64]

FREQUENT = 1_000  # word types that single-token retention looks at


@dataclass
class SegmentedText:
    """Texts by language and their words, cut once for all vocabularies."""

    texts: Mapping[str, Sequence[str]]
    segmenters: Mapping[str, Sequence[Segmenter]]
    _spans: dict[tuple[str, str], Integers] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> SegmentedText:
        """Choose the segmenters; `say` hears of those left out.

        InputError if the one to quote for a language is missing; a second one is only left out.
        """
        return cls(texts, {language: tuple(_usable(language, say)) for language in texts})

    def spans(self, segmenter: Segmenter, text: str) -> Integers:
        """Byte spans of the words of a text, int64 [words, 2]."""
        key = (segmenter.name, text)
        if key not in self._spans:
            self._spans[key] = _byte_spans(text, segmenter)
        return self._spans[key]

    def words(self, segmenter: Segmenter, text: str) -> list[str]:
        """The words themselves, or their dictionary forms."""
        raw = text.encode()
        found = [raw[start:end].decode() for start, end in self.spans(segmenter, text).tolist()]
        return [segmenter.lemma(word) for word in found] if segmenter.lemmas else found


def word_measures(segmented: SegmentedText, family: Family) -> Iterator[Measure]:
    """Every metric of words, for each language and each of its segmenters."""
    for language, texts in segmented.texts.items():
        vocabulary = family.members[language]
        for segmenter in segmented.segmenters[language]:
            words = [segmented.words(segmenter, text) for text in texts]
            after_space = spaced(language)
            if segmenter.lemmas:
                counts = _of_forms(words, vocabulary, after_space)
            else:
                counts = _in_context(segmented, segmenter, texts, vocabulary)
            yield from _shares(language, segmenter, counts)
            yield _retention(language, segmenter, words, vocabulary, after_space)


@dataclass(frozen=True)
class WordCounts:
    """By unit: its words, the tokens that they take, and the words of two and more tokens.

    Units whose text cannot be found in their tokens (unknown tokens, lost characters), and units of
    forms of which one cannot, count no word; `mapped` is the number of the others.
    """

    words: Integers
    tokens: Integers
    continued: Integers
    mapped: int

    @classmethod
    def of(cls, unit: Integers, tokens: Integers, units: int, mapped: int) -> WordCounts:
        """Sum words [words], each with its unit and its tokens, into units."""
        several = unit[tokens > 1]
        return cls(
            np.bincount(unit, minlength=units),
            np.bincount(unit, tokens, units).astype(np.int64),
            np.bincount(several, minlength=units),
            mapped,
        )


def pieces(vocabulary: Vocabulary, words: Sequence[str], after_space: bool) -> Integers:
    """Tokens that each word takes after a space, or alone in a script without spaces: [words].

    Tokens are counted from the end until the word's bytes are covered, so that a token of the
    space alone does not count. 0 for a word with unknown tokens or lost characters.
    """
    encoding = vocabulary.encode([f" {word}" if after_space else word for word in words])
    table = vocabulary.byte_table()
    lengths = np.maximum(table.lengths[encoding.ids], 0)
    ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    starts, stops = encoding.offsets[:-1], encoding.offsets[1:]
    sizes = np.array([len(word.encode()) for word in words], np.int64)
    first = np.searchsorted(ends, ends[stops] - sizes, "right") - 1
    raw = table.gather(encoding.ids).tobytes()
    spans = zip(ends[starts].tolist(), ends[stops].tolist(), strict=True)
    known = encoding.counts_of(vocabulary.unk_id) == 0
    known &= [_spell(raw[a:b], word, vocabulary) for (a, b), word in zip(spans, words, strict=True)]
    return np.where(known, stops - np.maximum(first, starts), 0)


def _spell(tokens: bytes, word: str, vocabulary: Vocabulary) -> bool:
    """Whether tokens spell a word, or what the vocabulary's normalisation makes of it."""
    spelled = tokens.lstrip(b" ")
    return spelled == word.encode() or spelled == vocabulary.normalise(word).strip(" ").encode()


def _usable(language: str, say: Callable[[str], None]) -> Iterator[Segmenter]:
    found = segmenters(language)
    if not found:
        say(f"{language}: no segmenter is known here, so no metrics of words")
    for segmenter in found:
        try:
            segmenter.check()
        except InputError as error:
            if segmenter is found[0]:
                raise
            say(f"{segmenter.name} is left out: {error}")
        else:
            yield segmenter


def _shares(language: str, segmenter: Segmenter, counts: WordCounts) -> Iterator[Estimated]:
    detail = (("seg", segmenter.label),)
    for metric, unit, above in (
        ("fertility", "tokens/word", counts.tokens),
        ("continued_words", "share of words", counts.continued),
    ):
        yield Estimated(
            metric,
            language,
            unit,
            TOTALS,
            segmenter.name,
            detail=detail,
            counted=counts.mapped,
            columns=(above, counts.words),
        )


def _retention(
    language: str,
    segmenter: Segmenter,
    words: Sequence[Sequence[str]],
    vocabulary: Vocabulary,
    after_space: bool,
) -> Value:
    """The share of the most frequent word types that are one token (arXiv 2510.09947)."""
    seen = Counter(word for unit in words for word in unit)
    types = sorted(seen, key=lambda word: (-seen[word], word))[:FREQUENT]
    kept = float(np.mean(pieces(vocabulary, types, after_space) == 1)) if types else None
    detail = (("seg", segmenter.label), ("types", len(types)))
    labels = ("single_token_retention", language, "share of types", "types", segmenter.name)
    return Value(*labels, detail=detail, value=kept)


def _of_forms(
    words: Sequence[Sequence[str]], vocabulary: Vocabulary, after_space: bool
) -> WordCounts:
    """Each word counted as its dictionary form, which is encoded once."""
    forms = sorted({word for unit in words for word in unit})
    cost = dict(zip(forms, pieces(vocabulary, forms, after_space).tolist(), strict=True))
    found = [[cost[word] for word in unit] for unit in words]
    mapped = [place for place, costs in enumerate(found) if all(costs)]
    unit = np.repeat(mapped, [len(found[place]) for place in mapped]).astype(np.int64)
    tokens = np.array([one for place in mapped for one in found[place]], np.int64)
    return WordCounts.of(unit, tokens, len(words), len(mapped))


def _in_context(
    segmented: SegmentedText,
    segmenter: Segmenter,
    texts: Sequence[str],
    vocabulary: Vocabulary,
) -> WordCounts:
    """Tokens that share a byte with each word of the running text."""
    encoding = vocabulary.encode(texts)
    table = vocabulary.byte_table()
    units, counts, mapped = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
    for place, text in enumerate(texts):
        ids = encoding[place]
        found = _spelled(text, table.gather(ids).tobytes(), vocabulary)
        if found is None:
            continue
        spelled, prefix = found
        mapped += 1
        lengths = table.lengths[ids]
        ends = np.cumsum(lengths[lengths > 0]) - prefix
        spans = segmented.spans(segmenter, spelled)
        first, last = (np.searchsorted(ends, at, "right") for at in (spans[:, 0], spans[:, 1] - 1))
        units.append(np.full(len(spans), place))
        counts.append(last - first + 1)
    return WordCounts.of(np.concatenate(units), np.concatenate(counts), len(texts), mapped)


def _spelled(text: str, spelled: bytes, vocabulary: Vocabulary) -> tuple[str, int] | None:
    """The text that tokens spell, and the bytes put before it; None if it is not the text's.

    It is the text, or what the vocabulary's normalisation makes of it.
    """
    for candidate in (text, None):
        wanted = vocabulary.normalise(text) if candidate is None else candidate
        raw = wanted.encode()
        prefix = len(spelled) - len(raw)
        if prefix in (0, 1) and spelled == b" " * prefix + raw:
            return wanted, prefix
    return None


def _byte_spans(text: str, segmenter: Segmenter) -> Integers:
    spans = np.array(segmenter.spans(text), np.int64).reshape(-1, 2)
    code_points = np.frombuffer(text.encode("utf-32-le"), "<u4")
    widths = 1 + (code_points >= 0x80) + (code_points >= 0x800) + (code_points >= 0x10000)
    offsets = np.zeros(len(widths) + 1, np.int64)
    np.cumsum(widths, out=offsets[1:])
    return np.asarray(offsets[spans])

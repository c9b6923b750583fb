"""The control `words`: segmented words as if they were tokens.

It says what a vocabulary would cost that had every word. Spaces and punctuation are no words, so
the text does not come back: its rows are marked as not comparable, and no claim rests on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from bench.metrics.words import SegmentedText
from bench.segmentation import Segmenter
from bench.tokenization import Mode, TokenStatistics, VocabularyFacts

NAME = "words"


def word_families(segmented: SegmentedText, mode: Mode) -> dict[str, TokenStatistics]:
    """Statistics of the words of each language, by family.

    `words` is cut by the segmenter to quote; `words-wapic` by it where a language has it. Empty if
    some language has no segmenter.
    """
    cutters = {
        language: [one for one in segmenters if not one.lemmas]
        for language, segmenters in segmented.segmenters.items()
    }
    if not all(cutters.values()):
        return {}
    others = [one for found in cutters.values() for one in found[1:]]
    families = {NAME: {language: found[0] for language, found in cutters.items()}}
    for other in others:
        changed = {language: other for language, found in cutters.items() if other in found}
        families[f"{NAME}-{other.name}"] = families[NAME] | changed
    return {name: _statistics(name, segmented, chosen, mode) for name, chosen in families.items()}


def _statistics(
    name: str, segmented: SegmentedText, chosen: Mapping[str, Segmenter], mode: Mode
) -> TokenStatistics:
    languages = tuple(chosen)
    words = [
        [segmented.words(chosen[language], text) for text in segmented.texts[language]]
        for language in languages
    ]
    tokens = np.array([[len(unit) for unit in units] for units in words], np.int64).T
    tokens = tokens if mode == "unit" else tokens.sum(axis=0, keepdims=True)
    facts, histograms = zip(
        *(_types(chosen[lang], units) for lang, units in zip(languages, words, strict=True)),
        strict=True,
    )
    nothing = np.zeros_like(tokens)
    return TokenStatistics(
        name, mode, languages, tokens, nothing, nothing.astype(bool), histograms, facts
    )


def _types(
    segmenter: Segmenter, units: Sequence[Sequence[str]]
) -> tuple[VocabularyFacts, np.ndarray]:
    """The word types as a vocabulary, and how often each occurs."""
    every = [word for unit in units for word in unit]
    types = sorted(set(every))
    place = {word: index for index, word in enumerate(types)}
    counts = np.bincount(np.array([place[word] for word in every], np.int64), minlength=len(types))
    widths = np.array([len(word.encode()) for word in types], np.int32)
    never = np.zeros(len(types), bool)
    digest = hashlib.sha256(segmenter.label.encode()).hexdigest()
    facts = VocabularyFacts(
        segmenter.label, "control", digest, len(types), None, widths, never, never
    )
    return facts, counts

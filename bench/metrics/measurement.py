"""A corpus and vocabularies -> rows of tokenization.csv, one vocabulary in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.errors import InputError
from bench.metrics.rows import Setting, metric_rows
from bench.metrics.word_control import word_families
from bench.metrics.words import SegmentedText, word_measures
from bench.tokenization import text_statistics, tokenize

if TYPE_CHECKING:
    from bench.metrics.measures import Measure
    from bench.tokenization import Mode, TokenStatistics
    from corpora.parallel import ParallelCorpus

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How to measure: the split, the pieces, and the language that ratios are relative to."""

    split: str = "all"
    mode: Mode = "unit"
    reference: str | None = None  # default: en if the corpus has it, else its first language
    words: bool = False  # also the metrics that need segmented words


def measure(
    corpus: ParallelCorpus, vocabularies: Sequence[str], options: Options, say: Say
) -> list[dict[str, Any]]:
    """Rows for each vocabulary, by published name, file or hub name; `say` hears of progress.

    InputError: no unit to measure, an unknown reference, two vocabularies of one name, no words in
    a language.
    """
    from bench.vocabularies.sources import families

    reference = _reference(corpus, options.reference)
    part = corpus.select(options.split)
    if not len(part):
        raise InputError(f"{corpus.name} has no unit in split {options.split}: nothing to measure")
    texts = {language: part.texts(language) for language in part.languages}
    digest = corpus.content_hash
    setting = Setting(corpus.name, digest, options.split, reference, options.mode)
    statistics: dict[str, TokenStatistics] = {}
    words: dict[str, list[Measure]] = {}
    segmented = SegmentedText.of(texts, say) if options.words else None
    waiting = families(vocabularies, part.languages)
    while waiting:
        family = waiting.pop(0)
        statistics[family.name] = tokenize(texts, family, options.mode)
        say(_told(statistics[family.name]))
        if segmented:
            words[family.name] = list(word_measures(segmented, family))
    if segmented:
        statistics |= word_families(segmented, options.mode)
    lengths = text_statistics(texts, options.mode)
    return metric_rows(setting, statistics, lengths, part.documents(), words)


def _reference(corpus: ParallelCorpus, wanted: str | None) -> str:
    reference = wanted or ("en" if "en" in corpus.languages else corpus.languages[0])
    if reference not in corpus.languages:
        there = ", ".join(corpus.languages)
        raise InputError(f"--reference {reference}: the text has {there}; choose one of these")
    return reference


def _told(statistics: TokenStatistics) -> str:
    totals = zip(statistics.languages, statistics.tokens.sum(axis=0).tolist(), strict=True)
    return f"{statistics.family}: " + ", ".join(f"{lang} {count:,}" for lang, count in totals)

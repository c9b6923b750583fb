"""Which numbers a tokenization yields: each a ratio of two columns, or a plain value.

A ratio's columns are per unit, so that documents can be resampled under it; a plain value (an
entropy, a quantile, a gate) comes from the whole text and has no interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bench.metrics import histograms, parity
from bench.resampling import Floats

if TYPE_CHECKING:
    from bench.tokenization import TextStatistics, TokenStatistics

Column = npt.NDArray[Any]  # [units]

QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p95": 0.95, "max": 1.0}
TOTALS = "ratio-of-totals"
EVERY_LANGUAGE = "all"


@dataclass(frozen=True)
class Measure:
    """What a number is: `relative` if it sets a language beside the reference."""

    metric: str
    language: str
    unit: str
    aggregation: str
    variant: str | None = None
    relative: bool = False
    detail: tuple[tuple[str, str | int | float], ...] = ()  # more for the signature
    counted: int | None = None  # units behind it, where they are not all


def quotient(totals: Floats) -> Floats:
    """The first column's total over the second's, [n, 2] -> [n]."""
    return np.asarray(totals[:, 0] / totals[:, 1])


@dataclass(frozen=True, kw_only=True)
class Estimated(Measure):
    """A function of columns' totals, [n, columns] -> [n]: their ratio, unless said otherwise."""

    columns: tuple[Column, ...]
    function: Callable[[Floats], Floats] = quotient


@dataclass(frozen=True, kw_only=True)
class Value(Measure):
    """A number of the whole text, without an interval; None where it does not exist."""

    value: float | None


@dataclass(frozen=True)
class Tokenized:
    """One family's statistics beside the text's own, cut into columns by language.

    In mode joined the text is one piece and every column one number, but `n_units` stays.
    """

    statistics: TokenStatistics
    texts: TextStatistics
    reference: str
    n_units: int

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages, as in the statistics."""
        return self.statistics.languages

    @property
    def joined(self) -> bool:
        """Whether the text was encoded in one piece."""
        return self.statistics.mode == "joined"

    @cached_property
    def tokens(self) -> dict[str, Column]:
        """Tokens of each unit."""
        return self._columns(self.languages, self.statistics.tokens)

    @cached_property
    def bytes(self) -> dict[str, Column]:
        """UTF-8 bytes of each unit."""
        return self._columns(self.texts.languages, self.texts.bytes)

    @cached_property
    def characters(self) -> dict[str, Column]:
        """Code points of each unit."""
        return self._columns(self.texts.languages, self.texts.characters)

    @cached_property
    def units(self) -> Column:
        """One for each unit."""
        return np.array([self.n_units]) if self.joined else np.ones(self.n_units, np.int64)

    def _columns(self, languages: Sequence[str], matrix: Column) -> dict[str, Column]:
        columns = matrix.sum(axis=0, keepdims=True) if self.joined else matrix
        return {language: columns[:, index] for index, language in enumerate(languages)}


def estimated_measures(text: Tokenized) -> Iterator[Estimated]:
    """Every metric that is a function of totals: it has an interval."""
    for language in text.languages:
        tokens = text.tokens[language]
        labels = ("tokens_per_unit", language, "tokens/unit", TOTALS)
        yield Estimated(*labels, columns=(tokens, text.units))
        for name, amounts in (("bytes", text.bytes), ("characters", text.characters)):
            labels = (f"{name}_per_token", language, f"{name}/token", TOTALS)
            yield Estimated(*labels, columns=(amounts[language], tokens))
        yield from _premiums(text, language)
    yield from _parities(text)


def value_measures(text: Tokenized) -> Iterator[Value]:
    """Every metric that is a number of the whole text."""
    sample = min(int(histogram.sum()) for histogram in text.statistics.histograms)
    for index, language in enumerate(text.languages):
        total = int(text.tokens[language].sum())
        yield Value("tokens", language, "tokens", "total", value=total)
        yield from _gates(text, index)
        yield from _efficiencies(text, index)
        yield from _use(text, index, sample)
        if not text.joined:
            yield from _lengths(text, language)


def _premiums(text: Tokenized, language: str) -> Iterator[Estimated]:
    for metric, columns in (
        ("token_premium", text.tokens),
        ("byte_premium", text.bytes),
        ("character_premium", text.characters),
    ):
        pair = (columns[language], columns[text.reference])
        yield Estimated(metric, language, "ratio", TOTALS, relative=True, columns=pair)
    if not text.joined:
        ratios, defined = _unit_ratios(text, language)
        labels = ("token_premium_mean", language, "ratio", "mean")
        known = int(defined.sum())
        yield Estimated(*labels, relative=True, counted=known, columns=(ratios, defined))


def _unit_ratios(text: Tokenized, language: str) -> tuple[Column, Column]:
    """Tokens over the reference's, by unit, and where that exists; 0 where it does not."""
    own, other = text.tokens[language], text.tokens[text.reference]
    return np.divide(own, other, out=np.zeros(len(own)), where=other > 0), other > 0


def _parities(text: Tokenized) -> Iterator[Estimated]:
    columns = tuple(text.tokens.values())
    for metric, unit, function in (
        ("parity_gini", "coefficient", parity.gini),
        ("parity_max_min", "ratio", parity.max_min),
    ):
        labels = (metric, EVERY_LANGUAGE, unit, "over-languages")
        yield Estimated(*labels, columns=columns, function=function)


def _lengths(text: Tokenized, language: str) -> Iterator[Value]:
    """Quantiles of tokens per unit, and the median of the units' ratios."""
    ratios, defined = _unit_ratios(text, language)
    median = float(np.median(ratios[defined])) if defined.any() else None
    labels = ("token_premium_median", language, "ratio", "median", None)
    yield Value(*labels, relative=True, counted=int(defined.sum()), value=median)
    ends = np.quantile(text.tokens[language], list(QUANTILES.values()))
    for name, end in zip(QUANTILES, ends, strict=True):
        yield Value("tokens_per_unit", language, "tokens/unit", "quantile", name, value=float(end))


def _gates(text: Tokenized, index: int) -> Iterator[Value]:
    """Unknown tokens, and units that do not come back: what makes a count incomparable."""
    statistics, language = text.statistics, text.languages[index]
    total = int(statistics.tokens[:, index].sum())
    unknown = int(statistics.unknown[:, index].sum()) / total if total else None
    yield Value("unknown_rate", language, "share of tokens", TOTALS, value=unknown)
    returned = float(statistics.round_trip[:, index].mean())
    yield Value("round_trip_rate", language, "share of units", "mean", value=returned)


def _efficiencies(text: Tokenized, index: int) -> Iterator[Value]:
    histogram, language = text.statistics.histograms[index], text.languages[index]
    declared = text.statistics.vocabularies[index].size
    for metric, alpha in (("renyi_efficiency", histograms.ALPHA), ("shannon_efficiency", 1.0)):
        for variant, size in (("observed", None), ("declared", declared)):
            value = histograms.renyi_efficiency(histogram, alpha, size)
            labels = (metric, language, "share", "corpus", variant)
            yield Value(*labels, detail=(("alpha", alpha),), value=value)


def _use(text: Tokenized, index: int, sample: int) -> Iterator[Value]:
    """How much of the vocabulary is used, and how many tokens are less than a character."""
    histogram, language = text.statistics.histograms[index], text.languages[index]
    facts = text.statistics.vocabularies[index]
    for variant, tokens in (("raw", int(histogram.sum())), ("rarefied", sample)):
        used = histograms.utilisation(histogram, facts.size, tokens)
        labels = ("vocabulary_utilisation", language, "share of types", "corpus", variant)
        yield Value(*labels, detail=(("sample", tokens),), value=used)
    for metric, which in (
        ("partial_character_rate", facts.partial),
        ("byte_fallback_rate", facts.fallback),
    ):
        share = histograms.share_of_tokens(histogram, which)
        yield Value(metric, language, "share of tokens", TOTALS, value=share)

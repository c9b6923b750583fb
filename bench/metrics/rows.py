"""From statistics to the rows of tokenization.csv.

All families' measures are estimated at once, with the same resamples: one matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bench.claims.evidence import evidence_row, evidence_rows
from bench.claims.testable import testable
from bench.metrics.measures import (
    EVERY_LANGUAGE,
    Column,
    Estimated,
    Measure,
    Tokenized,
    Value,
    estimated_measures,
    value_measures,
)
from bench.resampling import Clusters, Floats, cluster_sums
from bench.signature import signature
from bench.statistics import Estimate, Interval, estimates_of_sums

if TYPE_CHECKING:
    from bench.tokenization import TextStatistics, TokenStatistics

Row = dict[str, Any]
Words = Mapping[str, Sequence[Measure]]

CLAIMED = ("token_premium", "byte_premium", "character_premium", "fertility", "continued_words")
"""Metrics whose sampling distribution is kept, so that claims can be tested on them."""


@dataclass(frozen=True)
class Setting:
    """What a measurement is about: which text, in which pieces, against which language."""

    corpus: str
    digest: str  # the corpus's content hash, hex
    split: str
    reference: str = "en"
    mode: str = "unit"
    resamples: int = 10_000
    seed: int = 0


def metric_rows(
    setting: Setting,
    statistics: Mapping[str, TokenStatistics],
    texts: TextStatistics,
    documents: npt.ArrayLike,
    words: Words | None = None,
) -> list[Row]:
    """Rows of tokenization.csv for each family in `statistics`, by name.

    `documents` is the document of each unit [units]; `words` adds measures that need segmented
    words (bench.metrics.words), by family. Raises ValueError if the reference is no language here.
    """
    return rows_with_evidence(setting, statistics, texts, documents, words)[0]


def rows_with_evidence(
    setting: Setting,
    statistics: Mapping[str, TokenStatistics],
    texts: TextStatistics,
    documents: npt.ArrayLike,
    words: Words | None = None,
) -> tuple[list[Row], list[Row]]:
    """As `metric_rows`, and the rows of evidence.csv: the statistics that claims are about."""
    clusters = Clusters.of(documents)
    found: list[tuple[Described, Measure]] = []
    for family, one in statistics.items():
        if setting.reference not in one.languages:
            raise ValueError(f"{family} has no reference language {setting.reference!r}")
        text = Tokenized(one, texts, setting.reference, clusters.n_units)
        about = Described(setting, family, one, clusters)
        measures = (*estimated_measures(text), *value_measures(text))
        found += [(about, measure) for measure in (*measures, *(words or {}).get(family, ()))]
    estimated = [measure for _, measure in found if isinstance(measure, Estimated)]
    estimates = iter(_estimates(setting, clusters, estimated))
    rows, evidence = [], []
    for about, measure in found:
        if not isinstance(measure, Estimated):
            rows.append(about.row(measure, about.bare(measure)))
            continue
        estimate = next(estimates)
        rows.append(about.row(measure, estimate.interval()))
        if measure.metric in CLAIMED and setting.mode == "unit":
            said = {**rows[-1], "status": about.status(measure)}
            evidence.append(evidence_row(measure.metric, said, estimate))
    return rows, evidence_rows(evidence)


def comparable(statistics: TokenStatistics, languages: Sequence[str]) -> bool:
    """Whether these languages' counts may be compared: nothing unknown, everything comes back.

    Unknown tokens swallow text and make it look cheap; so does a vocabulary that drops characters.
    """
    columns = [statistics.languages.index(language) for language in languages]
    unknown = statistics.unknown[:, columns].any()
    return bool(not unknown and statistics.round_trip[:, columns].all())


def status(statistics: TokenStatistics, languages: Sequence[str]) -> str:
    """ok, or why no claim is tested on these languages (`testable`)."""
    columns = [statistics.languages.index(language) for language in languages]
    return testable(statistics.tokens[:, columns])


def _estimates(
    setting: Setting, clusters: Clusters, measures: Sequence[Estimated]
) -> list[Estimate]:
    """Estimates of all measures; a column that several share is summed once."""
    places: dict[int, int] = {}
    columns: list[Column] = []
    for column in (column for measure in measures for column in measure.columns):
        if places.setdefault(id(column), len(columns)) == len(columns):
            columns.append(column)
    parts = [[places[id(column)] for column in measure.columns] for measure in measures]

    def statistic(totals: Floats) -> Floats:
        pairs = zip(measures, parts, strict=True)
        return np.stack([measure.function(totals[:, part]) for measure, part in pairs], axis=1)

    if setting.mode == "joined":  # one piece of text: nothing to resample
        with np.errstate(divide="ignore", invalid="ignore"):
            values = statistic(np.array([[column.sum() for column in columns]], np.float64))[0]
        return [_bare(value, clusters) for value in values]
    sums = np.hstack([cluster_sums(column[:, None], clusters) for column in columns])
    options = {"resamples": setting.resamples, "seed": setting.seed}
    return estimates_of_sums(sums, clusters, statistic, **options)


def _bare(value: float, clusters: Clusters) -> Estimate:
    counts = (clusters.k_eff, clusters.n_units, clusters.n_documents)
    return Estimate(float(value), "none", *counts)


@dataclass(frozen=True)
class Described:
    """A family's statistics and all that its rows must say about them."""

    setting: Setting
    family: str
    statistics: TokenStatistics
    clusters: Clusters

    def bare(self, measure: Measure) -> Interval:
        """A measure without an interval."""
        value = measure.value if isinstance(measure, Value) else None
        return _bare(math.nan if value is None else value, self.clusters).interval()

    def status(self, measure: Measure) -> str:
        """Whether claims may be tested on the measure: ok, or why not."""
        return status(self.statistics, self._languages(measure))

    def row(self, measure: Measure, interval: Interval) -> Row:
        """The row of tokenization.csv."""
        setting, languages = self.setting, self._languages(measure)
        known = math.isfinite(interval.value)
        return {
            "corpus": setting.corpus,
            "split": setting.split,
            "vocabulary": self._vocabulary(measure),
            "vocabulary_family": self.family,
            "language": measure.language,
            "reference": setting.reference if measure.relative else None,
            "mode": setting.mode,
            "metric": measure.metric,
            "variant": measure.variant,
            "value": interval.value if known else None,
            "ci_low": interval.low,
            "ci_high": interval.high,
            "ci_method": interval.method,
            "unit": measure.unit,
            "aggregation": measure.aggregation,
            "n_units": self._counted(measure),
            "n_documents": interval.n_documents,
            "k_eff": interval.k_eff,
            "comparable": comparable(self.statistics, languages),
            "signature": self._signature(measure, interval, languages),
        }

    def _signature(self, measure: Measure, interval: Interval, languages: Sequence[str]) -> str:
        setting, digest = self.setting, self.setting.digest[:8]
        estimator = [measure.aggregation, *([measure.variant] if measure.variant else [])]
        facts = [self.statistics.vocabularies[self._place(language)] for language in languages]
        named = dict.fromkeys(f"{one.name}@{one.digest[:8]}" for one in facts)
        return signature(
            corp=digest if setting.corpus == digest else f"{setting.corpus}@{digest}",
            split=setting.split,
            n=self._counted(measure),
            mode=setting.mode,
            vocab="+".join(named),
            special="no",
            est=".".join(estimator),
            **dict(measure.detail),
            ci=interval.method,
            keff=float(interval.k_eff),
        )

    def _counted(self, measure: Measure) -> int:
        return self.clusters.n_units if measure.counted is None else measure.counted

    def _vocabulary(self, measure: Measure) -> str:
        names = {self.statistics.vocabularies[self._place(one)].name for one in self._own(measure)}
        return names.pop() if len(names) == 1 else self.family

    def _languages(self, measure: Measure) -> Sequence[str]:
        """Whose texts and vocabularies the value rests on."""
        own = self._own(measure)
        other = self.setting.reference
        return (*own, other) if measure.relative and other not in own else own

    def _own(self, measure: Measure) -> Sequence[str]:
        everyone = measure.language == EVERY_LANGUAGE
        return self.statistics.languages if everyone else (measure.language,)

    def _place(self, language: str) -> int:
        return self.statistics.languages.index(language)

"""From a stream's sums to rows of tokenization.csv, by the estimators of every other corpus.

What needs each unit by itself (medians, quantiles, the mean of units' ratios) has no row here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from bench.metrics.measures import (
    Column,
    Estimated,
    Measure,
    Tokenized,
    Value,
    estimated_measures,
    value_measures,
)
from bench.metrics.rows import Described, Setting
from bench.resampling import Clusters, Floats
from bench.statistics import Interval, estimates_of_sums
from bench.streaming.sums import FamilySums, Sums
from bench.tokenization import TextStatistics, TokenStatistics


@dataclass(frozen=True)
class Grouped(Tokenized):
    """Columns of a text by group of documents in place of by unit."""

    sizes: Column  # [groups], units

    @property
    def joined(self) -> bool:
        """No measure of single units is asked for."""
        return True

    @cached_property
    def units(self) -> Column:
        """Units of each group."""
        return self.sizes

    def _columns(self, languages: Sequence[str], matrix: Column) -> dict[str, Column]:
        return {language: matrix[:, index] for index, language in enumerate(languages)}


def stream_rows(setting: Setting, sums: Sums) -> list[dict[str, Any]]:
    """Rows for every family of a stream."""
    filled = np.flatnonzero(sums.sizes[:, 0])
    clusters = _clusters(sums)
    found: list[dict[str, Any]] = []
    for name, family in sums.families.items():
        text = _text(setting, sums, name, family, filled)
        about = Described(setting, name, text.statistics, clusters)
        measures = [*estimated_measures(text), *_values(text, family, sums.units)]
        intervals = _intervals(setting, sums, clusters, measures)
        found += [about.row(one, interval) for one, interval in zip(measures, intervals,
                                                                     strict=True)]  # fmt: skip
    return found


def _clusters(sums: Sums) -> Clusters:
    """As many units and documents as were read; nobody asks which unit is where."""
    index = np.broadcast_to(np.zeros(1, np.int64), sums.units)  # of no size in memory
    effective = sums.units**2 / max(1, sums.documents.squares)
    return Clusters(index, sums.documents.number, effective)


def _text(setting: Setting, sums: Sums, name: str, family: FamilySums, filled: Column) -> Grouped:
    width = len(sums.languages)
    statistics = TokenStatistics(name, "unit", sums.languages, family.tokens[filled],
                                 family.unknown[None], (family.lost == 0)[None],
                                 family.histograms, family.vocabularies)  # fmt: skip
    sizes = sums.sizes[filled]
    texts = TextStatistics(sums.languages, sizes[:, 1 : 1 + width], sizes[:, 1 + width :])
    return Grouped(statistics, texts, setting.reference, sums.units, sizes[:, 0])


def _values(text: Grouped, family: FamilySums, units: int) -> Iterator[Value]:
    """The values, with the share of units that come back counted over units, not languages."""
    for value in value_measures(text):
        if value.metric == "round_trip_rate":
            lost = int(family.lost[text.languages.index(value.language)])
            value = replace(value, value=1 - lost / units)
        yield value


def _intervals(
    setting: Setting, sums: Sums, clusters: Clusters, measures: Sequence[Measure]
) -> Iterator[Interval]:
    """Resampled by document, or by group of documents where there are more than groups."""
    estimated = [one for one in measures if isinstance(one, Estimated)]
    widths = np.cumsum([0] + [len(one.columns) for one in estimated])
    matrix = np.column_stack([column for one in estimated for column in one.columns])

    def statistic(totals: Floats) -> Floats:
        parts = zip(estimated, widths, widths[1:], strict=False)
        return np.stack([one.function(totals[:, a:b]) for one, a, b in parts], axis=1)

    options = {"resamples": setting.resamples, "seed": setting.seed}
    found = estimates_of_sums(matrix.astype(np.float64), clusters, statistic, **options)
    intervals = iter([one.interval() for one in found])
    folded = f".g{sums.groups}" if sums.documents.number > sums.groups else ""
    for one in measures:
        if isinstance(one, Estimated):
            interval = next(intervals)
            grouped = folded if interval.low is not None else ""
            yield replace(interval, method=interval.method + grouped)
        else:
            value = one.value if isinstance(one, Value) and one.value is not None else math.nan
            yield Interval(value, None, None, "none", clusters.k_eff, clusters.n_units,
                           clusters.n_documents)  # fmt: skip

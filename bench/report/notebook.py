"""What the notebooks read results with: tables as data frames, and the report's own charts.

>>> run = Run.find()                                             # doctest: +SKIP
>>> run.pivot("tokenization", "vocabulary_family", metric="token_premium")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bench.errors import InputError
from bench.report.data import Results, Row, load
from bench.report.document import Chart, Document
from bench.report.scope import Scope, language_name, scope

if TYPE_CHECKING:
    import pandas as pd

PLACE = "BABELTOLL_RESULTS"
USUAL = ("default", "quick", "reference")  # one's own before ours


@dataclass(frozen=True)
class Picture:
    """A chart in a notebook."""

    chart: Chart

    def _repr_png_(self) -> bytes:
        from bench.report.charts import style

        return style.as_files(self.chart.draw(), ("png",))["png"]

    def __repr__(self) -> str:
        return f"Picture({self.chart.name!r})"  # what a notebook keeps beside the picture

    def __str__(self) -> str:
        return f"{self.chart.title}. {self.chart.caption}"


@dataclass(frozen=True)
class Run:
    """A results folder, for reading."""

    folder: Path

    @classmethod
    def find(cls, folder: str | Path | None = None) -> Run:
        """The folder given, else $BABELTOLL_RESULTS, else results/default, quick or reference.

        Looks above the working directory too. Raises InputError where there is none.
        """
        given = folder or os.environ.get(PLACE)
        if given:
            return cls(Path(given))
        for above in (Path.cwd(), *Path.cwd().parents):
            for name in USUAL:
                if (above / "results" / name / "tokenization.csv").is_file():
                    return cls(above / "results" / name)
        raise InputError(f"no results here: run `make bench PROFILE=quick`, or set {PLACE}")

    @cached_property
    def results(self) -> Results:
        """The tables as they stand in the files."""
        return load(self.folder)

    @cached_property
    def scope(self) -> Scope:
        """What the report leads with: languages, corpora, vocabularies, scenarios."""
        return scope(self.results)

    @cached_property
    def document(self) -> Document:
        """The report, before anything decides how it looks."""
        from bench.report.contents import document

        return document(self.results)

    def frame(self, table: str, **wanted: Any) -> pd.DataFrame:
        """Rows of a table as a data frame; a list or tuple allows each of its values."""
        import pandas as pd

        held = {name: tuple(v) if isinstance(v, list) else v for name, v in wanted.items()}
        rows = self.results.rows(table, **held)
        return pd.DataFrame(rows, columns=self._columns(table))

    def pivot(self, table: str, *index: str, **wanted: Any) -> pd.DataFrame:
        """Values with their intervals, rows by `index`, a column a language, as text for reading.

        Only rows of variant `default` unless `variant` is given.
        """
        import pandas as pd

        if "variant" in self._columns(table):
            wanted.setdefault("variant", "default")
        rows = self.results.rows(table, **wanted)
        lines: dict[tuple[Any, ...], dict[str, str]] = {}
        for row in rows:
            line = lines.setdefault(tuple(row[name] for name in index), {})
            line[str(language_name(row["language"]))] = _shown(row)
        order = [str(language_name(one)) for one in self.scope.languages]
        found = pd.DataFrame(list(lines.values()), index=_index(lines, index))
        return found[[one for one in order if one in found.columns]].fillna("")

    def chart(self, name: str) -> Picture | None:
        """A chart of the report by its file name; None where this run has no such figure."""
        found = next((one for one in self.document.charts() if one.name == name), None)
        return Picture(found) if found else None

    def _columns(self, table: str) -> list[str]:
        from bench.schema import TABLES

        return list(TABLES[table].names)


def _index(lines: Iterable[tuple[Any, ...]], names: tuple[str, ...]) -> pd.Index[Any]:
    import pandas as pd

    if len(names) == 1:
        return cast("pd.Index[Any]", pd.Index([key[0] for key in lines], name=names[0]))
    several: Any = pd.MultiIndex.from_tuples(list(lines), names=list(names))
    return cast("pd.Index[Any]", several)


def _shown(row: Row) -> str:
    from bench.report.document import Missing
    from bench.report.number import number
    from bench.report.sections.speed import shown

    found = shown(row) if "censored" in row else number(row, "")
    if found is None or isinstance(found, Missing):
        return str(found.reason) if found else ""
    mark = " (not comparable)" if found.gated else ""
    return f"{found.shown} {found.interval or ''}".strip() + mark

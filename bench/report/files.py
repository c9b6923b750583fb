"""The report's files: drawn and rendered in memory, then written; what is stale is removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.report import catalog, contents, data, html, latex, markdown, wide
from bench.report.charts import style
from bench.report.document import Chart, Document, Table
from bench.results import encode_table, write_atomically
from bench.schema import TABLES

FIGURES, TABLES_FOLDER = "figures", "tables"
OURS = {FIGURES: (".png", ".pdf", ".svg", ".csv"), TABLES_FOLDER: (".tex", ".csv")}


def write(folder: Path) -> None:
    """Build every file of the report of a results folder."""
    results = data.load(folder)
    document = contents.document(results)
    drawn = dict(_drawings(document))
    files = dict(_figures(document, drawn)) | dict(_tables(document))
    files[f"{TABLES_FOLDER}/wide.csv"] = wide.render(results).encode()
    files["REPORT.md"] = markdown.render(document).encode()
    pictures = {name: formats["svg"] for name, formats in drawn.items()}
    files["report.html"] = (
        html.Page(pictures, rows_of, catalog.translations()).render(document).encode()
    )
    for name, content in files.items():
        write_atomically(folder / name, content)
    for stale in _stale(folder, set(files)):
        stale.unlink()


def _drawings(document: Document) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Every figure in every format, and as SVG again where it has a narrow form."""
    for chart in document.charts():
        yield chart.name, style.as_files(chart.draw())
        if chart.narrow:
            yield f"{chart.name}.narrow", style.as_files(chart.narrow(), ("svg",))


def _figures(document: Document, drawn: dict[str, dict[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    for chart in document.charts():
        yield f"{FIGURES}/{chart.name}.csv", rows_of(chart)
        for ending, content in drawn[chart.name].items():
            yield f"{FIGURES}/{chart.name}.{ending}", content


def rows_of(chart: Chart) -> bytes:
    """The rows that a figure shows, as CSV with the columns of their table."""
    return encode_table(chart.rows, TABLES[chart.table]).encode()


def _tables(document: Document) -> Iterator[tuple[str, bytes]]:
    tables: list[Table] = [table for table in document.tables() if table.rows]
    for table in tables:
        yield f"{TABLES_FOLDER}/{table.name}.tex", latex.render(table).encode()
    yield f"{TABLES_FOLDER}/all_tables.tex", latex.document(tables).encode()


def _stale(folder: Path, written: set[str]) -> Iterator[Path]:
    """Files of an earlier report that this one does not have."""
    for name, endings in OURS.items():
        for path in sorted((folder / name).glob("*")):
            if path.suffix in endings and f"{name}/{path.name}" not in written:
                yield path

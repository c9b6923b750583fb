"""Reports: from the result files of a run, and nothing else, to pages, charts and tables."""

from __future__ import annotations

from pathlib import Path


def build(folder: Path) -> None:
    """Rebuild REPORT.md, report.html, figures/ and tables/ from the CSV files of a folder.

    The same results give the same bytes. Raises InputError for a folder that is no results folder
    or holds a malformed table; a table that is absent is named in the report.
    """
    from bench.report.files import write

    write(folder)

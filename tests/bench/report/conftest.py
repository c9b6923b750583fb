import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from synthetic import write_results

from bench.report import build


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The report of the synthetic results, built once."""
    folder = write_results(tmp_path_factory.mktemp("quick") / "quick")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def text(built):
    """The same report in Markdown."""
    return (built / "REPORT.md").read_text(encoding="utf-8")


@pytest.fixture
def results(tmp_path):
    """A fresh folder for a test that changes it."""
    return lambda **changed: write_results(tmp_path / "quick", **changed)


@pytest.fixture
def undrawn(monkeypatch):
    """Charts are not drawn: for tests that are about something else."""
    blank = {"png": b"", "pdf": b"", "svg": b'<?xml?><svg width="1pt" height="1pt"></svg>'}
    monkeypatch.setattr("bench.report.charts.style.as_files", lambda *_: blank)

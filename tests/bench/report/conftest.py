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


@pytest.fixture
def results(tmp_path):
    """A fresh folder for a test that changes it."""
    return lambda **changed: write_results(tmp_path / "quick", **changed)

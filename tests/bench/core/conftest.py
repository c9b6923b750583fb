import sys
from pathlib import Path

import pytest

from bench import cell
from bench.store import Store

sys.path.insert(0, str(Path(__file__).parent))  # so that worker processes find `kinds`


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """The kinds of tests/bench/core/kinds.py, beside the suite's own."""
    extra = {
        name: cell.Kind(f"kinds:{name}", 1)
        for name in ("add", "impossible", "breaks", "dies", "dies_once")
    }
    monkeypatch.setattr(cell, "KINDS", {**cell.KINDS, **extra})
    monkeypatch.setattr("bench.executors.work.KINDS", {**cell.KINDS, **extra})

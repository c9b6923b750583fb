"""A run that finds everything finished reads each record once."""

import pathlib
from collections import Counter

import pytest

from bench.executors import run_local
from bench.record import RECORD
from bench.scale.measure import Silent, probes, put
from bench.store import Store

CELLS = 2000


@pytest.fixture
def opens(monkeypatch):
    """How often each record is opened."""
    counted, real = Counter(), pathlib.io.open

    def counting(file, *more, **named):
        if pathlib.Path(file).name == RECORD:
            counted[str(file)] += 1
        return real(file, *more, **named)

    monkeypatch.setattr(pathlib.io, "open", counting)
    return counted


def test_resuming_reads_each_record_once(tmp_path, opens):
    store, cells = Store(tmp_path), probes(CELLS)
    for cell in cells:
        put(store, cell)
    opens.clear()
    run_local(cells, store, Silent(), 1)
    assert len(opens) == CELLS
    assert set(opens.values()) == {1}


def test_what_is_read_once_is_still_verified(tmp_path):
    store, (cell, other) = Store(tmp_path), probes(2)
    put(store, cell)
    assert store.get(cell).record["params"] == {"number": 0}
    record = store.folder(cell.key) / RECORD
    record.write_text(record.read_text().replace('"number": 0', '"number": 1'))
    assert store.get(cell) is None
    assert store.get(other) is None

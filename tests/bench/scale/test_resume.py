"""A run that finds everything finished reads each record once."""

import builtins
import json
import pathlib
from collections import Counter

import pytest

from bench.cell import canonical
from bench.executors import run_local
from bench.record import RECORD
from bench.scale.measure import Silent, probes, put
from bench.store import Store

CELLS = 2000


@pytest.fixture
def opens(monkeypatch):
    """How often each record is opened."""
    counted, real = Counter(), builtins.open

    def counting(file, *more, **named):
        if pathlib.Path(file).name == RECORD:
            counted[str(file)] += 1
        return real(file, *more, **named)

    monkeypatch.setattr(builtins, "open", counting)
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


@pytest.mark.parametrize("record", [b"", b"{", b"\xff\xfe{}", b"[]", b"{}", b'{"files": 3}'])
def test_a_record_that_is_none_counts_as_absent(tmp_path, record):
    store, (cell,) = Store(tmp_path), probes(1)
    put(store, cell)
    (store.folder(cell.key) / RECORD).write_bytes(record)
    assert store.has(cell)  # which only looks
    assert store.get(cell) is None


def test_a_key_is_hashed_from_the_text_that_the_documented_rule_gives():
    """Kept as it was when every finished cell got its name."""
    (cell,) = probes(1, share=0.1, name="一 два")
    plain = {"sort_keys": True, "separators": (",", ":"), "ensure_ascii": False}
    assert canonical(cell.identity) == json.dumps(cell.identity, **plain)
    with pytest.raises(ValueError, match="Out of range"):
        canonical(float("nan"))

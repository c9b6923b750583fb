"""Cells and the store: keys, atomicity, damage, races."""

import json
import multiprocessing

import pytest

from bench import cell
from bench.cell import Cell, in_order
from bench.executors import compute
from bench.record import damage


def add(number, *inputs, log="/dev/null", **params):
    return Cell("add", {"number": number, "log": str(log), **params}, inputs, f"add {number}")


def test_key_depends_on_params_inputs_and_declared_version_only(monkeypatch):
    one = add(1)
    assert one.key == Cell("add", {"log": "/dev/null", "number": 1}, (), "another label", 9.0).key
    assert one.key != add(2).key
    assert add(3, one).key != add(3, add(2)).key
    before = add(1).key
    monkeypatch.setitem(cell.KINDS, "add", cell.Kind("kinds:add", 2))
    assert add(1).key != before


def test_order_puts_inputs_first_and_each_cell_once():
    base = add(1)
    top = add(4, add(2, base), add(3, base))
    numbers = [one.params["number"] for one in in_order((top, base))]
    assert numbers == [1, 2, 3, 4]


def test_computed_once_then_read(store, tmp_path):
    log = tmp_path / "log"
    top = add(2, add(1, log=log), log=log)
    assert compute(store, top).json("sum.json") == 3
    assert compute(store, top).json("sum.json") == 3
    assert log.read_text().split() == ["1", "2"]


@pytest.mark.parametrize("harm", ["truncate", "remove", "record"])
def test_damage_is_set_aside_with_a_reason_and_computed_again(store, harm):
    one = add(1)
    folder = compute(store, one).folder
    if harm == "truncate":
        (folder / "sum.json").write_text("")
    elif harm == "remove":
        (folder / "sum.json").unlink()
    else:
        (folder / "record.json").write_text("{")
    assert damage(folder)
    assert compute(store, one).json("sum.json") == 1
    (reason,) = (store.root / "damaged").glob("*/reason.txt")
    assert reason.read_text().strip()


def test_what_cannot_exist_is_finished_and_so_is_what_needs_it(store):
    missing = Cell("impossible", {}, (), "vocabulary of 10 million")
    assert "supports no vocabulary" in compute(store, missing).empty
    dependent = compute(store, add(1, missing))
    assert dependent.inherited and "supports no vocabulary" in dependent.empty


def test_record_says_what_it_was_made_from(store):
    base = add(1)
    record = json.loads((compute(store, add(2, base)).folder / "record.json").read_text())
    assert record["inputs"] == [base.key]
    assert record["params"]["number"] == 2
    assert record["kind"] == "add"


def race(root, log, keys):
    from bench import cell as cells
    from bench.executors import work
    from bench.store import Store

    extra = {"add": cells.Kind("kinds:add", 1)}
    cells.KINDS = work.KINDS = {**cells.KINDS, **extra}
    for number in keys:
        compute(Store(root), add(number, log=log))


def test_racing_processes_compute_each_cell_once(store, tmp_path):
    log = tmp_path / "log"
    context = multiprocessing.get_context("fork")
    racers = [context.Process(target=race, args=(store.root, log, range(12))) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
        assert racer.exitcode == 0
    assert sorted(int(line) for line in log.read_text().split()) == list(range(12))

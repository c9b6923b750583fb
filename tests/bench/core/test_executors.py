"""Processes that share the work: same results, nothing lost."""

import errno
import subprocess
import sys

import pytest

from bench.cell import Cell
from bench.errors import InputError, InternalError
from bench.executors import local, run_here, run_local, work
from bench.executors.failures import MEMORY, explained


class Silent:
    def __init__(self):
        self.ended = []

    def started(self, cell):
        pass

    def finished(self, cell, result):
        self.ended.append(cell.label)


def add(number, *inputs, log, **params):
    return Cell("add", {"number": number, "log": str(log), **params}, inputs, f"add {number}")


@pytest.fixture
def fork(monkeypatch):
    """Workers that inherit the test's kinds; the suite itself spawns them."""
    context = local.multiprocessing.get_context("fork")
    monkeypatch.setattr(local.multiprocessing, "get_context", lambda method: context)


def test_processes_agree_with_one_after_another(store, tmp_path, fork):
    log = tmp_path / "log"
    leaves = [add(number, log=log) for number in range(6)]
    top = add(100, *leaves, log=log)
    watch = Silent()
    run_local([top], store, watch, workers=2)
    assert store.get(top).json("sum.json") == 115
    assert watch.ended[-1] == "add 100" and len(watch.ended) == 7
    run_here([top], store, Silent())
    assert len(log.read_text().split()) == 7


def test_longest_chain_goes_first(tmp_path):
    def priced(number, price, *inputs):
        return Cell("add", {"number": number, "log": "x"}, inputs, str(number), price)

    first, alone = priced(1, 1), priced(2, 5)
    urgency = local._urgency([first, alone, priced(3, 10, first)])
    assert urgency[first.key] == 11 > urgency[alone.key] == 5


def test_a_killed_worker_costs_the_cell_in_flight_only(store, tmp_path, fork):
    kept = add(1, log=tmp_path / "log")
    killed = Cell("dies", {}, (kept,), "the unlucky one")
    with pytest.raises(InputError, match="the unlucky one"):
        run_local([killed], store, Silent(), workers=1)
    assert store.get(kept).json("sum.json") == 1
    assert not store.has(killed)


FAULTS = {
    "missing key": (InternalError, "KeyError: 'nobody foresaw' (its traceback is in "),
    "panic": (InternalError, "Odd: a panic in two lines (its traceback is in "),
    "refusal": (InputError, "the text is too short: give more"),
    "memory": (InputError, "out of memory: run again with fewer --workers or more memory"),
    "device memory": (InputError, "out of memory on the GPU: give a smaller batch or chunk_tokens"),
    "file": (InputError, "text.txt: No such file or directory: check the path"),
}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_cell_that_fails_stops_those_alone_that_need_it(store, tmp_path, fork, workers, fault):
    broken = Cell("breaks", {"fault": fault}, (), "the broken one", price=9.0)
    needs = add(1, broken, log=tmp_path / "log")
    others = [add(number, log=tmp_path / "log") for number in range(2, 6)]
    kind, said = FAULTS[fault]
    with pytest.raises(kind) as told:
        run_local([broken, needs, *others], store, Silent(), workers)
    line = str(told.value)
    assert line.startswith("the broken one: ") and said in line and "\n" not in line
    assert "1 more were not begun, what was finished is kept" in line
    assert all(store.has(one) for one in others)
    assert not store.has(broken) and not store.has(needs)
    kept = store.root / "failed" / broken.key / "traceback.txt"
    assert kept.is_file() == (kind is InternalError)
    if kept.is_file():
        assert str(kept) in line
        text = kept.read_text()
        assert "kinds.py" in text and "the broken one" in text and "babeltoll" in text


def test_a_tensor_that_does_not_fit_is_no_fault_of_ours(store):
    import torch

    with pytest.raises(RuntimeError) as found:
        torch.empty(10**15)
    assert explained(store, Cell("breaks", {}), found.value).said == MEMORY
    assert explained(store, Cell("breaks", {}), RuntimeError("no such thing")).internal


def test_of_several_failures_ours_is_told_first(store, tmp_path, fork):
    refused, broken = (
        Cell("breaks", {"fault": fault}, (), fault) for fault in ("refusal", "missing key")
    )
    with pytest.raises(InternalError, match=r"^missing key: internal error.* 1 more failed"):
        run_local([refused, broken], store, Silent(), workers=2)


def test_cells_of_a_process_that_died_are_tried_again_alone(store, tmp_path, fork):
    """Two that do not fit into memory together are finished one after the other."""
    (tmp_path / "marks").mkdir()
    pair = [
        Cell("dies_once", {"number": n, "marks": str(tmp_path / "marks")}, (), f"{n}")
        for n in (1, 2)
    ]
    run_local(pair, store, Silent(), workers=2)
    assert all(store.has(one) for one in pair)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_process_that_dies_costs_its_own_cell_only(store, tmp_path, fork, workers):
    killed = Cell("dies", {}, (), "the unlucky one", price=9.0)
    others = [add(number, log=tmp_path / "log") for number in range(5)]
    with pytest.raises(InputError, match=r"the unlucky one: its process was killed .*--workers"):
        run_local([killed, *others], store, Silent(), workers)
    assert all(store.has(one) for one in others)


@pytest.mark.parametrize("deaths", [1, 9])
def test_a_process_that_dies_at_its_start(store, tmp_path, fork, monkeypatch, deaths):
    """The parent then writes into a pipe that nobody reads; found by `make torture`."""
    real, left = local.ProcessPoolExecutor.submit, [None] * deaths

    def submit(*given):
        if left:
            left.pop()
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        return real(*given)

    monkeypatch.setattr(local.ProcessPoolExecutor, "submit", submit)
    cells = [add(number, log=tmp_path / "log") for number in range(4)]
    if deaths > local.DEATHS:
        with pytest.raises(InputError, match=r"its process was killed .* 3 more were not begun"):
            run_local(cells, store, Silent(), workers=2)
    else:
        run_local(cells, store, Silent(), workers=2)
        assert all(store.has(one) for one in cells)


def test_a_run_whose_processes_all_die_gives_up(store, fork):
    killed = [Cell("dies", {"number": number}, (), f"dies {number}") for number in range(9)]
    with pytest.raises(InputError, match="2 more failed, 6 more were not begun"):
        run_local(killed, store, Silent(), workers=1)


def test_a_full_disk_stops_the_run(store, tmp_path, fork, monkeypatch):
    """What else is tried would fail alike."""

    def full(module):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(work.importlib, "import_module", full)
    cells = [add(number, log=tmp_path / "log") for number in range(9)]
    told = Silent()
    told.failed = lambda cell, why: told.ended.append(why)
    with pytest.raises(InputError, match=r"^the disk is full"):
        run_local(cells, store, told, workers=1)
    assert len(told.ended) == 1


def test_a_full_disk_is_one_line(store, tmp_path, monkeypatch):
    def full(module):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(work.importlib, "import_module", full)
    with pytest.raises(InputError, match="disk is full"):
        run_here([add(1, log=tmp_path / "log")], store, Silent())
    assert not list((store.root / "scratch").iterdir())


def test_a_worker_whose_parent_died_while_it_started_ends():
    """The kernel's signal is for deaths to come; found by `make torture`."""
    code = "import os; from bench.executors.local import _begin_worker; _begin_worker({})"
    orphan, child = (
        subprocess.run([sys.executable, "-c", code.format(parent)], check=False)
        for parent in ("os.getpid()", "os.getppid()")
    )
    assert (orphan.returncode, child.returncode) == (1, 0)


def test_a_cell_begins_when_the_last_of_its_inputs_lands(store, tmp_path, fork):
    """Many that wait for one, one that waits for many, and an input that is named twice."""
    log = tmp_path / "log"
    base = add(1, log=log)
    middle = [add(number, base, log=log) for number in range(2, 8)]
    top = add(100, *middle, base, base, log=log)
    watch = Silent()
    run_local([top], store, watch, workers=2)
    assert store.get(top).json("sum.json") == 100 + sum(range(3, 9)) + 2
    assert (watch.ended[0], watch.ended[-1], len(watch.ended)) == ("add 1", "add 100", 8)
    assert local.dependents([base, *middle, top]) == {
        base.key: [*middle, top],
        **{one.key: [top] for one in middle},
    }

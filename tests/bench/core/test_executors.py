"""Processes that share the work: same results, nothing lost."""

import errno
import subprocess
import sys

import pytest

from bench.cell import Cell
from bench.errors import InputError
from bench.executors import local, run_here, run_local, work


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

"""Pruning the cache: what is old and nobody's goes, and a run in progress loses nothing."""

import multiprocessing
import os
import time
from types import SimpleNamespace

import pytest

from bench import cache, runner, running
from bench.cell import Cell
from bench.cli import invoke
from bench.executors import compute
from bench.store import RECORD, Store

DAY = 86_400


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("BABELTOLL_CACHE", str(tmp_path / "cache"))
    return cache.open_store()


def probe(number):
    return Cell("probe", {"number": number}, (), f"probe {number}")


def age(path, days=40):
    then = time.time() - days * DAY
    os.utime(path, (then, then))


def aged(store, number):
    """A finished cell that was last used long ago."""
    cell = probe(number)
    age(compute(store, cell).folder / RECORD)
    return cell


def live(root, cells, begun, end):
    with running.noted(Store(root), cells):
        begun.set()
        end.wait()


@pytest.fixture
def run(store):
    """Runs in progress, of these cells each; killed, or asked to end."""
    context = multiprocessing.get_context("fork")
    processes = []

    def begin(*cells):
        begun, end = context.Event(), context.Event()
        process = context.Process(target=live, args=(store.root, cells, begun, end))
        process.start()
        processes.append(process)
        assert begun.wait(60)
        return process, end

    yield begin
    for process in processes:
        process.kill()


def test_what_is_old_and_nobodys_goes(store):
    old, new = aged(store, 1), probe(2)
    compute(store, new)
    assert cache.prune(30, ()).startswith("1 cells removed, 0 named by results, 0 by runs")
    assert not store.has(old) and store.has(new)


def test_a_run_in_progress_loses_nothing(store, run):
    mine, other, begun = aged(store, 1), aged(store, 2), probe(3)
    kept = store.checkpoints(begun)
    kept.mkdir(parents=True)
    age(kept)
    run(mine, begun)
    assert cache.prune(30, ()).startswith("1 cells removed, 0 named by results, 2 by runs")
    assert store.has(mine) and not store.has(other) and kept.is_dir()


def test_results_that_are_not_there_keep_everything(store, tmp_path, capsys, monkeypatch):
    """A typing error, or a disk that is not mounted, would cost the cells that they name."""
    monkeypatch.chdir(tmp_path)
    old = aged(store, 1)
    assert invoke(["cache", "prune", "--days", "1", "--keep", str(tmp_path / "gone")]) == 2
    assert "there is no such folder" in capsys.readouterr().err and store.has(old)


def test_the_note_of_a_killed_run_keeps_nothing(store, run):
    cell = aged(store, 1)
    process, _ = run(cell)
    process.kill()
    process.join()
    assert list((store.root / running.FOLDER).iterdir())
    cache.prune(30, ())
    assert not store.has(cell) and not list((store.root / running.FOLDER).iterdir())


def test_a_run_that_ends_takes_its_note_along(store, run):
    process, end = run(probe(1))
    end.set()
    process.join()
    assert process.exitcode == 0 and not list((store.root / running.FOLDER).iterdir())


def test_a_run_notes_every_cell_of_its_plan(store, tmp_path, monkeypatch):
    """Those of other shards too, and the inputs, for as long as cells are computed."""
    base = probe(1)
    top = Cell("probe", {"number": 2}, (base,), "top")
    profile, sources = SimpleNamespace(name="mine", slurm=None), SimpleNamespace(skipped=())
    plan, seen = SimpleNamespace(cells=(top,), profile=profile, sources=sources), []

    def look(*given):
        seen.append(running.keys(store))

    monkeypatch.setattr(runner, "make_plan", lambda name: plan)
    monkeypatch.setattr(runner, "executor", lambda *given: look)
    runner.run("mine", tmp_path / "results", 1, "1/2")
    assert seen == [{top.key, base.key}] and not running.keys(store)


def test_a_cell_used_while_pruning_is_kept(store, monkeypatch):
    """Between the look at its age and the lock, a run that has just begun reads it."""
    cell, lock = aged(store, 1), Store.lock_if_free

    def read_first(own, key):
        assert own.get(cell)
        return lock(own, key)

    monkeypatch.setattr(Store, "lock_if_free", read_first)
    cache.prune(30, ())
    assert store.has(cell)


def test_old_job_files_are_counted_and_go_unless_a_run_waits_for_its_jobs(store, run):
    old, new = store.root / "slurm" / "12", store.root / "slurm" / "13_0"
    stray = store.root / "slurm" / "a.pkl"  # of a job that sbatch refused
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "log.err").write_text("x" * 3_000_000)
    stray.write_text("x")
    for path in (old / "log.err", old, new, stray):
        age(path)
    assert "      6.0 MB  store/slurm" in cache.describe()
    process, _ = run(probe(1))
    cache.prune(30, ())
    assert old.is_dir() and stray.is_file()
    process.kill()
    process.join()
    assert cache.prune(30, ()).endswith("3.0 MB freed")
    assert not old.exists() and not stray.exists() and (new / "log.err").is_file()
    assert not list((store.root / "scratch").iterdir())

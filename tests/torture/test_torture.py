"""Short versions of `make torture`: a race, and what each signal does."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import races
from signals import cells

from bench.record import damage
from bench.store import Store

HERE = Path(__file__).parent


def test_racing_processes_compute_each_cell_once(tmp_path):
    assert "each computed once" in races.races(tmp_path, 4, 20)


@pytest.fixture
def driven(tmp_path):
    """Begin a run of cells of so many seconds; returned when two of them are in flight."""
    begun = []

    def start(seconds):
        process = subprocess.Popen(
            [sys.executable, HERE / "signals.py", tmp_path / "store", str(seconds)],
            stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        begun.append(process)
        deadline = time.monotonic() + 60
        scratch = tmp_path / "store" / "scratch"
        while len(list(scratch.glob("*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        return process

    yield start
    for process in begun:
        process.kill()
        process.wait()
        process.stdout.close()


def finished(tmp_path, seconds):
    store = Store(tmp_path / "store")
    done = [cell for cell in cells(seconds) if store.has(cell)]
    assert not any(damage(store.folder(cell.key)) for cell in done)
    return len(done)


def test_interrupted_once_the_cells_in_flight_are_finished(driven, tmp_path):
    process = driven(2.0)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert finished(tmp_path, 2.0) == 2


def test_interrupted_twice_it_stops_now(driven, tmp_path):
    process = driven(60.0)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert finished(tmp_path, 60.0) == 0


def test_terminated_it_stops_now(driven, tmp_path):
    process = driven(60.0)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 130
    assert finished(tmp_path, 60.0) == 0


def test_killed_it_loses_the_cells_in_flight_only_and_leaves_no_process(driven, tmp_path):
    process = driven(1.0)
    while "finished" not in process.stdout.readline():
        pass
    process.kill()
    process.wait()
    assert 1 <= finished(tmp_path, 1.0) < 6
    time.sleep(0.3)
    left = [place for place in Path("/proc").glob("[0-9]*/cmdline") if _mentions(place, tmp_path)]
    assert not left


def _mentions(place, tmp_path):
    try:
        return str(tmp_path).encode() in place.read_bytes()
    except OSError:
        return False

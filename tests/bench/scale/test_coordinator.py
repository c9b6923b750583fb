"""What is submitted when, and what becomes of lost jobs, on a cluster that is a few lines here."""

import itertools

import pytest

from bench.cell import Cell
from bench.errors import InputError
from bench.executors.queue import JobState
from bench.executors.slurm import Coordinator
from bench.executors.work import compute
from bench.slurm import Slurm
from bench.store import Store


class Log:
    def __init__(self):
        self.done, self.lines = [], []

    def started(self, cell):
        pass

    def finished(self, cell, result):
        self.done.append(cell.label)

    def say(self, line):
        self.lines.append(line)


class Here:
    """Computes a job when it is submitted; loses those whose number is in `lost`."""

    def __init__(self, store, lost=()):
        self.store, self.lost, self.numbers = store, set(lost), itertools.count(1)
        self.submitted, self.cancelled, self.states_of = [], [], {}

    def submit(self, resources, asks):
        return [self._one(ask) for ask in asks]

    def _one(self, ask):
        number = next(self.numbers)
        self.submitted.append([cell.label for cell in ask.cells])
        lost = number in self.lost
        for cell in () if lost else ask.cells:
            compute(self.store, cell)
        self.states_of[str(number)] = JobState("NODE_FAIL" if lost else "COMPLETED", "", "n1")
        return str(number)

    def states(self, jobs):
        return {job: self.states_of[job] for job in jobs}

    def answer(self, job):
        return None if self.states_of[job].state == "NODE_FAIL" else {}

    def cancel(self, jobs):
        self.cancelled += jobs


def probe(number, *inputs):
    return Cell("probe", {"number": number}, inputs, f"probe {number}", 100.0)


def graph():
    base = probe(1)
    middle = [probe(number, base) for number in (2, 3)]
    return probe(4, *middle, base)


def run(cells, store, cluster, **given):
    log = Log()
    settings = Slurm(**{"poll_seconds": 0.01, "pack_seconds": 1.0, **given})
    Coordinator(cells, store, log, settings, cluster).run()
    return log


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_a_cell_is_submitted_when_the_last_of_its_inputs_is_there(store):
    cluster = Here(store)
    log = run([graph()], store, cluster)
    names = [name for names in cluster.submitted for name in names]
    assert names == log.done == ["probe 1", "probe 2", "probe 3", "probe 4"]
    assert store.get(graph()).json("sum.json") == 4 + 3 + 4 + 1
    again = Here(store)
    assert run([graph()], store, again).done == log.done and not again.submitted


def test_a_lost_job_is_submitted_again(store):
    cluster = Here(store, lost={2})
    log = run([graph()], store, cluster, retries=1)
    assert cluster.submitted.count(["probe 2"]) == 2 and store.has(graph())
    assert log.lines == ["again: probe 2: its node was lost on n1, attempt 1"]


def test_what_waits_for_a_lost_cell_is_counted_and_never_submitted(store):
    cluster = Here(store, lost={2})
    with pytest.raises(InputError, match="1 cells failed, 1 more wait for them: probe 2: its node"):
        run([graph()], store, cluster, retries=0)
    assert ["probe 4"] not in cluster.submitted and store.has(probe(1))


def test_interrupted_it_cancels_its_jobs(store):
    class Interrupted(Here):
        def states(self, jobs):
            raise KeyboardInterrupt

    cluster = Interrupted(store)
    with pytest.raises(KeyboardInterrupt):
        run([graph()], store, cluster)
    assert cluster.cancelled == ["1"]

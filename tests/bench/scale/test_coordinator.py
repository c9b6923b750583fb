"""What is submitted when, and what becomes of lost jobs, on a cluster that is a few lines here."""

import itertools

import pytest

from bench.cell import Cell
from bench.errors import InputError
from bench.executors import queue, slurm
from bench.executors.queue import JobState, SilentError
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


class Remote(Here):
    """Computes a job at the `after`-th look at it; what Slurm says at each look is `states`."""

    def __init__(self, store, *said, after):
        super().__init__(store)
        self.said, self.after, self.looks, self.asks = said, after, 0, {}

    def _one(self, ask):
        number = str(next(self.numbers))
        self.submitted.append([cell.label for cell in ask.cells])
        self.asks[number] = ask
        return number

    def states(self, jobs):
        said = self.said[min(self.looks, len(self.said) - 1)]
        self.looks += 1
        if self.looks == self.after:
            for cell in self.asks["1"].cells:
                compute(self.store, cell)
        if said is None:
            raise SilentError("Unable to contact slurm controller (connect failure)")
        return {job: JobState(said) for job in jobs}

    def answer(self, job):
        return {} if self.looks >= self.after else None


def test_while_slurm_does_not_answer_its_jobs_are_waited_for(store):
    cluster = Remote(store, *[None] * 20, "RUNNING", after=30)
    log = run([probe(1)], store, cluster)
    assert log.done == ["probe 1"] and cluster.submitted == [["probe 1"]]
    assert log.lines == ["Slurm does not answer (Unable to contact slurm controller (connect "
                         "failure)): waiting for it; its jobs go on"]  # fmt: skip


def test_what_a_silent_cluster_finishes_is_taken(store):
    """The store is read whatever Slurm says; what became ready is submitted when it answers."""
    cluster = Remote(store, *[None] * 9, "COMPLETED", after=4)
    with pytest.raises(InputError, match="ended without a result"):  # of the second, never begun
        run([probe(2, probe(1))], store, cluster, retries=0)
    assert store.has(probe(1)) and cluster.submitted == [["probe 1"], ["probe 2"]]


@pytest.mark.parametrize("state", [queue.UNKNOWN, "PREEMPTED", "LAUNCH_FAILED", "REVOKED"])
def test_a_job_that_seems_lost_is_given_up_after_some_looks_and_cancelled(store, state):
    cluster = Remote(store, state, after=99)
    with pytest.raises(InputError, match="attempt 1"):
        run([probe(1)], store, cluster, retries=0)
    assert cluster.looks == slurm.PATIENCE and cluster.cancelled == ["1"]


def test_a_preempted_job_that_is_queued_again_is_waited_for(store):
    cluster = Remote(store, "PREEMPTED", "PREEMPTED", "PENDING", "RUNNING", after=12)
    assert run([probe(1)], store, cluster).done == ["probe 1"]
    assert cluster.submitted == [["probe 1"]] and not cluster.cancelled


class Deaf(Here):
    """sbatch reaches Slurm at the nth time."""

    def __init__(self, store, times):
        super().__init__(store)
        self.times = times

    def submit(self, resources, asks):
        self.times -= 1
        if self.times:
            raise SilentError("Socket timed out on send/recv operation")
        return super().submit(resources, asks)


def test_sbatch_is_tried_again_while_it_does_not_reach_slurm(store):
    log = run([probe(1)], store, Deaf(store, 9))
    assert log.done == ["probe 1"]
    assert [line[:21] for line in log.lines] == ["Slurm does not answer"]
    with pytest.raises(InputError, match="sbatch does not reach Slurm: Socket timed out"):
        run([probe(2)], store, Deaf(store, 1_000))


def test_an_array_is_no_larger_than_slurm_takes(store, monkeypatch):
    monkeypatch.setattr(slurm, "ARRAY", 2)
    sizes = []

    class Counting(Here):
        def submit(self, resources, asks):
            sizes.append(len(asks))
            return super().submit(resources, asks)

    log = run([probe(number) for number in range(5)], store, Counting(store))
    assert sizes == [2, 2, 1] and len(log.done) == 5
    assert slurm.ARRAY < 1_001

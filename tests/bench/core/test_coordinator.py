"""The coordinator of a cluster, on a cluster that computes each job where it is submitted."""

import pytest

from bench.cell import Cell
from bench.errors import InputError, InternalError
from bench.executors.jobs import TIME, CellsJob, OutOfTimeError
from bench.executors.queue import JobState
from bench.executors.slurm import Coordinator
from bench.slurm import Slurm


class Here:
    """A cluster of this process."""

    def __init__(self, store):
        self.store, self.said = store, {}

    def submit(self, resources, asks):
        jobs = [str(len(self.said) + number) for number in range(len(asks))]
        answers = [CellsJob(self.store.root, ask.cells, 60.0)() for ask in asks]
        self.said |= dict(zip(jobs, answers, strict=True))
        return jobs

    def states(self, jobs):
        return {job: JobState("COMPLETED", "", "here") for job in jobs}

    def answer(self, job):
        return self.said[job]

    def cancel(self, jobs):
        assert not list(jobs)


class Log:
    def __init__(self):
        self.lines = []

    def started(self, cell):
        pass

    def finished(self, cell, result):
        pass

    def say(self, line):
        self.lines.append(line)


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("missing key", InternalError, "the broken one: internal error: KeyError: 'nobody"),
        ("refusal", InputError, "the broken one: the text is too short: give more"),
    ],
)
def test_a_cell_that_fails_by_its_own_doing_stops_those_alone_that_need_it(
    store, tmp_path, fault, kind, said
):
    log, watch = str(tmp_path / "log"), Log()
    broken = Cell("breaks", {"fault": fault}, (), "the broken one")
    needs = Cell("add", {"number": 1, "log": log}, (broken,), "needs it")
    others = [Cell("add", {"number": number, "log": log}, (), f"{number}") for number in (2, 3)]
    settings = Slurm(poll_seconds=0.1)
    with pytest.raises(kind, match="1 cells failed, 1 more wait for them") as told:
        Coordinator([broken, needs, *others], store, watch, settings, Here(store)).run()
    assert said in str(told.value) and watch.lines[0].startswith(f"failed: {said}")
    assert all(store.has(one) for one in others) and not store.has(needs)
    kept = store.root / "failed" / broken.key / "traceback.txt"
    assert kept.is_file() == (kind is InternalError) == (str(kept) in str(told.value))


def test_a_job_that_runs_out_of_time_still_tells_what_failed_before(store, tmp_path, monkeypatch):
    broken = Cell("breaks", {"fault": "refusal"}, (), "the broken one")
    slow, log = Cell("add", {"number": 1, "log": "log"}, (), "slow"), str(tmp_path / "log")
    later = Cell("add", {"number": 2, "log": log}, (), "later")
    real = CellsJob._compute

    def compute(job, key, cell):
        if cell is slow:
            raise OutOfTimeError
        real(job, key, cell)

    monkeypatch.setattr(CellsJob, "_compute", compute)
    said = CellsJob(store.root, [broken, slow, later], 60.0)()
    assert said == {broken.key: "the text is too short: give more", slow.key: TIME, later.key: TIME}

"""Cells on a real Slurm: computed on both nodes, killed, lost, refused."""

import threading
import time

import pytest

from bench.cell import Cell
from bench.errors import InputError, InternalError
from bench.executors import queue
from bench.executors.slurm import run_slurm
from bench.slurm import Slurm
from bench.store import Store


class Log:
    def __init__(self):
        self.lines, self.done = [], []

    def started(self, cell):
        pass

    def finished(self, cell, result):
        self.done.append(cell.label)

    def say(self, line):
        self.lines.append(line)


def probe(number, *inputs, price=1.0, where=None, **params):
    params = {"number": number, **params}
    return Cell("probe", params, inputs, f"probe {number}", price, where or {})


def settings(**given):
    return Slurm(**{"poll_seconds": 0.5, "memory_gb": 0.4, "minutes": 5, **given})


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_a_graph_of_cells_over_both_nodes(cluster, store, summary):
    leaves = [probe(number, price=100.0, seconds=2) for number in range(4)]
    top = probe(100, *leaves)
    log, nodes = Log(), set()
    watching = threading.Event()

    def look():
        while not watching.is_set():
            nodes.update(node for node in cluster.nodes if cluster.running_on(node))
            time.sleep(0.2)

    looker = threading.Thread(target=look)
    looker.start()
    run_slurm([top], store, log, settings(pack_seconds=100.0))
    watching.set()
    looker.join()
    assert store.get(top).json("sum.json") == 106
    assert log.done[-1] == "probe 100" and len(log.done) == 5
    assert nodes == set(cluster.nodes)
    summary(f"\n5 cells on {sorted(nodes)}, the last after its four inputs")


def test_a_partition_that_does_not_exist(cluster, store):
    with pytest.raises(InputError, match=r"slurm\.partition: no partition 'gpu'.*choose two"):
        run_slurm([probe(1)], store, Log(), settings(partition="gpu"))
    assert not (store.root / "slurm").exists()


def test_sbatch_refuses_with_its_own_reason(cluster, store):
    with pytest.raises(InputError, match=r"sbatch refuses the jobs: .*generic resource"):
        run_slurm([probe(1)], store, Log(), settings(gpus=1))


def test_a_job_that_could_never_start_is_not_waited_for(cluster, store):
    with pytest.raises(InputError, match=r"could never start \(PartitionConfig: correct"):
        run_slurm([probe(1)], store, Log(), settings(cpus=512))


def test_killed_for_memory_is_tried_with_twice_as_much(cluster, store, summary):
    cell, log = probe(1, megabytes=500, seconds=6), Log()
    run_slurm([cell], store, log, settings(memory_gb=0.3, retries=2))
    assert store.has(cell)
    assert "killed for memory" in log.lines[0] and "asked 0.3 GB" in log.lines[0]
    summary("\n" + "\n".join(log.lines) + f"\nthen finished: {log.done}")


def test_killed_for_time_is_tried_as_often_as_the_profile_says(cluster, store, summary):
    slow, log = probe(1, seconds=300), Log()
    waits = probe(2, slow)  # never submitted
    with pytest.raises(InputError, match="1 cells failed, 1 more wait for them: probe 1: killed"):
        run_slurm([waits], store, log, settings(minutes=1, signal_seconds=45, retries=0))
    assert "killed for time" in log.lines[-1] and "asked 1 min" in log.lines[-1]
    summary("\n" + log.lines[-1])


def test_a_process_that_dies_is_tried_again(cluster, store, tmp_path):
    cell, log = probe(1, where={"dies_once": str(tmp_path / "died")}), Log()
    run_slurm([cell], store, log, settings())
    assert store.has(cell) and "again: probe 1" in log.lines[0]


def test_a_cell_that_fails_by_its_own_doing_is_not_tried_again(cluster, store):
    log = Log()
    with pytest.raises(InternalError, match="probe x: internal error: TypeError"):
        run_slurm([probe("x")], store, log, settings())
    assert len(log.lines) == 1


def test_a_node_is_lost(cluster, store, summary):
    cells = [probe(number, price=100.0, seconds=12) for number in range(2)]
    log, killed = Log(), []

    def lose():
        end = time.monotonic() + 120
        while not (cluster.running_on("n1") and cluster.running_on("n2")):
            if time.monotonic() > end:
                return  # nothing is killed, which the test tells
            time.sleep(0.2)
        time.sleep(4)
        killed.extend(cluster.kill("n2"))

    loser = threading.Thread(target=lose)
    loser.start()
    run_slurm(cells, store, log, settings(pack_seconds=100.0))
    loser.join()
    cluster.start("n2")
    cluster.wait_for(cluster.nodes)
    assert len(killed) >= 2 and all(store.has(cell) for cell in cells)
    summary(f"\nn2 lost with {len(killed)} processes of its job; both cells are in the store")


def test_the_controller_is_away(cluster, store, summary):
    """For longer than a job is looked for in vain; its job is neither lost nor begun again."""
    cell, log = probe(1, seconds=40), Log()

    def lose():
        end = time.monotonic() + 120
        while not any(map(cluster.running_on, cluster.nodes)) and time.monotonic() < end:
            time.sleep(0.2)
        time.sleep(8)  # until its step has begun: that takes the controller
        cluster.stop_controller()
        time.sleep(25)
        cluster.start_controller()

    loser = threading.Thread(target=lose)
    loser.start()
    run_slurm([cell], store, log, settings())
    loser.join()
    cluster.wait_for(cluster.nodes)
    assert store.has(cell) and len(log.lines) == 1
    assert log.lines[0].startswith("Slurm does not answer")
    summary(f"\n{log.lines[0]}\nthen finished: {log.done}")


def test_of_an_array_the_named_tasks_are_cancelled(cluster, tmp_path):
    """Those that had not begun are forgotten at once."""
    job = cluster.submit_array(tmp_path, 4)
    tasks = [f"{job}_{number}" for number in range(4)]
    queue.cancel([tasks[1]])
    queue.cancel(tasks[2:])
    end = time.monotonic() + 30
    while (found := queue.states(tasks))[tasks[0]].state != "RUNNING" and time.monotonic() < end:
        time.sleep(0.5)
    assert found[tasks[0]].state == "RUNNING"
    assert not {found[task].state for task in tasks[1:]} & {"PENDING", "RUNNING"}
    queue.cancel(tasks)


def test_a_job_that_slurm_does_not_know(cluster):
    assert queue.states(["999999"]) == {"999999": queue.JobState()}

"""What becomes of the cells that a job ended without, said in Slurm's words or the job's own."""

import pytest

from bench.cell import Cell
from bench.errors import GPU_MEMORY, MEMORY
from bench.executors import queue
from bench.executors.jobs import TIME
from bench.executors.outcomes import Ask, settle
from bench.executors.queue import JobState
from bench.slurm import Resources

CELL = Cell("probe", {"number": 1}, (), "probe 1")
RUN = Cell("training", {"number": 1}, (), "a run")
ASK = Ask((CELL,), Resources(memory_gb=4, minutes=10))


def settled(state, said=None, ask=ASK, retries=2, node="n2"):
    return settle(ask, ask.cells, JobState(state, "", node), said or {}, retries)


@pytest.mark.parametrize(
    ("state", "said", "memory", "minutes", "why"),
    [
        ("OUT_OF_MEMORY", None, 8, 10, "killed for memory on n2 (asked 4 GB), attempt 1"),
        ("COMPLETED", MEMORY, 8, 10, "killed for memory on n2 (asked 4 GB), attempt 1"),
        ("TIMEOUT", None, 4, 20, "killed for time on n2 (asked 10 min), attempt 1"),
        ("COMPLETED", TIME, 4, 20, "killed for time on n2 (asked 10 min), attempt 1"),
        ("NODE_FAIL", None, 4, 10, "its node was lost on n2, attempt 1"),
        (queue.UNKNOWN, None, 4, 10, "Slurm no longer knows its job on n2, attempt 1"),
    ],
)
def test_a_killed_job_is_tried_again_with_more_of_what_it_lacked(state, said, memory, minutes, why):
    outcome = settled(state, {CELL.key: said} if said else None)
    assert not outcome.failed and outcome.why == why
    assert outcome.again.attempt == 2
    assert (outcome.again.resources.memory_gb, outcome.again.resources.minutes) == (memory, minutes)


def test_a_run_with_checkpoints_needs_no_more_time():
    ask = Ask((RUN,), Resources(minutes=10))
    assert settled("TIMEOUT", ask=ask).again.resources.minutes == 10


@pytest.mark.parametrize(
    ("state", "attempt"), [("CANCELLED", 1), (queue.NEVER, 1), ("NODE_FAIL", 3)]
)
def test_what_is_not_tried_again(state, attempt):
    outcome = settled(state, ask=Ask((CELL,), Resources(), attempt))
    assert outcome.again is None and list(outcome.failed) == [CELL]


@pytest.mark.parametrize("why", ["TypeError: no", GPU_MEMORY])
def test_a_cell_that_failed_by_its_own_doing_is_not_tried_again(why):
    """Twice the node's memory gives the GPU none."""
    other = Cell("probe", {"number": 2}, (), "probe 2")
    ask = Ask((CELL, other), Resources())
    outcome = settled("COMPLETED", {CELL.key: why}, ask=ask)
    assert outcome.failed == {CELL: why} and outcome.again.cells == (other,)


@pytest.mark.parametrize(
    ("reason", "hopeless"), [("(PartitionConfig)", True), ("Resources", False), ("", False)]
)
def test_what_can_never_start(reason, hopeless):
    assert JobState("PENDING", reason).hopeless == hopeless

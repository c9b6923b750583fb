"""What becomes of the cells that a job ended without: tried again, or failed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.cell import Cell
from bench.errors import MEMORY
from bench.executors import queue
from bench.executors.jobs import TIME
from bench.executors.queue import JobState
from bench.slurm import Resources

CAUSES = {
    "OUT_OF_MEMORY": "killed for memory",
    "TIMEOUT": "killed for time",
    "DEADLINE": "killed for time",
    "NODE_FAIL": "its node was lost",
    "BOOT_FAIL": "its node did not start",
    "PREEMPTED": "preempted",
    "LAUNCH_FAILED": "its node could not launch it",
    "REVOKED": "another cluster took its job",
    "FAILED": "its process died (short of memory?)",
    "COMPLETED": "its job ended without a result",
    "CANCELLED": "its job was cancelled",
    queue.NEVER: "its job could never start",
    queue.UNKNOWN: "Slurm no longer knows its job",
    queue.SILENT: "its job ended without a result",
}


@dataclass(frozen=True)
class Ask:
    """Cells that share a job, what the job asks for, and which attempt this is."""

    cells: tuple[Cell, ...]
    resources: Resources
    attempt: int = 1


@dataclass(frozen=True)
class Outcome:
    """Cells that failed for good, with why; what to submit again, if anything, with why."""

    failed: Mapping[Cell, str]
    again: Ask | None = None
    why: str = ""


def settle(
    ask: Ask, left: tuple[Cell, ...], state: JobState, said: Mapping[str, str], retries: int
) -> Outcome:
    """What becomes of the cells `left` of a job that ended in `state`.

    `said` is what the job itself told: why a cell failed, by key. A cell that failed by its own
    doing is not tried again; one whose job was killed is, with twice the memory or, where it
    keeps no checkpoints, twice the time if that was the reason. A cancelled job stays cancelled.
    """
    own = {key: why for key, why in said.items() if why not in (MEMORY, TIME)}
    failed = {cell: own[cell.key] for cell in left if cell.key in own}
    killed = tuple(cell for cell in left if cell not in failed)
    if not killed:
        return Outcome(failed)
    reasons = {said.get(one.key) for one in killed}
    cause = "OUT_OF_MEMORY" if MEMORY in reasons else "TIMEOUT" if TIME in reasons else state.state
    why = _told(cause, ask, state)
    if state.state in ("CANCELLED", queue.NEVER) or ask.attempt > retries:
        return Outcome(failed | dict.fromkeys(killed, why))
    resources = _stronger(ask.resources, killed, cause)
    return Outcome(failed, Ask(killed, resources, ask.attempt + 1), why)


def _told(cause: str, ask: Ask, state: JobState) -> str:
    """`killed for memory on n2 (asked 4 GB), attempt 2`."""
    asked = {
        "OUT_OF_MEMORY": f" (asked {ask.resources.memory_gb:g} GB)",
        "TIMEOUT": f" (asked {ask.resources.minutes} min)",
        queue.NEVER: f" ({state.reason.strip('()')}: correct [slurm] in the profile)",
    }.get(cause, "")
    node = f" on {state.node}" if state.node not in ("", "None assigned") else ""
    return f"{CAUSES.get(cause, cause.lower())}{node}{asked}, attempt {ask.attempt}"


def _stronger(resources: Resources, cells: tuple[Cell, ...], cause: str) -> Resources:
    if cause == "OUT_OF_MEMORY":
        return resources.model_copy(update={"memory_gb": 2 * resources.memory_gb})
    if cause == "TIMEOUT" and any(cell.kind != "training" for cell in cells):
        return resources.model_copy(update={"minutes": 2 * resources.minutes})
    return resources

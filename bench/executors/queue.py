"""What Slurm says of jobs, by the commands every cluster has; accounting is asked second."""

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.errors import InputError

ENDED = frozenset((
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY",
    "TIMEOUT",
))  # fmt: skip
UNKNOWN = "UNKNOWN"
SILENT = "SILENT"  # our own word: Slurm does not answer
DOUBTFUL = frozenset((UNKNOWN, "LAUNCH_FAILED", "PREEMPTED", "REVOKED"))
"""States after which a job may be queued again; they end it if they stay."""
HELD = "launch failed requeued held"  # the reason of a job that waits for an administrator
NEVER = "NEVER"  # our own word: it waits for what will not come
HOPELESS = frozenset((
    "AccountNotAllowed", "BadConstraints", "DependencyNeverSatisfied", "InvalidAccount",
    "InvalidQOS", "PartitionConfig", "PartitionNodeLimit", "PartitionTimeLimit", "QOSNotAllowed",
))  # fmt: skip
"""Reasons of a waiting job that only another request can remove; other reasons pass."""
NO_CONTACT = (
    "Unable to contact slurm controller", "Socket timed out", "Communication connection failure",
    "Message send failure", "Message receive failure", "Zero Bytes were transmitted",
    "Unexpected message received", "controller in standby mode", "Connection refused",
    "Connection timed out",
)  # fmt: skip
"""What Slurm's commands say while its controller is away or overloaded."""
FORGOTTEN = "Invalid job id specified"  # what squeue says, asked for one job that has left


class SilentError(Exception):
    """Slurm does not answer; the message says why."""


@dataclass(frozen=True)
class JobState:
    """The state of a job in Slurm's words, why, and where it runs or ran."""

    state: str = UNKNOWN
    reason: str = ""
    node: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED

    @property
    def doubtful(self) -> bool:
        """Whether it has ended unless Slurm queues it again, or remembers it."""
        return self.state in DOUBTFUL

    @property
    def hopeless(self) -> bool:
        """Whether it waits, and will for ever."""
        return self.state == "PENDING" and self.reason.strip("()") in HOPELESS


def states(jobs: Iterable[str]) -> dict[str, JobState]:
    """The state of each job (`12` or `12_3`); one that Slurm no longer knows is UNKNOWN.

    Raises SilentError where squeue fails: nothing is known then.
    """
    wanted = sorted(set(jobs))
    if not wanted:
        return {}
    found = dict(_read(_listed(wanted)))
    missing = [job for job in wanted if job not in found]
    if missing:
        accounted = _run("sacct", "--noheader", "--parsable2", "--allocations",
                         f"--jobs={','.join(missing)}",
                         "--format=JobID,State,Reason,NodeList")  # fmt: skip
        found |= dict(_read(accounted.stdout))  # nothing on a cluster without accounting
    return {job: found.get(job, JobState()) for job in wanted}


def _listed(jobs: Iterable[str]) -> str:
    mains = ",".join(sorted({job.split("_")[0] for job in jobs}))
    found = _run("squeue", "--states=all", "--array", "--noheader", f"--jobs={mains}",
                 "--format=%i|%T|%r|%N")  # fmt: skip
    if found.returncode and FORGOTTEN not in found.stderr:
        raise SilentError((found.stderr.strip().splitlines() or ["squeue fails"])[-1])
    return found.stdout


def partitions() -> list[str]:
    """The cluster's partitions. Raises InputError where no Slurm answers."""
    try:
        found = subprocess.run(
            ["sinfo", "--noheader", "--format=%R"], capture_output=True, text=True, timeout=60
        )
    except FileNotFoundError:
        raise InputError("--executor slurm: no Slurm here (no sinfo on the PATH): run on a login "
                         "node of the cluster, or use --executor local") from None  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InputError("--executor slurm: sinfo does not answer: try again later") from None
    if found.returncode:
        said = (found.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise InputError(f"--executor slurm: sinfo fails: {said}: ask the cluster's support, or "
                         "use --executor local")  # fmt: skip
    return sorted(set(found.stdout.split()))


def cancel(jobs: Iterable[str]) -> None:
    """Take jobs out of the queue, running or not; of an array, these tasks alone."""
    named = list(_tasks(jobs))
    if named:
        _run("scancel", *named)


def _tasks(jobs: Iterable[str]) -> Iterator[str]:
    """`12`, `13_4`, and `14_[0,2]` for several of an array: Slurm is asked once for each."""
    arrays: dict[str, list[str]] = {}
    for job in jobs:
        main, _, task = job.partition("_")
        arrays.setdefault(main, []).append(task)
    for main, tasks in arrays.items():
        several = f"[{','.join(tasks)}]" if len(tasks) > 1 else tasks[0]
        yield f"{main}_{several}" if tasks[0] else main


def _read(text: str) -> Iterable[tuple[str, JobState]]:
    for line in text.splitlines():
        job, state, reason, node = (line.split("|") + [""] * 3)[:4]
        words = state.split()  # "CANCELLED by 1000"
        if reason.strip(" ()").replace("_", " ") == HELD:
            words = ["LAUNCH_FAILED"]
        if words:
            yield job.strip(), JobState(words[0].rstrip("+"), reason.strip(), node.strip())


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    """How the command ended; one that cannot be run, or does not answer, ended with 1."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 1, "", f"no {command[0]} on the PATH")
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"{command[0]} does not answer")

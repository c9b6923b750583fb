"""What Slurm says of jobs, by the commands every cluster has; accounting is asked second."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from bench.errors import InputError

ENDED = frozenset((
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY",
    "TIMEOUT",
))  # fmt: skip
UNKNOWN = "UNKNOWN"
NEVER = "NEVER"  # our own word: it waits for what will not come
HOPELESS = frozenset((
    "AccountNotAllowed", "BadConstraints", "DependencyNeverSatisfied", "InvalidAccount",
    "InvalidQOS", "PartitionConfig", "PartitionNodeLimit", "PartitionTimeLimit", "QOSNotAllowed",
))  # fmt: skip
"""Reasons of a waiting job that only another request can remove; other reasons pass."""


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
    def hopeless(self) -> bool:
        """Whether it waits, and will for ever."""
        return self.state == "PENDING" and self.reason.strip("()") in HOPELESS


def states(jobs: Iterable[str]) -> dict[str, JobState]:
    """The state of each job (`12` or `12_3`); one that Slurm no longer knows is UNKNOWN."""
    wanted = sorted(set(jobs))
    if not wanted:
        return {}
    mains = ",".join(sorted({job.split("_")[0] for job in wanted}))
    listed = _run("squeue", "--states=all", "--array", "--noheader", f"--jobs={mains}",
                  "--format=%i|%T|%r|%N")  # fmt: skip
    found = dict(_read(listed))
    missing = [job for job in wanted if job not in found]
    if missing:
        found |= dict(_read(_run("sacct", "--noheader", "--parsable2", "--allocations",
                                 f"--jobs={','.join(missing)}",
                                 "--format=JobID,State,Reason,NodeList")))  # fmt: skip
    return {job: found.get(job, JobState()) for job in wanted}


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
    """Take jobs out of the queue, running or not."""
    mains = sorted({job.split("_")[0] for job in jobs})
    if mains:
        subprocess.run(["scancel", *mains], capture_output=True, check=False)


def _read(text: str) -> Iterable[tuple[str, JobState]]:
    for line in text.splitlines():
        job, state, reason, node = (line.split("|") + [""] * 3)[:4]
        words = state.split()  # "CANCELLED by 1000"
        if words:
            yield job.strip(), JobState(words[0].rstrip("+"), reason.strip(), node.strip())


def _run(*command: str) -> str:
    """Its output; empty if it fails, as sacct does on a cluster without accounting."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout

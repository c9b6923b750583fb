"""Computing cells on a Slurm cluster: job arrays by submitit, results through a shared store.

This process stays on the login node, computes nothing and loads nothing heavy. It submits the
cells whose inputs are finished, looks now and then, and submits what has become ready. A cell is
finished when it is in the store, whatever Slurm says; a job that ended without its cells is tried
again as the profile says, or its cells fail with one line each.
"""

import contextlib
import io
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bench.cell import Cell, in_order
from bench.errors import InputError, InternalError
from bench.executors import queue
from bench.executors.failures import INTERNAL
from bench.executors.jobs import CellsJob
from bench.executors.local import SINGLE_THREAD, dependents, terminable
from bench.executors.outcomes import Ask, settle
from bench.executors.queue import JobState
from bench.executors.work import Watch
from bench.slurm import Resources, Slurm
from bench.store import Store

WAITING = ("PENDING", "CONFIGURING", queue.NEVER, queue.UNKNOWN, queue.SILENT)
KILLED_FOR_MEMORY = ("Exceeded job memory limit", "exceeded memory limit", "oom_kill", "oom-kill")
PATIENCE = 6  # looks at a job that Slurm does not know, or preempted, before it counts as lost
TRIES = 60  # looks in a row at which sbatch does not reach Slurm, before the run ends
ARRAY = 1_000  # tasks: Slurm's MaxArraySize is 1,001 unless a cluster sets another


class Cluster(Protocol):
    """Where jobs go. The tests have one without Slurm."""

    def submit(self, resources: Resources, asks: Sequence[Ask]) -> list[str]:
        """Submit a job an ask; their ids. Raises SilentError where Slurm does not answer."""

    def states(self, jobs: Iterable[str]) -> Mapping[str, JobState]:
        """What has become of them. Raises SilentError where Slurm does not answer."""

    def answer(self, job: str) -> Mapping[str, str] | None:
        """Why cells failed, by key, as the job itself says; None while it has not said."""

    def cancel(self, jobs: Iterable[str]) -> None:
        """Take jobs out of the queue."""


@dataclass
class Flight:
    """A submitted job, whether it has begun, and for how many looks it seemed to be lost."""

    ask: Ask
    job: str
    begun: bool = False
    doubts: int = 0

    def lost(self, state: JobState) -> bool:
        """Whether it has seemed to be for too long; to be asked once a look."""
        self.doubts = self.doubts + 1 if state.doubtful else 0
        return self.doubts >= PATIENCE


def run_slurm(cells: Sequence[Cell], store: Store, watch: Watch, settings: Slurm) -> None:
    """Compute the cells on the cluster; returns when every one is in the store.

    Raises InputError, in one line, for a partition that does not exist (before anything is
    submitted) and for cells that failed for good. Interrupted, it cancels its jobs.
    """
    refuse_unknown_partitions(settings, queue.partitions())
    Coordinator(cells, store, watch, settings, SubmititCluster(store, settings)).run()


def refuse_unknown_partitions(settings: Slurm, known: Sequence[str]) -> None:
    """Raise InputError for a partition that the profile names and the cluster does not have."""
    named = {"slurm": settings.partition}
    named |= {f"slurm.kinds.{kind}": one.partition for kind, one in settings.kinds.items()}
    for place, partition in named.items():
        for one in (partition or "").split(","):
            if one and one not in known:
                raise InputError(f"{place}.partition: no partition {one!r} on this cluster: choose "
                                 f"{', '.join(known)}")  # fmt: skip


class Coordinator:
    """The state of one run on a cluster: what waits for what, what is in flight, what failed."""

    def __init__(
        self, cells: Sequence[Cell], store: Store, watch: Watch, settings: Slurm, cluster: Cluster
    ) -> None:
        self.store, self.watch, self.settings, self.cluster = store, watch, settings, cluster
        self.todo = dict(self._open(cells))
        self.waiting = {
            key: {needed.key for needed in cell.inputs} & self.todo.keys()
            for key, cell in self.todo.items()
        }
        self.after = dependents(self.todo.values())
        self.flights: list[Flight] = []
        self.again: list[Ask] = []
        self.failed: dict[str, str] = {}
        self.silent = False  # no answer at the last look
        self.told = False  # so was the user
        self.tries = 0  # of sbatch, in vain and in a row

    def run(self) -> None:
        """Submit and look until every cell is finished or failed for good."""
        try:
            with terminable():
                self._submit()
                while self.flights or self.again:
                    time.sleep(self.settings.poll_seconds)
                    self._look()
                    self._submit()
        except BaseException:
            self.cluster.cancel(flight.job for flight in self.flights)
            raise
        if self.todo:
            raise self._verdict()

    def _open(self, cells: Sequence[Cell]) -> Iterator[tuple[str, Cell]]:
        for cell in in_order(tuple(cells)):
            done = self.store.get(cell)
            if done:
                self.watch.finished(cell, done)
            else:
                yield cell.key, cell

    def _submit(self) -> None:
        """Submit what is ready, in arrays; where Slurm does not answer it waits for the next look.

        Raises InputError where it has not answered for many looks.
        """
        self.again += self._packed(self._ready())
        if self.silent:
            return
        try:
            while self.again:
                self._submit_array()
            self.told, self.tries = False, 0
        except queue.SilentError as error:
            self.tries += 1
            if self.tries >= TRIES:
                raise InputError(f"sbatch does not reach Slurm: {error}: run again when it does; "
                                 "what was finished is kept") from None  # fmt: skip
            self._tell(error)

    def _submit_array(self) -> None:
        """Of what waits to be submitted, as much as asks for equal resources and fits an array."""
        resources = self.again[0].resources
        equal = [ask for ask in self.again if ask.resources == resources]
        others = [ask for ask in self.again if ask.resources != resources]
        jobs = self.cluster.submit(resources, equal[:ARRAY])
        self.flights += [Flight(ask, job) for ask, job in zip(equal, jobs, strict=False)]
        self.again = [*equal[ARRAY:], *others]

    def _ready(self) -> list[Cell]:
        asked = [flight.ask for flight in self.flights] + self.again
        taken = {cell.key for ask in asked for cell in ask.cells} | self.failed.keys()
        free = (cell for key, cell in self.todo.items() if not self.waiting[key])
        return [cell for cell in free if cell.key not in taken]

    def _packed(self, ready: Sequence[Cell]) -> Iterator[Ask]:
        """Cells of a kind together until their predicted seconds are worth a job."""
        for kind in dict.fromkeys(cell.kind for cell in ready):
            resources, pack, seconds = self.settings.resources(kind), list[Cell](), 0.0
            for cell in (one for one in ready if one.kind == kind):
                if pack and seconds + cell.price > self.settings.pack_seconds:
                    yield Ask(tuple(pack), resources)
                    pack, seconds = [], 0.0
                pack, seconds = [*pack, cell], seconds + cell.price
            yield Ask(tuple(pack), resources)

    def _look(self) -> None:
        """Take what is finished, and settle the jobs that have ended."""
        found, flying = self._states(), list[Flight]()
        for flight in self.flights:
            state = found.get(flight.job, JobState())
            said, lost = self.cluster.answer(flight.job), flight.lost(state)
            if state.hopeless or (lost and said is None):
                self.cluster.cancel([flight.job])
            if state.hopeless:
                state = JobState(queue.NEVER, state.reason)
            self._announce(flight, state)
            ended = said is not None or state.ended or state.state == queue.NEVER or lost
            self._land(one for one in flight.ask.cells if ended or self.store.has(one))
            if ended:
                self._settle(flight.ask, state, said or {})
            else:
                flying.append(flight)
        self.flights = flying

    def _states(self) -> Mapping[str, JobState]:
        """What Slurm says of the jobs in flight; all are SILENT while it says nothing."""
        jobs = [flight.job for flight in self.flights]
        try:
            found = self.cluster.states(jobs)
        except queue.SilentError as error:
            self.silent = True
            self._tell(error)
            return dict.fromkeys(jobs, JobState(queue.SILENT))
        self.silent = False
        return found

    def _tell(self, error: queue.SilentError) -> None:
        if not self.told:
            self._say(f"Slurm does not answer ({error}): waiting for it; its jobs go on")
        self.told = True

    def _announce(self, flight: Flight, state: JobState) -> None:
        if not flight.begun and state.state not in WAITING:
            flight.begun = True
            for cell in flight.ask.cells:
                self.watch.started(cell)

    def _land(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            done = self.store.get(cell) if cell.key in self.todo else None
            if done:
                del self.todo[cell.key]
                self.watch.finished(cell, done)
                for waiting in self.after.get(cell.key, ()):
                    self.waiting[waiting.key].discard(cell.key)

    def _settle(self, ask: Ask, state: JobState, said: Mapping[str, str]) -> None:
        left = tuple(cell for cell in ask.cells if cell.key in self.todo)
        outcome = settle(ask, left, state, said, self.settings.retries)
        for cell, why in outcome.failed.items():
            self.failed[cell.key] = why
            self._say(f"failed: {cell.label}: {why}")
        if outcome.again:
            names = ", ".join(cell.label for cell in outcome.again.cells)
            self._say(f"again: {names}: {outcome.why}")
            self.again.append(outcome.again)

    def _say(self, line: str) -> None:
        say = getattr(self.watch, "say", None)
        if say:
            say(line)

    def _verdict(self) -> Exception:
        """One line: how many cells failed, the first and why, how many wait for them."""
        key, why = min(self.failed.items(), key=lambda one: not one[1].startswith(INTERNAL))
        waiting = len(self.todo) - len(self.failed)
        after = f", {waiting} more wait for them" if waiting else ""
        line = (f"{len(self.failed)} cells failed{after}: {self.todo[key].label}: {why} (logs in "
                f"{self.store.root / 'slurm'}); what was finished is kept: correct it and run "
                "again")  # fmt: skip
        return InternalError(line) if why.startswith(INTERNAL) else InputError(line)


class SubmititCluster:
    """The cluster of this machine's Slurm. Job folders and logs are in `slurm/` of the store."""

    def __init__(self, store: Store, settings: Slurm) -> None:
        self.store, self.settings = store, settings
        self.jobs: dict[str, Any] = {}

    def submit(self, resources: Resources, asks: Sequence[Ask]) -> list[str]:
        """One job array. Raises InputError with sbatch's own reason if it refuses.

        A job of which sbatch says that its answer timed out may be in the queue all the same: the
        cells' locks keep the two from computing one cell twice.
        """
        submitit = _submitit()
        executor = submitit.SlurmExecutor(self.store.root.resolve() / "slurm" / "%j", 1_000)
        executor.update_parameters(**parameters(self.settings, resources, self.store))
        try:
            with contextlib.redirect_stderr(io.StringIO()), executor.batch():
                jobs = [executor.submit(self._job(ask)) for ask in asks]
        except submitit.core.utils.FailedJobError as error:
            if any(sign in str(error) for sign in queue.NO_CONTACT):
                raise queue.SilentError(_reason(str(error))) from None
            raise InputError(f"sbatch refuses the jobs: {_reason(str(error))}: correct [slurm] in "
                             "the profile") from None  # fmt: skip
        self.jobs |= {job.job_id: job for job in jobs}
        return [job.job_id for job in jobs]

    def _job(self, ask: Ask) -> CellsJob:
        seconds = 60.0 * ask.resources.minutes - self.settings.signal_seconds
        return CellsJob(self.store.root.resolve(), ask.cells, seconds)

    def states(self, jobs: Iterable[str]) -> Mapping[str, JobState]:
        """As Slurm says; a death that only a job's log says was for memory is called that."""
        found = queue.states(jobs)
        return {job: self._explained(job, state) for job, state in found.items()}

    def _explained(self, job: str, state: JobState) -> JobState:
        """Without cgroups Slurm ends a job that takes too much memory as if it had failed."""
        if state.state not in ("FAILED", "CANCELLED"):
            return state
        try:
            said = self.jobs[job].paths.stderr.read_text(errors="replace")
        except OSError:
            return state
        killed = any(sign in said for sign in KILLED_FOR_MEMORY)
        return replace(state, state="OUT_OF_MEMORY") if killed else state

    def answer(self, job: str) -> Mapping[str, str] | None:
        """What the job wrote into its result file, if it got so far."""
        import pickle

        path = self.jobs[job].paths.result_pickle
        try:  # written by this run's own job, below this user's own store
            kind, found = pickle.loads(path.read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError):
            return None
        return found if kind == "success" else {}

    def cancel(self, jobs: Iterable[str]) -> None:
        """Take them out of the queue."""
        queue.cancel(jobs)


def parameters(settings: Slurm, resources: Resources, store: Store) -> dict[str, Any]:
    """The arguments of submitit's SlurmExecutor for jobs of these resources."""
    import shlex

    exports = dict.fromkeys(SINGLE_THREAD, "1") | {
        "TOKENIZERS_PARALLELISM": "false",
        "BABELTOLL_CACHE": shlex.quote(str(store.root.resolve().parent)),
    }
    given = {
        "job_name": "babeltoll",
        "partition": resources.partition,
        "time": resources.minutes,
        "cpus_per_task": resources.cpus,
        "gpus_per_node": resources.gpus or None,
        "mem": f"{round(resources.memory_gb * 1024)}MB",
        "constraint": resources.constraint,
        "account": settings.account,
        "qos": settings.qos,
        "array_parallelism": settings.array_parallelism,
        "signal_delay_s": settings.signal_seconds,
        "setup": [*settings.setup, *(f"export {name}={one}" for name, one in exports.items())],
        "additional_parameters": {"requeue": True, **settings.options},
    }
    return {name: value for name, value in given.items() if value is not None}


def _submitit() -> Any:
    try:
        import submitit
    except ImportError:
        raise InputError(
            "--executor slurm needs submitit: pip install 'babeltoll[slurm]'"
        ) from None
    return submitit


def _reason(said: str) -> str:
    """sbatch's own last word in what submitit raises."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line]
    return (errors or lines or ["no reason given"])[-1].removeprefix("sbatch: error: ")

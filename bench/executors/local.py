"""Computing cells on this machine: here, or in processes that share the work of many."""

import contextlib
import ctypes
import heapq
import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from bench.cell import Cell, in_order
from bench.executors.failures import DIED, Failure, attempt, verdict
from bench.executors.work import Terminated, Watch, compute
from bench.store import Finished, Store

DEATHS = 3  # of processes, with no cell finished between them, after which a run gives up
PR_SET_PDEATHSIG = 1  # linux/prctl.h
Rank = tuple[int, float, str]
SINGLE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


def run_here(cells: Sequence[Cell], store: Store, watch: Watch) -> None:
    """Compute the cells one after another in this process."""
    for cell in in_order(tuple(cells)):
        if not store.has(cell):
            watch.started(cell)
        watch.finished(cell, compute(store, cell))


def run_local(cells: Sequence[Cell], store: Store, watch: Watch, workers: int) -> None:
    """Compute the cells in `workers` processes of one thread each.

    Ctrl-C once: cells in flight are finished, nothing new begins. Twice: stops now. What is
    finished is kept either way. Raises KeyboardInterrupt at the end.

    A cell that fails stops those alone that need it. Where a process dies, the cells in flight are
    tried again one at a time, and the one that is in flight alone when it happens has failed. At
    the end raises InternalError if a fault of ours is among the failures, else InputError.
    """
    todo = [cell for cell in in_order(tuple(cells)) if not _already(cell, store, watch)]
    if not todo:
        return
    _Pool(todo, store, watch, min(workers, len(todo))).run()


def _already(cell: Cell, store: Store, watch: Watch) -> bool:
    done = store.get(cell)
    if done:
        watch.finished(cell, done)
    return done is not None


class _Pool:
    """The state of one parallel run: what waits for what, and what is in flight."""

    def __init__(self, todo: list[Cell], store: Store, watch: Watch, workers: int) -> None:
        self.store, self.watch, self.workers = store, watch, workers
        self.waiting = _open_inputs(todo)
        self.urgency = _urgency(todo)
        self.after = dependents(todo)
        self.ready: list[tuple[Rank, Cell]] = []  # a heap: the most urgent comes out first
        self.flying: dict[Future[Finished | Failure], Cell] = {}
        self.alone: list[Cell] = []  # in flight when a process died
        self.failed: dict[Cell, Failure] = {}
        self.deaths = 0
        self.pool = self._opened()
        for cell in todo:
            if not self.waiting[cell.key]:
                self._push(cell)

    def _push(self, cell: Cell) -> None:
        rank = (cell.turn, -self.urgency[cell.key], cell.key)  # no two are equal
        heapq.heappush(self.ready, (rank, cell))

    def run(self) -> None:
        try:
            with terminable():
                while self._launch():
                    self._gather()
        except Terminated:
            _terminate(self.pool)
            raise
        except KeyboardInterrupt:
            self._finish_flying()
            raise
        finally:
            self.pool.shutdown(wait=False, cancel_futures=True)
        if self.failed:
            blocked = sum(1 for needs in self.waiting.values() if needs)
            raise verdict(self.failed, blocked + len(self.ready) + len(self.alone))

    def _opened(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(
            self.workers, context, initializer=_begin_worker, initargs=(os.getpid(),)
        )

    def _launch(self) -> bool:
        """Have as many cells in flight as may be; whether any is."""
        while cell := self._next():
            try:
                with _deaf_to_interrupts():  # a process that begins here is born so
                    self.flying[self.pool.submit(attempt, self.store, cell)] = cell
            except (BrokenProcessPool, BrokenPipeError):  # one died between cells, or at its start
                self.deaths += 1
                if self.deaths < DEATHS:
                    self.alone.insert(0, cell)
                else:
                    self._land(cell, Failure(DIED))
                self._recover()
            else:
                self.watch.started(cell)
        return bool(self.flying)

    def _next(self) -> Cell | None:
        """The cell to begin now, taken from where it waits."""
        if self.deaths >= DEATHS or any(one.stop for one in self.failed.values()):
            return None
        if self.alone:
            return None if self.flying else self.alone.pop(0)
        free = len(self.flying) < self.workers
        return heapq.heappop(self.ready)[1] if self.ready and free else None

    def _gather(self) -> None:
        """Wait for cells that end; if a process has died, for all."""
        done, _ = wait(self.flying, return_when=FIRST_COMPLETED)
        if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
            self._recover()
        else:
            for future in done:
                self._land(self.flying.pop(future), future.result())

    def _recover(self) -> None:
        """Open another pool; who was in flight alone has failed, others are tried again alone."""
        wait(self.flying)
        flying, self.flying = self.flying, {}
        for future, cell in flying.items():
            if not isinstance(future.exception(), BrokenProcessPool):
                self._land(cell, future.result())
            elif len(flying) == 1:
                self.deaths += 1
                self._land(cell, Failure(DIED))
            else:
                self.alone.append(cell)
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.pool = self._opened()

    def _land(self, cell: Cell, result: Finished | Failure) -> None:
        if isinstance(result, Failure):
            self.failed[cell] = result
            tell = getattr(self.watch, "failed", None)
            if tell:
                tell(cell, result.said)
            return
        self.watch.finished(cell, result)
        self.deaths = 0
        for waiting in self.after.get(cell.key, ()):
            needs = self.waiting[waiting.key]
            needs.discard(cell.key)
            if not needs:
                self._push(waiting)

    def _finish_flying(self) -> None:
        try:
            wait(self.flying)
        except KeyboardInterrupt:
            _terminate(self.pool)
            raise


def _open_inputs(todo: list[Cell]) -> dict[str, set[str]]:
    keys = {cell.key for cell in todo}
    return {cell.key: {needed.key for needed in cell.inputs} & keys for cell in todo}


def dependents(todo: Iterable[Cell]) -> dict[str, list[Cell]]:
    """By the key of an input, the cells that wait for it: landing one looks at no others."""
    found: dict[str, list[Cell]] = {}
    for cell in todo:
        for key in {needed.key for needed in cell.inputs}:
            found.setdefault(key, []).append(cell)
    return found


def _urgency(todo: list[Cell]) -> dict[str, float]:
    """Predicted work from a cell to the end of the longest chain that waits for it."""
    after = {cell.key: 0.0 for cell in todo}
    for cell in reversed(todo):
        after[cell.key] += cell.price
        for needed in cell.inputs:
            if needed.key in after:
                after[needed.key] = max(after[needed.key], after[cell.key])
    return after


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM raises Terminated here, where the main thread waits for its workers."""

    def stop(*_: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C is for this process, and waits; workers inherit the mask and never hear it.

    An interrupted import would break the pool, and the cells in flight with it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _terminate(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):  # none once it was shut down
        process.terminate()


def _die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent dies: a worker without one waits for ever.

    A parent that died while this process was starting sends none, so it is looked at afterwards.
    """
    with contextlib.suppress(OSError, AttributeError):  # Linux only
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _begin_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _die_with_parent(parent)
    os.environ.update(dict.fromkeys(SINGLE_THREAD, "1"))
    os.environ["TOKENIZERS_PARALLELISM"] = "false"

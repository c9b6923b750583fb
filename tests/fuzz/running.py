"""Running a parser on many inputs in a process of its own, with limits on time and memory.

The process counts in shared memory which input it is at. If it dies or stands still, the input of
that number is a finding, and another process goes on with the next one.
"""

import contextlib
import multiprocessing
import resource
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import generated
import mutation
import parsers
from parsers import Parser

SECONDS = 10  # of the processor that one input may take, and six times as long by the clock
MEMORY = 3 << 30  # bytes of address space of the process
ENOUGH = 5  # findings of a parser after which it is left alone
Findings = list[str]
Input = Callable[[int], bytes]


class Hang(BaseException):
    """An input took too long."""


def everything(
    chosen: Sequence[Parser], count: int, made: int, workers: int, seed: int
) -> Findings:
    """Damaged and generated inputs for every parser; prints a line for each, returns findings."""
    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(lambda parser: _one(parser, count, made, seed), chosen)
        return [finding for some in found for finding in some]


def _one(parser: Parser, count: int, made: int, seed: int) -> Findings:
    start = time.monotonic()
    findings: Findings = []
    for kind, number in (("damaged", count), ("generated", made)):
        findings += in_process(_work, (parser.name, kind, seed), number, parser.name, kind)
    seconds = time.monotonic() - start
    line = (f"{parser.name:<24} {count:>7,} damaged {made:>6,} generated {seconds:7.1f} s "
            f"{len(findings)} findings")  # fmt: skip
    print("\n  ".join([line, *findings]), flush=True)
    return findings


def input_of(parser: Parser, number: int, kind: str = "damaged", seed: int = 0) -> bytes:
    """The input that a finding names."""
    return _inputs(parser, kind, seed)(number)


def _inputs(parser: Parser, kind: str, seed: int) -> Input:
    if kind == "generated":
        return generated.inputs(parser.name, seed)
    return mutation.inputs(parser.seeds(), parser.name, seed)


def in_process(
    work: Callable[..., None], about: tuple[Any, ...], count: int, name: str, kind: str
) -> Findings:
    """Call `work(about, place, count, queue)` in a process until all inputs are done."""
    context = multiprocessing.get_context("spawn")
    place, queue = context.Value("q", 0, lock=False), context.SimpleQueue()
    findings: Findings = []
    while place.value < count and len(findings) < ENOUGH:
        process = context.Process(target=work, args=(*about, place, count, queue))
        process.start()
        ended = _watch(process, place)
        while not queue.empty():
            findings.append(f"{name} {kind} {queue.get()}")
        if ended:
            findings.append(f"{name} {kind} {place.value}: {ended}")
            place.value += 1
    return findings[:ENOUGH]


def _watch(process: Any, place: Any) -> str | None:
    """Wait for the process; why it did not end by itself."""
    last, since = -1, time.monotonic()
    while process.is_alive():
        process.join(0.2)
        if place.value != last:
            last, since = place.value, time.monotonic()
        elif time.monotonic() - since > 12 * SECONDS + 60:  # 60: it may only be starting
            process.kill()
            process.join()
            return f"no answer in {12 * SECONDS + 60} s"
    return f"the process died ({process.exitcode})" if process.exitcode else None


def _work(name: str, kind: str, seed: int, place: Any, count: int, queue: Any) -> None:
    import loaders

    parser = next(one for one in (*parsers.PARSERS, *loaders.LOADERS) if one.name == name)
    make = _inputs(parser, kind, seed)
    warm(parser)
    limit()
    faults = 0
    try:
        while place.value < count and faults < ENOUGH:
            if fault := fault_of(parser, make(place.value)):
                queue.put(f"{place.value}: {fault}")
                faults += 1
            place.value += 1
        if faults:
            place.value = count
    finally:
        parsers.clean()


def warm(parser: Parser) -> None:
    """Have what the parser imports imported: that may take longer than an input."""
    with contextlib.suppress(*parser.refusals):
        parser.parse(parser.seeds()[0])


def limit() -> None:
    """Bound this process's memory, and its patience."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    listen()


def listen() -> None:
    """Have an input that takes too long raise Hang.

    By the clock alone a parser that shares its processor with others would seem to stand still.
    """

    def stop(*_: object) -> None:
        raise Hang

    for alarm in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(alarm, stop)


def fault_of(parser: Parser, data: bytes) -> str | None:
    """What is wrong with what the parser does with an input, or None."""
    _patience(SECONDS)
    try:
        parser.parse(data)
    except parser.refusals as refusal:
        return "a refusal of several lines" if "\n" in str(refusal) else None
    except BaseException as error:  # whatever it is, it is a finding
        return _told(error)
    finally:
        _patience(0)
    return None


def _patience(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, 6 * seconds)


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(
        f"{frame.filename.split('/')[-1]}:{frame.lineno}" for frame in frames[:-5:-1]
    )
    return f"{type(error).__name__}: {str(error)[:100]!r} at {where}"

"""Times of contestants that take turns, and the ratios within rounds."""

import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.perf.subject import Clock, Gate, Subject

LEAST_ROUNDS = 3
Times = Mapping[str, Sequence[float]]  # of each contestant, one a round


@dataclass(frozen=True)
class Spread:
    """A median over rounds and the quartiles around it."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of at least two values."""
        low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(middle, low, high)


def cpu_time() -> float:
    """Seconds that the processor has worked for this process and for its ended children."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in spent)


CLOCKS: Mapping[Clock, Callable[[], float]] = {"wall": time.perf_counter, "cpu": cpu_time}


def measure(subject: Subject) -> dict[Clock, Times]:
    """Seconds of every contestant in every round, by both clocks."""
    found: dict[Clock, dict[str, list[float]]] = {
        clock: {name: [] for name in subject.contestants} for clock in CLOCKS
    }
    for _ in range(subject.warmup):
        for act in subject.contestants.values():
            act()
    begun = time.perf_counter()
    for number in range(subject.rounds):
        if number >= LEAST_ROUNDS and time.perf_counter() - begun > subject.seconds:
            break
        for name, act in subject.contestants.items():
            for clock, seconds in timed(act).items():
                found[clock][name].append(seconds)
    return {clock: dict(times) for clock, times in found.items()}


def timed(act: Callable[[], object]) -> dict[Clock, float]:
    """Seconds of one turn by each clock."""
    before = {clock: read() for clock, read in CLOCKS.items()}
    act()
    return {clock: read() - before[clock] for clock, read in CLOCKS.items()}


def ratio(times: Times, gate: Gate) -> Spread:
    """`scale` × above / below, round by round."""
    below = times[gate.below] if gate.below else [1.0] * len(times[gate.above])
    pairs = zip(times[gate.above], below, strict=True)
    return Spread.of([gate.scale * one / max(other, 1e-9) for one, other in pairs])


def rows(name: str, subject: Subject, times: Mapping[Clock, Times]) -> list[dict[str, Any]]:
    """What was found, a row each: times of contestants by both clocks, then ratios."""
    held = [_time_row(subject, clock, one, times[clock][one])
            for one in subject.contestants for clock in CLOCKS]  # fmt: skip
    held += [_gate_row(subject, gate, times) for gate in subject.gates
             if {gate.above, gate.below} <= {"", *subject.contestants}]  # fmt: skip
    return [{"subject": name, "threads": subject.threads, **row} for row in held]


def _time_row(
    subject: Subject, clock: Clock, name: str, seconds: Sequence[float]
) -> dict[str, Any]:
    spread = Spread.of(seconds)
    work = subject.work.get(name)
    rate = work / spread.value if work and spread.value else None
    return {
        "measure": "seconds",
        "name": name,
        "clock": clock,
        **vars(spread),
        "rounds": len(seconds),
        "rate": rate,
        "rate_unit": subject.unit if rate else "",
    }


def _gate_row(subject: Subject, gate: Gate, times: Mapping[Clock, Times]) -> dict[str, Any]:
    clock = gate.clock or subject.clock
    spread = ratio(times[clock], gate)
    return {
        "measure": "ratio",
        "name": gate.name,
        "clock": clock,
        **vars(spread),
        "rounds": len(times[clock][gate.above]),
        "bound": "least" if gate.least else "most",
        "gate": gate.limit,
        "goal": gate.goal,
        "verdict": verdict(gate, spread.value),
    }


def verdict(gate: Gate, value: float) -> str:
    """`holds`, `missed`, or empty where nothing is asked."""
    if gate.limit is None:
        return ""
    held = value >= gate.limit if gate.least else value <= gate.limit
    return "holds" if held else "missed"

"""What is measured: contestants, the gates on their ratios, and ways to write a contestant."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from bench.errors import InputError

Clock = Literal["wall", "cpu"]
Action = Callable[[], object]


@dataclass(frozen=True)
class Gate:
    """A bound on `scale` × time of `above` / time of `below`, within a round.

    Without `below` it is the time of `above` itself, in seconds, as a user would be promised it.
    The ratio may be at most `limit`, or must be at least that where `least` is true. `goal` is
    where we would like to be. Without a limit the ratio is shown and judged by nobody. `clock`
    overrides the subject's.
    """

    name: str
    above: str
    below: str = ""
    limit: float | None = None
    goal: float | None = None
    least: bool = False
    scale: float = 1.0
    clock: Clock | None = None


@dataclass(frozen=True)
class Subject:
    """Contestants by name, in the order of their turns, and what is said of their times.

    `work` is what one turn of a contestant does, in `unit`s; `absent` says why a contestant is not
    there (a gate that names it is left out). `rounds` is the most that are timed, after `warmup`
    untimed ones; fewer, but at least three, where they take longer than `seconds`.
    """

    contestants: Mapping[str, Action]
    gates: Sequence[Gate] = ()
    clock: Clock = "wall"
    rounds: int = 11
    warmup: int = 1
    seconds: float = 60.0
    work: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""
    absent: Mapping[str, str] = field(default_factory=dict)
    threads: int | None = None

    def by(self, clock: Clock | None) -> "Subject":
        """The same with every ratio taken by that clock, if one is given."""
        if clock is None:
            return self
        gates = [replace(gate, clock=clock) for gate in self.gates]
        return replace(self, clock=clock, gates=gates)


def command(arguments: Sequence[str | Path], cwd: Path | None = None, **environment: str) -> Action:
    """A contestant that is a whole process. Raises InputError with its last words if it fails."""
    line = [str(one) for one in arguments]

    def run() -> None:
        done = subprocess.run(
            line, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
            raise InputError(f"{' '.join(line[:4])} … ended with {done.returncode}: {said}")

    return run


def python(*arguments: str | Path) -> Action:
    """A contestant that is a whole process of this interpreter."""
    return command([sys.executable, *arguments])


def in_turn(actions: Sequence[Action]) -> Action:
    """A contestant that does the next of several pieces of work each time, then the first again."""
    turns = iter(range(2**62))
    return lambda: actions[next(turns) % len(actions)]()

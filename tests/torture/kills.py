"""`kill -9` at random moments: no finished cell is lost, none is corrupt, same result."""

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from run import Run, differing

SPREAD = 6.0  # seconds after the first sign of work within which it is killed
VICTIMS = ("group", "parent", "worker")


def kills(folder: Path, count: int, expected: dict[str, bytes], seed: int = 0) -> str:
    """Kill a run `count` times, going on each time; then let it end. Says what was seen.

    A run that ends, before its kill or because only a worker was killed, is compared and begins
    again from nothing.
    """
    rng, run = random.Random(seed), Run(folder, "killed")
    done, begun = 0, 1
    victims: dict[str, int] = dict.fromkeys(VICTIMS, 0)
    while done < count:
        before = run.cells()
        process = run.start()
        done += _killed(process, run, rng, victims)
        after = run.cells()
        assert before <= after, f"lost cells: {before - after}"
        if process.returncode == 0:
            assert not differing(run.files(), expected), differing(run.files(), expected)
            run.forget()
            begun += 1
    different = differing(run.whole(), expected)
    assert not different, different
    told = ", ".join(f"{number} {victim}" for victim, number in victims.items())
    return (f"{done} kills ({told}) in {begun} runs from nothing: no finished cell lost, none "
            f"corrupt, {len(expected)} result files identical")  # fmt: skip


def _killed(
    process: subprocess.Popen[str], run: Run, rng: random.Random, victims: dict[str, int]
) -> bool:
    if rng.random() < 0.8:
        _wait_for_work(process, run)
    end = time.monotonic() + rng.uniform(0, SPREAD)
    while time.monotonic() < end and process.poll() is None:
        time.sleep(0.01)
    victim = rng.choice(VICTIMS)
    hit = process.poll() is None and _kill(process, victim)
    _, said = process.communicate()
    victims[victim] += hit
    expected = {"worker": (0, 2)}.get(victim, (-signal.SIGKILL,)) if hit else (0,)
    assert process.returncode in expected, f"{process.returncode}: {said[-2000:]}"
    return hit


def _wait_for_work(process: subprocess.Popen[str], run: Run) -> None:
    start = time.time()
    while process.poll() is None:
        scratch = run.cache / "store" / "scratch"
        results = run.results.stat().st_mtime if run.results.is_dir() else 0
        if (scratch.is_dir() and any(scratch.iterdir())) or results > start:
            return
        time.sleep(0.01)


def _kill(process: subprocess.Popen[str], victim: str) -> bool:
    """False if there was nothing to kill."""
    if victim == "worker":
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if not children:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(children[-1]), signal.SIGKILL)
        return True
    with contextlib.suppress(ProcessLookupError):
        (os.killpg if victim == "group" else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    return process.returncode == -signal.SIGKILL

"""`python -m bench.perf [SUBJECT …]`: measure, print a table, write results/perf.csv.

Exit code 0; 1 where a gate is missed or a subject broke; 2 for bad input; 130 if interrupted.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import machine
from bench.errors import InputError
from bench.perf import registry, stopwatch, table
from bench.perf.subject import Clock

PATIENCE = 600.0  # seconds after which a subject is given up
Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.inside:
            return _inside(asked.subjects[0], asked.clock)
        return _all(asked.subjects, asked.out, asked.clock)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<16}{about}" for name, about in registry.SUBJECTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench.perf",
        description=f"Measures ratios of times.\n\nsubjects:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m bench.perf step loop",
    )  # fmt: skip
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="all of them unless named")
    parser.add_argument("--out", type=Path, default=Path("results/perf.csv"), help="the CSV file")
    clocks = sorted(stopwatch.CLOCKS)
    parser.add_argument("--clock", choices=clocks, help="for every ratio; cpu on a busy machine")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser


def _inside(name: str, clock: Clock | None) -> int:
    """Measure one subject in this process and print its rows as JSON."""
    with tempfile.TemporaryDirectory(prefix="perf-") as folder:
        subject = registry.load(name, Path(folder)).by(clock)
        found = stopwatch.rows(name, subject, stopwatch.measure(subject))
    print(json.dumps({"rows": found, "absent": dict(subject.absent)}))
    return 0


def _all(names: Sequence[str], out: Path, clock: Clock | None) -> int:
    if unknown := [name for name in names if name not in registry.SUBJECTS]:
        raise InputError(f"no subject {unknown[0]!r}: choose from {', '.join(registry.SUBJECTS)}")
    print(_heading())
    found, broken = list[Row](), False
    for name in names or registry.SUBJECTS:
        rows, trouble = _apart(name, clock)
        for line in table.lines(name, rows) if rows else ["", name]:
            print(line, flush=True)
        for said in trouble:
            print(f"  {said}", flush=True)
        broken |= any(said.startswith("failed") for said in trouble)
        found += [{**row, "device": machine.processor()} for row in rows]
    table.write(out, found)
    missed = [row for row in found if row.get("verdict") == "missed"]
    print(f"\n{len(missed)} gates missed; written: {out}")
    return 1 if missed or broken else 0


def _apart(name: str, clock: Clock | None) -> tuple[list[Row], list[str]]:
    """A subject's rows, measured in a process of its own, and what is to be said of it."""
    line = [sys.executable, "-m", "bench.perf", "--inside", name]
    line += ["--clock", clock] if clock else []
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)  # fmt: skip
    try:
        out, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return [], [f"failed: still running after {PATIENCE:.0f} s"]
    finally:
        _end(process)
    if process.returncode:
        said = (errors.strip() or f"exit code {process.returncode}").splitlines()[-1]
        state = "not measured" if process.returncode == 2 else "failed"
        return [], [f"{state}: {said.removeprefix('error: ')}"]
    answer = json.loads(out.splitlines()[-1])
    return answer["rows"], [f"absent: {one}: {why}" for one, why in answer["absent"].items()]


def _end(process: "subprocess.Popen[str]") -> None:
    """Let nothing that a subject started outlive it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _heading() -> str:
    load = os.getloadavg()[0]
    busy = " (not quiet: ratios scatter)" if load > 0.3 * machine.cores() else ""
    return f"{machine.processor()}, {machine.cores()} cores, load {load:.1f}{busy}"


if __name__ == "__main__":
    raise SystemExit(main())

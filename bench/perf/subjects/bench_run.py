"""`bench run` where nothing changed: sources looked up, results found, files and report written."""

from pathlib import Path

from bench import machine, runner
from bench.cell import in_order
from bench.errors import InputError
from bench.perf.subject import Gate, Subject, python

PROFILES = ("default", "quick")


def subject(folder: Path) -> Subject:
    """The largest packaged profile whose cells are all in this machine's store."""
    for profile in PROFILES:
        made = runner.make_plan(profile)
        if len(runner.in_store(made)) == len(list(in_order(made.cells))):
            return _warm(profile, folder)
    raise InputError("no packaged profile was run to its end here: `make bench` first")


def _warm(profile: str, folder: Path) -> Subject:
    name = f"bench run --profile {profile}, warm"
    run = python("-m", "bench", "run", "--profile", profile, "--results", folder / profile)
    gates = [Gate("nothing changed, seconds", name, "", 30.0, 20.0)]
    return Subject({name: run}, gates, rounds=3, warmup=0, seconds=90, threads=machine.cores())

"""`bench run`, `plan`, `report`, `verify`: a profile, from its cells to its report."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

ProfileName = Annotated[
    str,
    typer.Option(
        "--profile", help="quick, default, reference …, or a TOML file", metavar="NAME|FILE"
    ),
]
ResultsFolder = Annotated[
    Path | None,
    typer.Option("--results", help="where results go \\[default: results/<profile>]"),
]
Shard = Annotated[
    str | None,
    typer.Option("--shard", help="compute only part I of N of the cells", metavar="I/N"),
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="processes \\[default: one a core]")
]
Folder = Annotated[Path, typer.Argument(help="a results folder", metavar="DIR")]


class Executor(StrEnum):
    """Where cells are computed."""

    local = "local"
    slurm = "slurm"


def run(
    profile: ProfileName = "default",
    results: ResultsFolder = None,
    executor: Annotated[Executor, typer.Option(help="where cells run")] = Executor.local,
    shard: Shard = None,
    workers: Workers = None,
    so_far: Annotated[
        bool, typer.Option("--so-far", help="train nothing more; report the runs that are finished")
    ] = False,
) -> None:
    """Run a profile: tables, charts and a report in its results folder.

    Example: bench run --profile quick
    """
    from bench import runner

    try:
        folder = runner.run(profile, results, workers, shard, executor.value, so_far)
    except KeyboardInterrupt:  # typer would end in silence
        typer.echo("interrupted: what was finished is kept; run again to go on", err=True)
        raise typer.Exit(130) from None
    if folder:
        typer.echo(runner.closing_summary(folder))


def plan(profile: ProfileName = "default") -> None:
    """List the cells of a profile, with predicted tokens, FLOPs, memory and time.

    Example: bench plan --profile default
    """
    from bench import machine, runner
    from bench.cli.plan_table import lines

    made = runner.make_plan(profile)
    finished = runner.in_store(made)
    for line in lines(made, finished, runner.taken(finished), machine.cores()):
        typer.echo(line)


def report(folder: Folder) -> None:
    """Rebuild tables, charts and report from the CSV files alone.

    Example: bench report results/quick
    """
    from bench import runner

    runner.report(folder)
    typer.echo(runner.closing_summary(folder))


def verify(
    folder: Annotated[Path | None, typer.Argument(help="a results folder", metavar="DIR")] = None,
    store: Annotated[bool, typer.Option("--store", help="recheck every cell of the store")] = False,
) -> None:
    """Recheck every hash of a results folder and of its cells in the store, or of all cells.

    Exit code 1 if one does not hold.

    Example: bench verify results/reference/default
    """
    from bench import verify as check
    from bench.cache import open_store
    from bench.errors import InputError

    if folder is None and not store:
        raise InputError("nothing to verify: name a results folder, or give --store")
    if folder is not None:
        typer.echo(check.verify(folder, open_store()))
    if store:
        typer.echo(check.verify_store(open_store()))

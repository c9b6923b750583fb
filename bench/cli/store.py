"""`bench cache`, `bench merge`: sizes and pruning of the cache, stores computed apart."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Sizes of the cache, and pruning it.")


@app.command("show")
def show() -> None:
    """Show what the cache holds and how large it is.

    Example: bench cache show
    """
    from bench import cache

    typer.echo(cache.describe())


@app.command("prune")
def prune(
    days: Annotated[int, typer.Option(min=0, help="keep cells younger than this")] = 30,
    keep: Annotated[
        list[Path] | None, typer.Option(help="results folders whose cells are kept")
    ] = None,
) -> None:
    """Remove finished cells older than --days that no kept results folder names.

    Example: bench cache prune --days 7 --keep results/default
    """
    from bench import cache

    typer.echo(cache.prune(days, keep or sorted(Path("results").glob("*"))))


def merge(
    stores: Annotated[list[Path], typer.Argument(help="stores to take cells from")],
) -> None:
    """Take the finished cells of stores that were computed apart into this machine's store.

    Example: bench merge /shared/run-a/store /shared/run-b/store
    """
    from bench import cache

    typer.echo(cache.merge(stores))

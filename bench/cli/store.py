"""`bench cache`, `bench merge`, `bench export`: the cache, and stores computed apart."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.merge import Merged

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
    days: Annotated[int, typer.Option(min=0, help="keep cells used in so many days")] = 30,
    keep: Annotated[
        list[Path] | None, typer.Option(help="more results folders whose cells are kept")
    ] = None,
) -> None:
    """Remove finished cells that were not used for --days and that no results folder names.

    Every results folder that this machine's runs wrote is asked, wherever it is, and those below
    ./results. A run in progress loses nothing.

    Example: bench cache prune --days 7 --keep /archive/results
    """
    from bench import cache
    from bench.errors import InputError

    if gone := [folder for folder in keep or () if not folder.is_dir()]:
        raise InputError(f"--keep {gone[0]}: there is no such folder, and nobody knows which cells "
                         "its results name: mount it, or leave it out")  # fmt: skip
    typer.echo(cache.prune(days, [*(keep or ()), Path("results")]))


def merge(
    stores: Annotated[list[Path], typer.Argument(help="folders that hold cells/")],
) -> None:
    """Take the finished cells of stores that were computed apart into this machine's store.

    Each is verified first; what is here already is never overwritten. Exit code 1 if a cell was
    refused; the others are taken all the same.

    Example: bench merge /shared/run-a/store results/reference
    """
    from bench.cache import open_store
    from bench.merge import merge as take

    _tell(take(stores, open_store()))


def export(
    to: Annotated[Path, typer.Option("--to", help="the store to write", metavar="DIR")],
    profile: Annotated[
        str, typer.Option("--profile", help="whose cells", metavar="NAME|FILE")
    ] = "default",
    kind: Annotated[
        list[str] | None, typer.Option(help="kinds of cells \\[default: training, floor and rates]")
    ] = None,
) -> None:
    """Write a profile's finished cells of some kinds to a store that `bench merge` reads.

    Training, floor and rates cells hold numbers only; corpus and vocabulary cells hold text. Exit
    code 1 if a cell was refused, as it does not verify; the others are written all the same.

    Example: bench export --profile reference --to results/reference
    """
    from bench import runner
    from bench.cache import open_store
    from bench.cell import KINDS, in_order
    from bench.errors import InputError
    from bench.merge import export as give

    wanted = kind or ["training", "floor", "rates"]
    if unknown := sorted(set(wanted) - set(KINDS)):
        raise InputError(f"no cells of kind {unknown[0]!r}: choose {', '.join(KINDS)}")
    made = runner.make_plan(profile)
    _tell(give(in_order(made.cells), wanted, open_store(), to))


def _tell(found: "Merged") -> None:
    """Raises CheckFailed where a cell was refused."""
    from bench.errors import CheckFailed

    typer.echo(found.text())
    if found.refused:
        raise CheckFailed(f"{len(found.refused):,} cells do not verify: compute them again")

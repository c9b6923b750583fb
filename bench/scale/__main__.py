"""What `docs/scale.md` says in figures, measured here: `python -m bench.scale overhead`."""

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Measures of docs/scale.md.")


@app.command()
def overhead(cells: int = 1000, workers: int = 2) -> None:
    """Milliseconds that the local executor adds to a cell, over cells that do nothing."""
    from bench.scale.measure import overhead as measure

    typer.echo(measure(cells, workers))


@app.command()
def store(cells: int = 100_000) -> None:
    """Seconds to list a store of so many cells and to resume a run that has them all."""
    from bench.scale.measure import large_store as measure

    for line in measure(cells):
        typer.echo(line)


@app.command()
def workers(rounds: int = 3, cells: int = 8, seconds: float = 2.0) -> None:
    """How much faster two processes are than one, in turn, on cells that compute."""
    from bench.scale.measure import two_workers as measure

    typer.echo(measure(rounds, cells, seconds))


@app.command()
def tokenization(rounds: int = 3, cells: int = 16, units: int = 200_000) -> None:
    """The same on tokenization cells, each of a text of so many units made here."""
    from bench.scale.tokenization import two_workers as measure

    typer.echo(measure(rounds, cells, units))


@app.command()
def stream(units: int = 1_000_000, vocabulary: str = "bytes") -> None:
    """Peak memory of streaming so many units, and units a second."""
    from bench.scale.stream import streamed as measure

    typer.echo(measure(units, vocabulary))


if __name__ == "__main__":
    app()

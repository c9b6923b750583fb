"""`bench track`: training curves in an experiment tracker."""

from pathlib import Path
from typing import Annotated

import typer


def track(
    results: Annotated[Path, typer.Argument(help="a results folder")],
    to: Annotated[str, typer.Option(help="tensorboard, mlflow, wandb, trackio, …")] = "tensorboard",
    folder: Annotated[
        Path, typer.Option("--dir", help="where a tracker that writes files puts them")
    ] = Path("tracking"),
) -> None:
    """Tell the training curves of a results folder to an experiment tracker.

    Each run becomes one run there; curves stand over steps, with units, tokens and FLOPs seen.

    Example: bench track results/default --to tensorboard && tensorboard --logdir tracking
    """
    from bench import tracking

    count = tracking.track(results, to, folder)
    typer.echo(f"{count} runs told to {to}")

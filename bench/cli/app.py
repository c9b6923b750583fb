"""The commands and their names, in the order `bench --help` lists them."""

from typing import Annotated

import typer

from bench.cli import (
    claims,
    compare,
    corpora,
    glyphs,
    inspect,
    run,
    store,
    stream,
    tokenize,
    track,
    train,
    vocabularies,
)

app = typer.Typer(
    name="bench",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What does a unit of meaning cost in Chinese, Russian and English?",
)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"babeltoll {version('babeltoll')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Hold the commands; what is asked for before one of them is answered here."""


app.command()(run.run)
app.command()(run.plan)
app.add_typer(corpora.app, name="corpora")
app.add_typer(vocabularies.app, name="vocabularies")
app.command()(tokenize.tokenize)
app.command()(stream.stream)
app.command()(inspect.inspect)
app.add_typer(glyphs.app, name="glyphs")
app.command()(train.train)
app.command()(run.report)
app.command()(claims.claims)
app.command()(track.track)
app.command()(run.verify)
app.command()(compare.compare)
app.command()(store.merge)
app.command()(store.export)
app.add_typer(store.app, name="cache")

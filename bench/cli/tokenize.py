"""`bench tokenize`: the metrics of vocabularies on a corpus or on the user's own files."""

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from corpora.parallel import ParallelCorpus


class Mode(StrEnum):
    """In which pieces the text is encoded."""

    unit = "unit"
    joined = "joined"


def tokenize(
    out: Annotated[Path, typer.Option(help="folder for tokenization.csv", metavar="DIR")],
    vocabulary: Annotated[
        list[str], typer.Option(help="published name, file or hub name; repeatable")
    ],
    corpus: Annotated[str | None, typer.Option(help="a corpus of `bench corpora list`")] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(help="a text file, one unit a line; repeatable", metavar="LANG=FILE"),
    ] = None,
    documents: Annotated[
        Path | None, typer.Option(help="the document of each line, one a line", metavar="FILE")
    ] = None,
    mode: Annotated[Mode, typer.Option(help="units alone, or all joined by spaces")] = Mode.unit,
    split: Annotated[str, typer.Option(help="all, train, validation or test")] = "all",
    reference: Annotated[
        str | None, typer.Option(help="language that ratios are relative to \\[default: en]")
    ] = None,
    words: Annotated[
        bool, typer.Option("--words", help="also metrics of words (extra `words`)")
    ] = False,
    filter_: Annotated[
        bool, typer.Option("--filter", help="drop units that fail a quality gate")
    ] = False,
) -> None:
    """Measure vocabularies on a corpus or on your own aligned files.

    Example: bench tokenize --text en=en.txt --text zh=zh.txt --vocabulary gpt2 --out results/mine
    """
    _travel_light()
    from bench.errors import InputError
    from bench.metrics.measurement import Options, measure
    from bench.results import data_package, refuse_unwritable, write_json, write_table

    if corpus and (text or filter_):
        raise InputError("give --corpus NAME, or --text with --filter, not both")
    refuse_unwritable(out)
    found = _packaged(corpus, documents) if corpus else _own(text or [], documents, filter_)
    options = Options(split, mode.value, reference, words)
    rows = measure(found, vocabulary, options, lambda line: typer.echo(line, err=True))
    written = write_table(out, "tokenization", rows)
    write_json(out / "datapackage.json", data_package(out.resolve().name, [written.name]))
    typer.echo(_summary(rows))
    typer.echo(f"{len(rows):,} values in {written}")


class _NoPandas:
    """An import hook that knows of no pandas."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _travel_light() -> None:
    """Spare a process of this command alone what nothing in it needs.

    pyarrow imports pandas at its first conversion, wherever it is installed: 0.4 s of CPU. The
    threads of the BLAS under numpy wait busily for each other: ten times the work where others run.
    """
    entry = Path(sys.argv[0])
    if entry.stem == "bench" or entry.parts[-2:] == ("bench", "__main__.py"):
        sys.meta_path.insert(0, _NoPandas)
        for library in ("OPENBLAS", "MKL", "OMP", "VECLIB"):
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def _packaged(name: str, documents: Path | None) -> "ParallelCorpus":
    import corpora
    from bench.errors import InputError

    if documents:
        raise InputError("--documents goes with --text: a packaged corpus knows its documents")
    return corpora.load(name)


def _own(texts: Sequence[str], documents: Path | None, drop: bool) -> "ParallelCorpus":
    import corpora

    found = corpora.read_user_files(_files(texts), documents)
    return _gated(found, drop)


def _files(texts: Sequence[str]) -> dict[str, Path]:
    from bench.errors import InputError

    if not texts:
        raise InputError("nothing to measure: give --corpus NAME, or --text LANG=FILE twice")
    files: dict[str, Path] = {}
    for one in texts:
        language, equals, path = one.partition("=")
        if not (language and equals and path):
            raise InputError(f"--text {one}: write LANG=FILE, for example --text en=english.txt")
        if language in files:
            raise InputError(f"--text names {language} twice ({files[language]} and {path})")
        files[language] = Path(path)
    return files


def _gated(corpus: "ParallelCorpus", drop: bool) -> "ParallelCorpus":
    """What the quality gates say of a user's text; with `drop`, without what fails them."""
    from dataclasses import replace

    from corpora import gates

    if drop:
        rules = (*gates.UNITS, *gates.QUALITY)
        table, counts = gates.passing(corpus.table, corpus.languages, rules)
        kept = replace(corpus, table=table, drops=counts)
        corpus = replace(kept, name=kept.content_hash[:8])
    else:
        counts = gates.report(corpus.table, corpus.languages)
    failing = ", ".join(f"{reason} {count}" for reason, count in counts.items() if count)
    if failing:
        done = "dropped" if drop else "would be dropped by --filter"
        typer.echo(f"quality gates: {failing} ({done})", err=True)
    return corpus


def _summary(rows: Sequence[dict[str, Any]]) -> str:
    """Tokens per unit and premiums, one line a vocabulary and language."""
    from bench.statistics import JACKKNIFE_FROM

    premiums = {
        (row["vocabulary_family"], row["language"]): row
        for row in rows
        if row["metric"] == "token_premium"
    }
    width = max([24, *(len(row["vocabulary_family"]) + 2 for row in rows)])
    lines = [
        f"{'vocabulary':<{width}}{'language':<10}{'tokens/unit':>12}{'premium':>9}  95% interval"
    ]
    for row in rows:
        if row["metric"] == "tokens_per_unit" and row["variant"] is None:
            premium = premiums[row["vocabulary_family"], row["language"]]
            lines.append(_line(row, premium, width))
    few = min((one["k_eff"] for one in premiums.values() if one["k_eff"]), default=None)
    if few is not None and few < JACKKNIFE_FROM:
        lines.append(f"no interval: K_eff {few:.1f}, below {JACKKNIFE_FROM:g} effective documents")
    return "\n".join(lines)


def _line(row: dict[str, Any], premium: dict[str, Any], width: int) -> str:
    ends = (premium["ci_low"], premium["ci_high"])
    interval = "" if ends[0] is None else f"[{ends[0]:.3f}, {ends[1]:.3f}]"
    note = "" if premium["comparable"] else "  not comparable: unknown tokens or text lost"
    per_unit, ratio = (_number(one["value"]) for one in (row, premium))
    family, language = row["vocabulary_family"], row["language"]
    return f"{family:<{width}}{language:<10}{per_unit:>12}{ratio:>9}  {interval}{note}".rstrip()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"

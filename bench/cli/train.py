"""`bench train`: one training run outside a profile."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.training import RunSpec
    from corpora.parallel import ParallelCorpus


class Precision(StrEnum):
    """What matrix products are computed in while training; evaluation is always fp32."""

    fp32 = "fp32"
    bf16 = "bf16"


class Start(StrEnum):
    """How what writes to the residual stream begins: as the released TokenFormer, or from zero."""

    released = "released"
    zero = "zero"


class Device(StrEnum):
    """Where the model is."""

    cpu = "cpu"
    cuda = "cuda"


def train(
    out: Annotated[Path, typer.Option(help="results; also the checkpoint", metavar="DIR")],
    language: Annotated[
        list[str], typer.Option(help="what the model reads; repeat for one model on several")
    ],
    corpus: Annotated[str | None, typer.Option(help="a corpus of `bench corpora list`")] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(help="your own aligned lines instead; repeatable", metavar="LANG=FILE"),
    ] = None,
    documents: Annotated[
        Path | None, typer.Option(help="the document of each line, one a line", metavar="FILE")
    ] = None,
    vocabulary: Annotated[
        str, typer.Option(help="KIND-SIZE-SCOPE to train one, a folder of trained ones, or a name")
    ] = "bpe-4096-per-language",
    model: Annotated[str, typer.Option(help="model shape, or a .toml file")] = "tokenformer-2m",
    epochs: Annotated[float, typer.Option(help="passes over the train split")] = 1.0,
    slice_: Annotated[
        float,
        typer.Option("--slice", min=0.0, max=1.0, help="share of the train split, by documents"),
    ] = 1.0,
    lr: Annotated[float, typer.Option(help="peak learning rate")] = 1.5e-3,
    batch_units: Annotated[int, typer.Option(help="units of meaning in a step")] = 32,
    context_units: Annotated[int, typer.Option(help="units of a document in a sequence")] = 16,
    dropout: Annotated[float, typer.Option(help="on embeddings and residual branches")] = 0.1,
    residual_init: Annotated[
        Start, typer.Option(help="how blocks begin; zero is better in small models")
    ] = Start.released,
    seed: Annotated[int, typer.Option(min=0, help="of weights, order and dropout")] = 0,
    precision: Annotated[Precision, typer.Option(help="of training")] = Precision.fp32,
    threads: Annotated[int, typer.Option(min=1, max=1024, help="threads of the run")] = 1,
    reference: Annotated[str, typer.Option(help="language that ratios are relative to")] = "en",
    device: Annotated[Device, typer.Option(help="of the run")] = Device.cpu,
    compiled: Annotated[bool, typer.Option("--compile", help="compile each block")] = False,
    checkpointing: Annotated[
        bool, typer.Option("--checkpointing", help="compute activations again to save memory")
    ] = False,
    fsdp: Annotated[
        bool, typer.Option("--fsdp", help="on several devices: each holds a part of the model")
    ] = False,
) -> None:
    """Train one model on one corpus, beside the floors it must beat. Run again to go on.

    Every language of the corpus decides which units fit, so that runs in different languages see
    the same content; name the one to read with --language. On several devices, a process each:
    torchrun --nproc-per-node 8 -m bench train … --device cuda

    Example: bench train --corpus libreoffice-help --language zh --out results/one
    """
    from bench.cost_section import shape_name
    from bench.results import refuse_unwritable
    from bench.training import Budget, Optimiser, RunSpec, Stage, Stopped, model_fields, prepare
    from bench.training.data import chosen
    from bench.training.distributed import team
    from bench.training.single import family_for, train_once

    fields = model_fields(model, dropout, residual_init.value)
    stage = Stage(fields, Budget("content", epochs), Optimiser(lr=lr))
    spec = RunSpec(
        shape_name(model),
        tuple(language),
        (stage,),
        seed=seed,
        arm="single",
        context_units=context_units,
        batch_units=batch_units,
        precision=precision.value,
        threads=threads,
    )
    source = _source(corpus, text or [], documents)
    _refuse_unknown(spec, source, reference)
    refuse_unwritable(out)
    chosen(source, slice_)  # too small for its splits is known before a vocabulary is trained
    family = family_for(vocabulary, source, source.languages)
    data = prepare(source, family, reference=reference, train_share=slice_)
    try:
        team_of = team(device.value, compiled=compiled, checkpointing=checkpointing, sharded=fsdp)
        with team_of as of, _asked_to_stop() as stop:
            train_once(spec, data, out, _say, stop, of=of)
    except Stopped as stopped:
        _say(f"{stopped}; run the same command again to go on")
        raise typer.Exit(130) from None
    if of.leads:
        typer.echo(f"{out / 'training.csv'}")


def _source(corpus: str | None, text: list[str], documents: Path | None) -> "ParallelCorpus":
    import corpora
    from bench.errors import InputError

    if bool(text) == bool(corpus):
        raise InputError("say what to train on: --corpus NAME, or --text LANG=FILE per language")
    if corpus:
        return corpora.load(corpus)
    pairs = [option.partition("=") for option in text]
    if broken := [a + b + c for a, b, c in pairs if not (a and b and c)]:
        raise InputError(f"--text {broken[0]}: write it as LANG=FILE, as en=english.txt")
    files = {language: Path(file) for language, _, file in pairs}
    return corpora.read_user_files(files, documents, split=True)


def _refuse_unknown(spec: "RunSpec", source: "ParallelCorpus", reference: str) -> None:
    """Before a vocabulary is trained: every language must be one of the corpus."""
    from bench.errors import InputError

    named = [("reference", reference), *(("language", one) for one in spec.languages)]
    for option, language in named:
        if language not in source.languages:
            raise InputError(f"--{option} {language}: {source.name} has "
                             f"{', '.join(source.languages)}: name one of these")  # fmt: skip


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C and SIGTERM into a question that the loop asks after each step."""
    asked = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: asked.set()) for number in numbers]
    try:
        yield asked.is_set
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

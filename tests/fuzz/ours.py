"""The formats that the suite itself defines or writes, but glyphs: seeds, makers and parsers."""

import io
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import generated
import seeds
from generated import JSON, ODD, TEXT, Strategy, dumped, lines_of, replaced, table, toml
from hypothesis import strategies as st
from parser import OURS, Parser, file, folder, one

from bench.errors import CheckFailed

PRICES = b"""currency = "EUR"
[per_million_tokens]
gpt2 = 0.5
"bpe-300-per-language" = 2
"""
PRICE_ROWS = b'vocabulary,per_million_tokens,currency\ngpt2,0.5,EUR\n"bpe, 300",2,EUR\n'
CLAIMS = b"""[[claim]]
id = "short"
words = "Chinese is short"
family = "tokens"
largest = true
vocabularies = ["bpe-*"]
cases = [
  { parts = [{ statistic = "token_premium", language = "zh", at_most = 0.7 }] },
  { name = "cost", parts = [{ statistic = "attention_flops_ratio", language = "ru", within = [1, 2] }] },
]
primary = [{ corpus = "tales", vocabulary = "o200k_base" }]
literature = [{ figure = "0.97", source = "a paper" }]
[[claim]]
id = "equal"
words = "Russian is equal"
family = "tokens"
note = "a note"
[[claim.cases]]
parts = [{ statistic = "token_premium", language = "ru", equal_within = 1.05,
  over = { statistic = "byte_premium", language = "ru" } }]
"""
IDENTITY = "the run"


# what a user writes beside a profile


def prices(suffix: str) -> Callable[[bytes], object]:
    """A price table in TOML or CSV."""

    def parse(data: bytes) -> object:
        from bench.costs.prices import read_prices

        return read_prices(file(f"prices{suffix}", data))

    return parse


def claims(data: bytes) -> object:
    """A file of claims."""
    from bench.claims.definition import load

    return load(file("claims.toml", data))


# what runs leave, and others may have changed


def evidence(data: bytes) -> object:
    """Claims tested on a table."""
    from bench.claims.definition import load
    from bench.claims.reading import tested

    return tested(file("claims/evidence.csv", data).parent, load(file("claims.toml", CLAIMS)))


def compared(data: bytes) -> object:
    """A results folder held against another."""
    from bench.compare import compare_folders

    whole = file("ours/tokenization.csv", seeds.tables()["tokenization"])
    return compare_folders(whole.parent, file("theirs/tokenization.csv", data).parent)


def reported(data: bytes) -> object:
    """What a report reads of a folder and its manifest."""
    from bench.report.data import load

    file("report/tokenization.csv", seeds.tables()["tokenization"])
    found = load(file("report/manifest.json", data).parent)
    return found.profile, found.wanted("training", "corpus"), found.edited


def verified(data: bytes) -> object:
    """A manifest and the cells that it names."""
    from bench.cache import _named
    from bench.store import Store
    from bench.verify import verify

    path = file("results/manifest.json", data)
    file("results/costs.csv", b"a")
    set(_named(path))
    return verify(path.parent, Store(folder() / "store"))


def merged(data: bytes) -> object:
    """A cell of another store, that this store has or has not."""
    from bench.merge import merge
    from bench.store import Store

    key = "ab" * 32
    file(f"here/cells/ab/{key}/record.json", seeds.record())
    file(f"there/cells/ab/{key}/record.json", data)
    file(f"there/cells/cd/{'cd' * 32}/record.json", data)
    return merge([folder() / "there"], Store(folder() / "here")).text()


@cache
def checkpoints() -> tuple[bytes, ...]:
    """A training run that was stopped."""
    import tempfile

    import torch

    from bench.training import checkpoint
    from bench.training.loop import Counters, Snapshot

    def snapshot(step: int) -> Snapshot:
        tensors = {"model.a": torch.ones(3, 2), "adam.b": torch.zeros(4, dtype=torch.bfloat16)}
        return Snapshot(Counters(step, 96, 1000, 5, 6, 0), tensors)

    points = [{"step": 3, "bits_per_unit": 1.5, "annealed": True}]
    with tempfile.TemporaryDirectory() as place:
        made = checkpoint.Progress(0, 1, snapshot(3), snapshot(2), points, [{"units": 3}],
                                   {"bits": torch.ones(2)}, {"seconds": 0.5})  # fmt: skip
        checkpoint.save(Path(place), made, IDENTITY)
        return (Path(place, checkpoint.FILE).read_bytes(),)


def checkpoint(data: bytes) -> object:
    """Its progress, as a run that goes on reads it."""
    from bench.training import checkpoint

    found = checkpoint.load(file("run/checkpoint.safetensors", data).parent, IDENTITY)
    return found and (found.stage + found.leg, [dict(one) for one in found.points])


@cache
def training_runs() -> tuple[bytes, bytes]:
    """result.json and units.npz of a finished run."""
    import tempfile

    import numpy as np

    from bench.training.result import RESULT, UNITS, RunResult

    arrays = {"documents": np.arange(3), "bits.0.en": np.ones(3)}
    with tempfile.TemporaryDirectory() as place:
        RunResult({"corpus": "tales"}, "ok", ({"step": 1},), ({"units": 3},), arrays).save(
            Path(place)
        )
        return Path(place, RESULT).read_bytes(), Path(place, UNITS).read_bytes()


def training_run(name: str) -> Callable[[bytes], object]:
    """One of its two files damaged."""

    def parse(data: bytes) -> object:
        from bench.training.result import RESULT, UNITS, RunResult

        for other, whole in zip((RESULT, UNITS), training_runs(), strict=True):
            file(f"trained/{other}", data if other == name else whole)
        found = RunResult.load(folder() / "trained")
        return found.arrays["documents"].tolist() if "documents" in found.arrays else None

    return parse


@cache
def models() -> tuple[bytes, bytes]:
    """config.json and model.safetensors of a small model."""
    import tempfile

    from tokenformer import TokenFormer, TokenFormerConfig
    from tokenformer.checkpoint import CONFIG, TENSORS, save

    with tempfile.TemporaryDirectory() as place:
        save(TokenFormer(TokenFormerConfig(8, 4, 1, 2)), Path(place))
        return Path(place, CONFIG).read_bytes(), Path(place, TENSORS).read_bytes()


def model(name: str) -> Callable[[bytes], object]:
    """A model from a folder with one of its two files damaged."""

    def parse(data: bytes) -> object:
        from tokenformer.checkpoint import CONFIG, TENSORS, load

        for other, whole in zip((CONFIG, TENSORS), models(), strict=True):
            file(f"model/{other}", data if other == name else whole)
        return sum(one.numel() for one in load(folder() / "model").parameters())

    return parse


@cache
def positions() -> tuple[bytes, ...]:
    """Where a stream stands."""
    import tempfile
    from dataclasses import replace

    from bench.streaming import position
    from bench.streaming.sums import Sums
    from bench.tokenization import text_statistics, tokenize
    from bench.vocabularies import family_published

    some = {language: lines[:4] for language, lines in seeds.texts().items()}
    tokens = {"bytes": tokenize(some, family_published("bytes"))}
    sums = Sums.nothing(list(some), 2).with_batch(
        ["a", "a", "b", ""], text_statistics(some), tokens, 1
    )
    with tempfile.TemporaryDirectory() as place:
        whole = replace(sums, finished=True)
        position.save(Path(place), whole, {"shard": 0}, {**seeds.TEXT, "shard": [1, 1]})
        return (Path(place, position.FILE).read_bytes(),)


def stream_position(data: bytes) -> object:
    """The sums of a part, added to those of another."""
    from bench.streaming import position
    from bench.streaming.run import added

    whole = file("whole/stream.npz", positions()[0]).parent
    part = file("part/stream.npz", data).parent
    sums, _, _ = position.load(part)
    return sums.units, added([part])[0].plus(position.load(whole)[0]).units


@cache
def corpora() -> tuple[bytes, ...]:
    """A built corpus, as the cache keeps it."""
    import tempfile

    import pyarrow as pa

    from corpora.parallel import ParallelCorpus

    rows = {"unit_id": ["1", "2"], "document_id": ["a", "b"], "split": ["train", "test"],
            "en": ["one", "two"], "ru": ["один", "два"]}  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        ParallelCorpus("tales", "natural", ("en", "ru"), pa.table(rows)).save(Path(place, "a"))
        return (Path(place, "a").read_bytes(),)


def corpus(data: bytes) -> object:
    """All that a measurement reads of it."""
    from corpora.parallel import ParallelCorpus

    path = file(f"corpus.{os.getpid()}.arrow", data)
    found = ParallelCorpus.open(path)
    texts = [found.texts(language) for language in found.languages]
    return texts, found.documents(), found.sizes(), found.content_hash


# generated


def _safetensors(data: Callable[[], bytes]) -> Callable[[str], Strategy]:
    """Files whose header is drawn."""

    def maker(_: str) -> Strategy:
        whole = data()
        end = 8 + int.from_bytes(whole[:8], "little")
        header = json.loads(whole[8:end])
        about = header.get("__metadata__", {}).get("progress")

        def packed(head: bytes) -> bytes:
            return len(head).to_bytes(8, "little") + head + whole[end:]

        def inner(drawn: bytes) -> bytes:
            return dumped({**header, "__metadata__": {"progress": drawn.decode()}})

        heads = replaced(header) | JSON.map(dumped)
        if about:
            heads = heads | replaced(json.loads(about)).map(inner)
        return heads.map(packed)

    return maker


def _npz(seed: Callable[[], bytes]) -> Callable[[str], Strategy]:
    """An archive of arrays, one of whose members is another, or whose description is drawn."""
    import zipfile

    array = st.sampled_from(
        [("<i8", "()"), ("<f8", "(3,)"), ("|O", "(1,)"), ("<U4", "(2,)"), ("<i8", "(9999999999,)"),
         ("|b1", "(1, 3)"), ("<i8", "(-1,)"), ("<i8", "(0,)")]
    )  # fmt: skip

    def maker(_: str) -> Strategy:
        with zipfile.ZipFile(io.BytesIO(seed())) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        about = json.loads(members.get("about.json", b"{}"))

        def made(drawn: Any) -> bytes:
            name, (kind, shape), body, description = drawn
            head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}\n".encode()
            array = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + body
            out, changed = io.BytesIO(), {**members, name: array}
            if description is not None:
                changed = {**members, "about.json": description}
            with zipfile.ZipFile(out, "w") as archive:
                for member, content in changed.items():
                    archive.writestr(member, content)
            return out.getvalue()

        description = st.none() | replaced(about) | JSON.map(dumped)
        body = st.sampled_from([bytes(8), bytes(24), b"", b"\xff" * 24])
        return st.tuples(st.sampled_from(list(members)), array, body, description).map(made)

    return maker


_json = generated.json_maker
MAKERS: dict[str, Callable[[str], Strategy]] = {
    "prices-toml": lambda _: toml(PRICES),
    "prices-csv": lambda _: table(PRICE_ROWS),
    "claims": lambda _: toml(CLAIMS),
    "claims-evidence": lambda _: table(seeds.tables()["evidence"]),
    "compare": lambda _: table(seeds.tables()["tokenization"]),
    "report-manifest": _json(seeds.MANIFEST),
    "verify": _json(seeds.MANIFEST),
    "merge": _json(seeds.record()),
    "checkpoint": _safetensors(lambda: checkpoints()[0]),
    "training-result": lambda _: _json(training_runs()[0])(_),
    "training-units": _npz(lambda: training_runs()[1]),
    "model-file-config": lambda _: _json(models()[0])(_),
    "model-file-tensors": _safetensors(lambda: models()[1]),
    "stream-position": _npz(lambda: positions()[0]),
    "corpus-file": lambda _: lines_of(TEXT, ODD).map(lambda data: b"ARROW1\0\0" + data + b"ARROW1"),
}  # fmt: skip

PARSERS = (
    Parser("prices-toml", one(PRICES), prices(".toml")),
    Parser("prices-csv", one(PRICE_ROWS), prices(".csv")),
    Parser("claims", one(CLAIMS), claims),
    Parser("claims-evidence", lambda: (seeds.tables()["evidence"],), evidence),
    Parser("compare", lambda: (seeds.tables()["tokenization"],), compared),
    Parser("report-manifest", one(seeds.MANIFEST), reported),
    Parser("verify", one(seeds.MANIFEST), verified, (*OURS, CheckFailed)),
    Parser("merge", lambda: (seeds.record(),), merged),
    Parser("checkpoint", checkpoints, checkpoint),
    Parser("training-result", lambda: training_runs()[:1], training_run("result.json")),
    Parser("training-units", lambda: training_runs()[1:], training_run("units.npz")),
    Parser("model-file-config", lambda: models()[:1], model("config.json"), (ValueError,)),
    Parser("model-file-tensors", lambda: models()[1:], model("model.safetensors"), (ValueError,)),
    Parser("stream-position", positions, stream_position),
    Parser("corpus-file", corpora, corpus),
)

"""Encoding and all metrics of 5 MB in three languages, after loading, beside encoding alone."""

from collections.abc import Callable, Iterable, Sequence, Sized
from pathlib import Path

import numpy as np

from bench.metrics import Setting, metric_rows
from bench.perf import tokens
from bench.perf.subject import Action, Gate, Subject
from bench.tokenization import text_statistics, tokenize
from bench.vocabularies import Family, Vocabulary, published
from bench.vocabularies.sources import from_file

JSON = ("deepseek", "llama3", "qwen2")
RANKS, MODEL = "cl100k_base", "mt5"


def subject(folder: Path) -> Subject:
    """Three `tokenizer.json` beside tokenizers, ranks beside tiktoken, a model beside its own."""
    every = tokens.texts()
    lines = [text for texts in every.values() for text in texts]
    size = sum(len(line.encode()) for line in lines)
    files = tokens.vocabularies(folder, JSON)
    ours = [from_file(path) for path in files.values()]
    contestants = {
        "bench, byte BPE, all metrics": _all_metrics(every, ours),
        "tokenizers, encoding": _tokenizers(files.values(), lines),
        f"bench, {RANKS}, all metrics": _all_metrics(every, [published(RANKS)]),
        "tiktoken, encoding": _tiktoken(lines),
        f"bench, {MODEL}, all metrics": _all_metrics(every, [published(MODEL)]),
        "sentencepiece, encoding": _sentencepiece(lines),
    }
    names = list(contestants)
    gates = [Gate("bench/tokenizers, byte BPE", names[0], names[1], 0.3, 0.1),
             Gate(f"bench/tiktoken, {RANKS}", names[2], names[3]),
             Gate(f"bench/sentencepiece, {MODEL}", names[4], names[5])]  # fmt: skip
    work = {name: size * (len(JSON) if place < 2 else 1) / 1e6 for place, name in enumerate(names)}
    return Subject(contestants, gates, clock="cpu", rounds=5, seconds=150, work=work,
                   unit="MB/s")  # fmt: skip


def _all_metrics(every: dict[str, list[str]], vocabularies: Sequence[Vocabulary]) -> Action:
    documents = np.arange(len(every["en"])) // 20
    setting = Setting("text", "0" * 64, "all")

    def run() -> None:
        families = [Family.shared(one, list(every)) for one in vocabularies]
        found = {family.name: tokenize(every, family) for family in families}
        metric_rows(setting, found, text_statistics(every), documents)

    return run


def _tokenizers(files: Iterable[Path], lines: list[str]) -> Action:
    from tokenizers import Tokenizer

    loaded = [Tokenizer.from_file(str(path)) for path in files]
    return lambda: [_total(one.encode_batch_fast(lines, add_special_tokens=False))
                    for one in loaded]  # fmt: skip


def _total(encoded: Iterable[Sized]) -> int:
    return sum(map(len, encoded))


def _tiktoken(lines: list[str]) -> Action:
    import tiktoken

    one = published(RANKS)
    ranks = {token: rank for rank, token in enumerate(one.token_bytes()) if token}
    pattern = one.pattern  # type: ignore[attr-defined]
    whole = tiktoken.Encoding(RANKS, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    return lambda: _total(whole.encode_ordinary_batch(lines))


def _sentencepiece(lines: list[str]) -> Action:
    import sentencepiece

    raw = published(MODEL).raw  # type: ignore[attr-defined]
    encode: Callable[[list[str]], list[list[int]]] = sentencepiece.SentencePieceProcessor(
        model_proto=raw
    ).encode
    return lambda: _total(encode(lines))

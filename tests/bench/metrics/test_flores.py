"""Published figures on FLORES-200, through rows and intervals; needs the text and a cache."""

import os
from pathlib import Path

import numpy as np
import pytest

from bench.metrics import Setting, metric_rows
from bench.tokenization import text_statistics, tokenize
from bench.vocabularies import Family, card, published
from bench.vocabularies.catalogue import cached, fetch
from corpora.artifacts import read_member

# English tokens, premiums of Russian and Chinese (Petrov et al. 2023 and its data).
PUBLISHED = {
    "gpt2": (52_567, 5.740, 3.212),
    "bytes": (259_396, 1.984, 0.926),
    "characters": (259_170, 1.089, 0.337),
}
MT5 = (65_729, 1.268, 0.916)


@pytest.fixture(scope="module")
def folder() -> Path:
    found = os.environ.get("BABELTOLL_FLORES")
    if not found:
        pytest.skip("set BABELTOLL_FLORES to a folder with FLORES-200 en.txt, ru.txt and zh.txt")
    return Path(found)


@pytest.fixture(scope="module")
def flores(folder) -> dict[str, list[str]]:
    return {
        language: (folder / f"{language}.txt").read_text(encoding="utf-8").split("\n")[:-1]
        for language in ("en", "ru", "zh")
    }


@pytest.fixture(scope="module")
def flores_documents(folder) -> np.ndarray:
    names = (folder / "documents.txt").read_text(encoding="utf-8").split("\n")[:-1]
    order = list(dict.fromkeys(names))
    return np.array([order.index(name) for name in names])


def opened(name):
    if not cached(name):
        pytest.skip(f"{name} is not in the cache; run `bench vocabularies fetch {name}`")
    return published(name)


def petrov(texts):
    """Joined as their code does: an empty item after each file, 997 lines in the first."""
    return {lang: [*lines[:997], "", *lines[997:], ""] for lang, lines in texts.items()}


def measured(vocabulary, texts, documents, mode="unit"):
    """(metric, language) -> row."""
    found = {vocabulary.name: tokenize(texts, Family.shared(vocabulary, list(texts)), mode)}
    setting = Setting("flores", "f" * 64, "all", mode=mode)
    rows = metric_rows(setting, found, text_statistics(texts, mode), documents)
    return {(row["metric"], row["language"]): row for row in rows if not row["variant"]}


def joined(vocabulary, texts, documents):
    rows = measured(vocabulary, petrov(texts), documents, "joined")
    premiums = [round(rows["token_premium", language]["value"], 3) for language in ("ru", "zh")]
    return rows["tokens", "en"]["value"], *premiums


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_totals_and_premiums_to_the_token(name, flores, flores_documents):
    assert joined(opened(name), flores, flores_documents) == PUBLISHED[name]


def test_mt5_as_it_was_converted_and_as_it_is(flores, flores_documents):
    """The published total is that of the converted tokenizer, which keeps the two added spaces.

    Hugging Face's conversion collapses runs of spaces and leaves the last one a token of its own;
    SentencePiece itself strips it. Of the model as published, English takes 65,727.
    """
    model, texts = opened("mt5"), petrov(flores)
    tokenizer = converted(read_member(fetch("mt5"), card("mt5").member))
    english, russian, chinese = (len(tokenizer.encode(" ".join(texts[one])).ids) for one in texts)
    assert (english, round(russian / english, 3), round(chinese / english, 3)) == MT5
    assert joined(model, flores, flores_documents) == (65_727, *MT5[1:])


def converted(raw: bytes):
    """A SentencePiece Unigram as Hugging Face converts it to a `tokenizers.Tokenizer`."""
    import sentencepiece
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    engine = sentencepiece.SentencePieceProcessor(model_proto=raw)
    scores = [(engine.id_to_piece(i), engine.get_score(i)) for i in range(engine.piece_size())]
    tokenizer = Tokenizer(models.Unigram(scores, unk_id=engine.unk_id(), byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(charsmap(raw)),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="always")
    return tokenizer


def charsmap(raw: bytes) -> bytes:
    """The compiled normalisation rules in the model: after the rules' name, varint and bytes."""
    name = b"\x0a\x08nmt_nfkc\x12"
    at, size, shift = raw.index(name) + len(name), 0, 0
    while True:
        size |= (raw[at] & 127) << shift
        at, shift, more = at + 1, shift + 7, raw[at] & 128
        if not more:
            return raw[at : at + size]


def test_the_interval_of_cl100k_over_documents(flores, flores_documents):
    """Chinese premium 1.879, 95% CI [1.860, 1.899], over 562 documents."""
    row = measured(opened("cl100k_base"), flores, flores_documents)["token_premium", "zh"]
    assert round(row["value"], 3) == 1.879
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((1.860, 1.899), abs=1e-3)
    assert row["n_documents"] == 562
    russian = measured(opened("cl100k_base"), flores, flores_documents)["token_premium_mean", "ru"]
    assert round(russian["value"], 3) == 2.503  # biased up from 2.479


def test_a_vocabulary_that_loses_text_is_gated(flores, flores_documents):
    """T5's Chinese looks like 0.29 of English: it is mostly unknown tokens."""
    rows = measured(opened("t5-v1.1"), flores, flores_documents)
    assert rows["token_premium", "zh"]["value"] < 0.3
    assert rows["token_premium", "zh"]["comparable"] is False
    assert rows["unknown_rate", "zh"]["value"] > 0.1

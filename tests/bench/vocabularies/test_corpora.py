"""Every engine against its reference library on every text of the packaged corpora.

Minutes of work, so it runs when asked for: BABELTOLL_AGREEMENT=1 (the corpora are fetched if the
cache lacks them). `docs/vocabularies.md` quotes its last run.
"""

import os

import numpy as np
import pytest

import corpora
from bench.vocabularies import card
from bench.vocabularies.catalogue import fetch
from corpora.artifacts import read_member

pytestmark = pytest.mark.skipif(
    not os.environ.get("BABELTOLL_AGREEMENT"),
    reason="set BABELTOLL_AGREEMENT=1 to compare all engines on all packaged corpora (minutes)",
)
CHOSEN = [
    "gpt2",
    "cl100k_base",
    "o200k_base",
    "llama3",
    "qwen",
    "qwen3.6",
    "tekken",
    "mistral-v3",
    "mt5",
    "deepseek-v4",
    "claude2",
]


@pytest.mark.parametrize("corpus", corpora.names())
@pytest.mark.parametrize("name", CHOSEN)
def test_ids_equal_the_reference(name, corpus, vocabulary):
    if reason := corpora.availability(corpus):
        pytest.skip(reason)
    loaded, one = corpora.load(corpus), vocabulary(name)
    reference = REFERENCES[card(name).format](one)
    for language in loaded.languages:
        texts = loaded.texts(language)
        expected = [token for ids in reference(texts) for token in ids]
        assert np.array_equal(one.encode(texts).ids, expected)


def tiktoken_ranks(one):
    import tiktoken

    ranks = {token: rank for rank, token in enumerate(one.token_bytes()) if token}
    whole = tiktoken.Encoding("r", pat_str=one.pattern, mergeable_ranks=ranks, special_tokens={})
    return lambda texts: whole.encode_ordinary_batch([one.normalise(text) for text in texts])


def sentencepiece_model(one):
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_proto=one.raw).encode


def tokenizers_file(one):
    import tokenizers

    found = card(one.name)
    whole = tokenizers.Tokenizer.from_buffer(read_member(fetch(one.name), found.member))
    whole.encode_special_tokens = True
    return lambda texts: (
        encoded.ids for encoded in whole.encode_batch_fast(texts, add_special_tokens=False)
    )


REFERENCES = {
    "ranks": tiktoken_ranks,
    "tekken": tiktoken_ranks,
    "sentencepiece": sentencepiece_model,
    "tokenizer-json": tokenizers_file,
}

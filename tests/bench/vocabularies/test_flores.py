"""Published totals on FLORES-200 (dev + devtest), mode `joined` as Petrov et al. joined."""

import pytest

from bench.tokenization import tokenize
from bench.vocabularies import Family, card, published
from bench.vocabularies.catalogue import fetch
from corpora.artifacts import read_member

# Tokens of English, premiums of Russian and Chinese (arXiv 2305.15425 and its data).
PUBLISHED = {
    "gpt2": (52_567, 5.740, 3.212),
    "mt5-transformers": (65_729, 1.268, 0.916),
    "bytes": (259_396, 1.984, 0.926),
    "characters": (259_170, 1.089, 0.337),
}


def petrov(lines: list[str]) -> list[str]:
    """Their code adds an empty item after each file; dev has 997 lines."""
    return [*lines[:997], "", *lines[997:], ""]


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_totals_to_the_token(name, flores, vocabulary):
    one = published(name) if name in ("bytes", "characters") else vocabulary(name)
    joined = {language: petrov(lines) for language, lines in flores.items()}
    english, russian, chinese = tokenize(joined, Family.shared(one, list(joined)), "joined").tokens[
        0
    ]
    assert (english, round(russian / english, 3), round(chinese / english, 3)) == PUBLISHED[name]


def test_known_unit_premiums(flores, vocabulary):
    """Figures of the literature's traps: Qwen 1.014 and cl100k 1.879 for Chinese by unit."""
    for name, expected in {"qwen": 1.014, "cl100k_base": 1.879}.items():
        tokens = tokenize(flores, Family.shared(vocabulary(name), list(flores))).tokens.sum(axis=0)
        assert round(tokens[2] / tokens[0], 3) == expected


@pytest.mark.parametrize("name", ["mt5", "mistral-v3", "deepseek-v4", "o200k_base", "qwen"])
def test_ids_equal_the_reference_library(name, flores, vocabulary):
    one = vocabulary(name)
    for lines in flores.values():
        encoding = one.encode(lines)
        assert encoding.ids.tolist() == [i for ids in reference(one, lines) for i in ids]
        assert one.round_trips(lines, encoding).all()


def reference(one, lines):
    if name_is_model(one):
        import sentencepiece

        return sentencepiece.SentencePieceProcessor(model_proto=one.raw).encode(lines)
    if one.name == "deepseek-v4":
        import tokenizers

        raw = read_member(fetch(one.name), card(one.name).member)
        whole = tokenizers.Tokenizer.from_buffer(raw)
        return [e.ids for e in whole.encode_batch(lines, add_special_tokens=False)]
    import tiktoken

    ranks = {token: rank for rank, token in enumerate(one.token_bytes()) if token}
    whole = tiktoken.Encoding("r", pat_str=one.pattern, mergeable_ranks=ranks, special_tokens={})
    return whole.encode_ordinary_batch([one.normalise(line) for line in lines])


def name_is_model(one) -> bool:
    return one.name in ("mt5", "mistral-v3")

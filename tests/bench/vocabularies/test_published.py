"""Published vocabularies: counts of their cards, ids of the reference libraries."""

import base64
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from bench.errors import InputError
from bench.vocabularies import card, published, published_names
from bench.vocabularies.catalogue import fetch, read_published
from bench.vocabularies.patterns import PATTERNS
from corpora.artifacts import read_member

# Article 1 of the Universal Declaration of Human Rights, the text of the cards' probes.
ARTICLE_1 = {
    "en": "All human beings are born free and equal in dignity and rights. They are endowed with "
    "reason and conscience and should act towards one another in a spirit of brotherhood.",
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены "
    "разумом и совестью и должны поступать в отношении друг друга в духе братства.",
    "zh": "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。",
}
LOSSY = {"t5-v1.1": ("ru", "zh"), "bert-chinese": ("en", "ru", "zh")}
RANKS = [name for name in published_names() if card(name).format == "ranks"]


@pytest.mark.parametrize("name", published_names())
def test_probe_counts_and_card(name, vocabulary):
    one, about = vocabulary(name), card(name)
    encoding = one.encode(list(ARTICLE_1.values()))
    assert dict(zip(ARTICLE_1, encoding.counts.tolist(), strict=True)) == dict(about.probe)
    assert (one.name, one.kind, one.size, one.digest) == (
        name,
        about.kind,
        about.size,
        about.sha256,
    )
    back = one.round_trips(list(ARTICLE_1.values()), encoding)
    lossless = [language not in LOSSY.get(name, ()) for language in ARTICLE_1]
    assert back.tolist() == lossless


@pytest.mark.parametrize("name", RANKS)
def test_ranks_equal_tiktoken(name, vocabulary, hostile, units):
    tiktoken = pytest.importorskip("tiktoken")
    one = vocabulary(name)
    ranks = {token: rank for rank, token in enumerate(one.token_bytes()) if token}
    pattern = PATTERNS[card(name).pattern]
    reference = tiktoken.Encoding("r", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    texts = [*hostile.values(), *units["en"], *units["ru"], *units["zh"]]
    encoding = one.encode(texts)
    for number, text in enumerate(texts):
        assert encoding[number].tolist() == reference.encode_ordinary(one.normalise(text))


def test_rank_file_is_read_as_tiktoken_reads_it(vocabulary):
    raw = read_member(fetch("gpt2"), card("gpt2").member)
    expected = {
        int(rank): base64.b64decode(token)
        for token, rank in (line.split() for line in raw.splitlines())
    }
    assert dict(enumerate(vocabulary("gpt2").token_bytes())) == expected


@pytest.mark.parametrize(
    "name", [name for name in published_names() if card(name).format == "sentencepiece"]
)
def test_models_equal_sentencepiece(name, vocabulary, hostile, units):
    import sentencepiece

    one = vocabulary(name)
    reference = sentencepiece.SentencePieceProcessor(model_proto=one.raw)
    texts = [*hostile.values(), *units["en"], *units["ru"], *units["zh"]]
    encoding = one.encode(texts)
    assert [encoding[n].tolist() for n in range(len(texts))] == reference.encode(texts)
    assert one.size == reference.get_piece_size() and one.unk_id == reference.unk_id()
    table = one.token_bytes()
    for piece in range(0, one.size, 97):
        if reference.is_byte(piece):
            assert table[piece] == bytes([int(reference.id_to_piece(piece)[3:5], 16)])
        elif reference.is_control(piece) or reference.is_unknown(piece):
            assert table[piece] is None
        else:
            assert table[piece] == reference.id_to_piece(piece).replace("▁", " ").encode()


@pytest.mark.parametrize("name", ["deepseek-v4", "claude2"])
def test_tokenizer_json_equals_tokenizers_with_special_tokens_unmatched(
    name, vocabulary, hostile, units
):
    import tokenizers

    one = vocabulary(name)
    reference = tokenizers.Tokenizer.from_buffer(read_member(fetch(name), card(name).member))
    reference.encode_special_tokens = True
    texts = [*hostile.values(), *units["en"], *units["ru"], *units["zh"]]
    encoding = one.encode(texts)
    for number, text in enumerate(texts):
        expected = reference.encode(text, add_special_tokens=False).ids
        assert encoding[number].tolist() == expected


def test_rwkv_equals_a_plain_longest_match(vocabulary, units, hostile):
    one = vocabulary("rwkv-world")
    by_token = {token: number for number, token in enumerate(one.token_bytes()) if token}
    longest = max(map(len, by_token))

    def reference(raw: bytes) -> list[int]:
        ids, start = [], 0
        while start < len(raw):
            width = next(w for w in range(longest, 0, -1) if raw[start : start + w] in by_token)
            ids.append(by_token[raw[start : start + width]])
            start += width
        return ids

    texts = [*hostile.values(), *units["ru"], *units["zh"]]
    encoding = one.encode(texts)
    assert [encoding[n].tolist() for n in range(len(texts))] == [
        reference(text.encode()) for text in texts
    ]


def test_special_tokens_are_text(vocabulary):
    """The reference's figure: 21 tokens where the library's default gives 11."""
    text = "a <|endoftext|> b <｜begin▁of▁sentence｜>"
    assert len(vocabulary("deepseek-v4").encode([text]).ids) == 21


@pytest.mark.parametrize("name", published_names())
def test_hostile_text_round_trips_or_says_so(name, vocabulary, hostile):
    one, texts = vocabulary(name), list(hostile.values())
    encoding = one.encode(texts)
    claimed = one.round_trips(texts, encoding)
    really = [one.decode(encoding[n].tolist()) == one.normalise(t) for n, t in enumerate(texts)]
    assert claimed.tolist() == really
    if one.kind in ("byte-bpe", "trie"):
        assert claimed.all()


@pytest.mark.parametrize("name", [*published_names(), "bytes", "characters"])
def test_unpaired_surrogates_are_refused_with_their_place(name, vocabulary):
    one = published(name) if name in ("bytes", "characters") else vocabulary(name)
    with pytest.raises(InputError, match=r"text 2, character 3: unpaired surrogate U\+D800"):
        one.encode(["fine", "ab\ud800"])


def test_cards_are_complete():
    folder = files("bench.vocabularies").joinpath("cards")
    for name in published_names():
        content = tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
        assert set(content["probe"]) == {"en", "ru", "zh"}
        assert all(len(content[key]) == 64 for key in ("sha256", "package_sha256"))
        assert content["maker"] and content["licence"] and content["normaliser"]


def test_alias_and_unknown_name():
    assert card("r50k_base").name == "gpt2"
    with pytest.raises(InputError, match="did you mean gpt2"):
        card("gpt-2")


def test_another_file_under_the_pinned_name_is_refused(tmp_path):
    import zipfile

    wheel = tmp_path / "mlx_whisper-0.4.3-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(card("gpt2").member, b"IQ== 0\n")
    with pytest.raises(InputError, match=r"the card of gpt2 says 306cd27f"):
        read_published("gpt2", wheel)


def test_controls_count_bytes_and_code_points(units, hostile):
    texts = [*units["zh"], *hostile.values()]
    assert published("bytes").encode(texts).counts.tolist() == [len(t.encode()) for t in texts]
    assert published("characters").encode(texts).counts.tolist() == [len(t) for t in texts]
    table = published("characters").byte_table()
    for point in (0x41, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF):
        assert table[point] == chr(point).encode()
    assert table[0xD800] is None


@pytest.mark.parametrize("name", ["gpt2", "qwen", "mistral-v3", "mt5", "rwkv-world", "deepseek-v4"])
def test_token_bytes_sum_to_the_source(name, vocabulary, units):
    one = vocabulary(name)
    for text in [*units["ru"], *units["zh"]]:
        spelled = one.byte_table().gather(one.encode([text]).ids).tobytes().decode()
        assert spelled.removeprefix(" ") == one.normalise(text)
        assert np.all(one.byte_table().lengths[one.encode([text]).ids] > 0)

"""Files of every kind, known by their content; damaged ones refused in one line."""

import json
import time

import pytest

from bench.errors import InputError
from bench.vocabularies import card, families, from_file, resolve
from bench.vocabularies.bytelevel import byte_alphabet
from bench.vocabularies.catalogue import fetch
from corpora.artifacts import read_member

# Every format, out of small packages; the file keeps nothing of its name.
KINDS = ["gpt2", "whisper", "tekken", "mistral-v3", "deepseek-v4", "bert-chinese", "rwkv-world"]

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
              "use_regex": True}  # fmt: skip


def neox():
    """A tokenizer.json with markup among its pieces, and runs of spaces added after them."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    added = [("<s>", 0, True), ("    ", 257, False), ("  ", 258, False)]
    characters = byte_alphabet().values()
    return json.dumps({
        "version": "1.0", "pre_tokenizer": BYTE_LEVEL, "decoder": BYTE_LEVEL,
        "added_tokens": [{"content": content, "id": number, "special": special, **flags}
                         for content, number, special in added],
        "model": {"type": "BPE", "merges": [],
                  "vocab": {one: number for number, one in enumerate(["<s>", *characters])}},
    })  # fmt: skip


@pytest.fixture
def copied(tmp_path, vocabulary):
    """A published vocabulary's file on its own, cut to `size` bytes."""

    def copy(name, file, size=None):
        vocabulary(name)
        raw = read_member(fetch(name), card(name).member)
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(raw[:size])
        return path

    return copy


@pytest.mark.parametrize("name", KINDS)
def test_the_content_says_what_it_is(name, copied, vocabulary, units):
    one = from_file(copied(name, "mine.dat"))
    assert (one.name, one.kind, one.digest) == ("mine", card(name).kind, card(name).sha256)
    for texts in units.values():
        expected = vocabulary(name).encode(texts)
        assert one.encode(texts).ids.tolist() == expected.ids.tolist()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("size", [0, 100, 60_001])
def test_a_cut_file_is_refused_in_one_line_or_whole(name, size, copied):
    path = copied(name, "mine.dat", size)
    with pytest.raises(InputError) as refused:
        from_file(path).encode(["text"])
        raise InputError(f"{path} a shorter list of pieces is whole")  # vocab.txt has no end mark
    assert "\n" not in str(refused.value) and "mine" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"model": {"type": "WordLevel", "vocab": {"a": 0}}}', "not a tokenizer.json of BPE"),
        (b'{"do_lower_case": true}', "this JSON is no tokenizer.json"),
        (b"just some text\n", "no kind of vocabulary known here"),
        (b"\x0a\x05hello", "not a SentencePiece model, or cut short"),
        (b"IQ== 0\nIg== 1\n", "ranks say nothing of the pattern"),
        (
            b'{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}',
            "not a tokenizer.json of",
        ),
    ],
)
def test_files_of_the_wrong_kind(content, reason, tmp_path):
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        from_file(path).encode(["text"])


def test_a_pattern_is_named_with_the_file(tmp_path):
    import base64

    path = tmp_path / "own.tiktoken"
    lines = [f"{base64.b64encode(bytes([byte])).decode()} {byte}" for byte in range(256)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert resolve(f"{path}@gpt2").encode(["да"]).ids.tolist() == list("да".encode())
    path.write_text("\n".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(InputError, match="not every single byte is a token"):
        resolve(f"{path}@gpt2")


def test_a_path_may_have_an_at_and_a_pattern_is_for_rank_files_alone(tmp_path):
    path = tmp_path / "@scope" / "mine.json"
    path.parent.mkdir()
    path.write_text(neox(), encoding="utf-8")
    assert resolve(str(path)).name == "mine"
    with pytest.raises(InputError, match="only a rank file needs a pattern"):
        resolve(f"{path}@gpt2")


def test_files_with_the_line_ends_of_windows_are_the_same_vocabularies(tmp_path):
    import base64

    ranks = "".join(f"{base64.b64encode(bytes([byte])).decode()} {byte}\n" for byte in range(256))
    pieces = "[UNK]\nthe\n##y\n"
    for name, text in (("a.tiktoken@gpt2", ranks), ("vocab.txt", pieces)):
        path = tmp_path / name.partition("@")[0]
        ids = []
        for ended in (text, text.replace("\n", "\r\n")):
            path.write_bytes(ended.encode())
            ids.append(resolve(str(tmp_path / name)).encode(["they"]).ids.tolist())
        assert ids[0] == ids[1]


def test_two_of_one_name_are_refused(copied, vocabulary):
    vocabulary("gpt2")
    path = copied("whisper", "gpt2.tiktoken")
    with pytest.raises(InputError, match="two vocabularies are called gpt2"):
        families(["gpt2", str(path)], ["en"])


def test_generic_file_names_take_the_folder_name(copied):
    assert from_file(copied("deepseek-v4", "deepseek/tokenizer.json")).name == "deepseek"


def test_missing_file_and_offline_hub_fail_at_once(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    began = time.monotonic()
    with pytest.raises(InputError, match="cannot be reached"):
        resolve("some-owner/some-model@main")
    with pytest.raises(InputError, match="there is no file"):
        resolve("nowhere/tokenizer.json")
    with pytest.raises(InputError, match="no published vocabulary is called"):
        resolve("gpt-9")
    assert time.monotonic() - began < 5


def test_markup_in_the_vocabulary_beside_kept_tokens_keeps_its_ids(tmp_path):
    """As GPT-NeoX's file has it; once every kept token moved up by the number of special ones."""
    import tokenizers

    path = tmp_path / "neox.json"
    path.write_text(neox(), encoding="utf-8")
    library = tokenizers.Tokenizer.from_str(neox())
    library.encode_special_tokens = True
    one = from_file(path)
    for text in ("    x", "  x", "x", "<s>x"):
        encoding = one.encode([text])
        assert encoding.ids.tolist() == library.encode(text).ids
        assert one.round_trips([text], encoding).tolist() == [True]


def test_bpe_that_drops_what_it_does_not_know_merges_across_the_gap(tmp_path):
    import tokenizers

    model = tokenizers.models.BPE({"在": 0, "的": 1, "在的": 2}, [("在", "的")])
    path = tmp_path / "dropping.json"
    path.write_text(tokenizers.Tokenizer(model).to_str(), encoding="utf-8")
    assert from_file(path).encode(["在已知的"]).ids.tolist() == [2]


def test_added_tokens_are_not_matched_but_runs_of_spaces_are(tmp_path):
    import tokenizers

    base = tokenizers.Tokenizer(tokenizers.models.BPE({"a": 0, "<": 1, "x": 2, ">": 3}, []))
    base.add_tokens(["<x>", "  "])
    base.add_special_tokens(["ax"])
    path = tmp_path / "added.json"
    path.write_text(base.to_str(), encoding="utf-8")
    one = from_file(path)
    assert one.encode(["<x>ax  a"]).ids.tolist() == [1, 2, 3, 0, 2, 5, 0]
    assert one.size == 7 and json.loads(base.to_str())["added_tokens"]

"""The faster ways to encode give what the slow ones give: thinned models, ranks, fastokens."""

import contextlib
import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.vocabularies import from_file, parse, train
from bench.vocabularies.jsonengines import library_engine
from bench.vocabularies.jsonfile import JsonFile
from bench.vocabularies.modelfile import ModelFile
from bench.vocabularies.occurring import Loader, in_one, occurring
from bench.vocabularies.protocol import ByteTable
from bench.vocabularies.rankengine import ranked
from bench.vocabularies.sentencepieces import _Engine


@given(st.text(max_size=60), st.lists(st.binary(min_size=1, max_size=20), max_size=30))
@settings(deadline=None, max_examples=200)
def test_no_token_that_occurs_is_left_out(text, others):
    raw = text.encode()
    runs = [raw[i:j] for i in range(len(raw)) for j in range(i + 1, min(len(raw), i + 20) + 1)]
    table = ByteTable.of([*runs, *others])
    assert occurring(table, in_one([text]))[: len(runs)].all()


def test_runs_across_texts_do_not_occur():
    table = ByteTable.of([b"abcdefgh", b"efghijkl", b"dXe", None])
    assert occurring(table, in_one(["abcdefgh", "ijkl"])).tolist() == [True, False, False, False]


def test_loader_builds_again_only_for_what_is_missing():
    built = []
    table = ByteTable.of([b"aa", b"bb", b"cc"])
    loader = Loader(table, np.zeros(3, bool), lambda ids: built.append(ids) or len(built))
    assert [loader.engine(in_one([text])) for text in ("aabb", "aa", "cc", "bb", "aa", "cc")] == [
        *(1, 1, 2, 3, 4, 4)
    ]
    assert [None if ids is None else ids.tolist() for ids in built] == [[0, 1], [2], [1], None]


def test_a_few_ids_are_loaded_sooner_than_a_text_is_searched():
    built = []
    table = ByteTable.of([b"aa", b"bb", b"cc"])
    loader = Loader(table, np.zeros(3, bool), lambda ids: built.append(ids) or len(built))
    assert loader.engine(in_one(["aa" * 50])) == 1 and built == [None]


@pytest.mark.parametrize("name", ["mt5", "mistral-v3", "t5-v1.1", "chatglm3"])
def test_thinned_model_is_the_whole_one_for_its_text(name, vocabulary, units, hostile):
    one = vocabulary(name)
    texts = [*units["en"], *units["zh"], *hostile.values()]
    source = in_one(one._written(texts))
    needed = np.flatnonzero(occurring(one.model.written, source) | one.model.essential)
    assert len(needed) < 0.5 * one.size
    thin = _Engine.load("thin", one.model, needed).processor.encode_as_numpy(texts)
    whole = _Engine.load("whole", one.model, None).processor.encode_as_numpy(texts)
    for got, expected in zip(thin, whole, strict=True):
        assert needed[got].tolist() == expected.tolist()


def test_model_file_is_read_as_the_library_reads_it(vocabulary):
    import sentencepiece

    one = vocabulary("mt5")
    model = ModelFile.read(one.raw, "mt5")
    reference = sentencepiece.SentencePieceProcessor(model_proto=one.raw)
    assert len(model) == reference.get_piece_size()
    for piece in range(0, len(model), 61):
        assert model.written[piece] == reference.id_to_piece(piece).encode()
        assert model.scores[piece] == np.float32(reference.get_score(piece))
    everything = model.thinned(np.arange(len(model)))
    assert everything == one.raw


@pytest.fixture(scope="module")
def json_files(units, tmp_path_factory):
    """A trained BPE and Unigram in `tokenizer.json`."""
    out = tmp_path_factory.mktemp("json")
    for name in ("bpe-400-joint-content", "unigram-400-joint-content-none-tokenizers"):
        train(parse(name), units, out / name)
    return {name: from_file(out / name / "joint.json", name) for name in map(str, names(out))}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def every_engine(one, texts):
    """Ids of the texts by the library in whole, thinned, and each faster engine."""
    engines, source = one._engines, one._engines._spelled(texts)
    yield library_engine(one.name, one.file, None).encode(texts).ids.tolist()
    yield engines._library(source).encode(texts).ids.tolist()
    for kind in engines._candidates():
        with contextlib.suppress(ValueError):  # fastokens does not know every normaliser
            yield engines._loader(kind).engine(source).encode(texts).ids.tolist()


def test_all_engines_agree_on_trained_files(json_files, units, hostile):
    for one in json_files.values():
        texts = [*units["en"], *units["ru"], *units["zh"], *hostile.values()]
        answers = list(every_engine(one, texts))
        assert all(answer == answers[0] for answer in answers)
        assert len(answers) >= (3 if one.kind == "byte-bpe" else 2)


def test_all_engines_agree_on_a_published_file(vocabulary, units, hostile):
    one = vocabulary("claude2")
    texts = [*units["en"], *units["ru"], *units["zh"], *hostile.values()]
    answers = list(every_engine(one, texts))
    assert all(answer == answers[0] for answer in answers) and len(answers) >= 3


def edited(one, **changes):
    content = json.loads(one.file.document(None))
    content["model"] |= changes
    return JsonFile.read(json.dumps(content).encode(), "edited")


def test_ranks_are_refused_where_they_could_not_answer(json_files):
    one = json_files["bpe-400-joint-content"]
    assert ranked(one.file) is not None
    content = json.loads(one.file.document(None))["model"]
    again = [content["merges"][-1], *content["merges"]]
    assert ranked(edited(one, merges=again)) is None  # two merges make one token
    assert ranked(edited(one, dropout=0.1)) is None
    vocab = {**content["vocab"], "qqqqq": len(content["vocab"])}
    assert ranked(edited(one, vocab=vocab)) is not None  # no merge reaches it, and no text
    assert ranked(edited(one, vocab=vocab, ignore_merges=True)) is None


BYTE_LEVEL = {
    "type": "ByteLevel",
    "add_prefix_space": False,
    "trim_offsets": True,
    "use_regex": True,
}


def test_a_file_whose_merges_contradict_their_order_goes_to_the_library(tmp_path):
    """`bc` comes first and leaves `a bc`, which no merge joins; ranks would join it to `abc`."""
    from bench.vocabularies.bytelevel import byte_alphabet

    vocab = {character: byte for byte, character in byte_alphabet().items()}
    vocab |= {"bc": 256, "ab": 257, "abc": 258}
    content = {
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": BYTE_LEVEL,
        "decoder": BYTE_LEVEL,
        "model": {"type": "BPE", "vocab": vocab, "merges": ["b c", "a b", "ab c"]},
    }
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    one = from_file(path)
    assert ranked(one.file) is not None
    assert one.encode(["abc abcd", "abc"]).ids.tolist()[:2] == [97, 256]
    assert "ranks" in one._engines._refused


def test_long_text_gives_the_same_ids(units, monkeypatch):
    """Where the text is long beside the vocabulary, the whole vocabulary is loaded."""
    from bench.vocabularies import occurring, published

    texts = [*units["en"], *units["ru"], *units["zh"]]
    monkeypatch.setattr(occurring, "WORTH", 2**40)
    expected = {
        name: published(name).encode(texts).ids.tolist() for name in ("claude2", "mt5", "gpt2")
    }
    monkeypatch.setattr(occurring, "WORTH", 0)
    for name, ids in expected.items():
        assert published(name).encode(texts).ids.tolist() == ids


def test_offsets_cut_ids_by_text(vocabulary, units):
    encoding = vocabulary("qwen").encode(units["ru"])
    alone = [vocabulary("qwen").encode([text]).ids.tolist() for text in units["ru"]]
    cut = [encoding.ids[a:b].tolist() for a, b in pairwise(encoding.offsets)]
    assert cut == alone == [encoding[n].tolist() for n in range(len(encoding))]


def test_deepseeks_three_cuts_as_one_expression(vocabulary):
    """6,000 texts of characters on which the cuts meet: numbers, kana, marks, signs, spaces."""
    import random

    one, rng = vocabulary("deepseek-v4"), random.Random(1)
    pool = (
        "aZé д中文ー・゛゙゠ 1234٣½ ,.!?-—“”$+^´ \t\n\r\u00a0\u3000\u200b\0\ufeff\u0301🙂한ا_<|>'\"\\"
    )
    texts = ["".join(rng.choices(pool, k=rng.randint(1, 25))) for _ in range(6_000)]
    library = library_engine(one.name, one.file, None)
    got, expected = ranked(one.file).engine(None).encode(texts), library.encode(texts)
    assert (got.ids == expected.ids).all() and (got.offsets == expected.offsets).all()

"""A tokenizer.json whose pattern backtracks: an error in one line, within a time limit."""

import json

import pytest

from bench.errors import InputError
from bench.vocabularies import guard
from bench.vocabularies.jsonengines import library_engine
from bench.vocabularies.jsonfile import JsonFile


def file_with(pattern):
    split = {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }
    vocab = {"a": 0, "x": 1, "!": 2, "[UNK]": 3}
    model = {"type": "WordPiece", "vocab": vocab, "unk_token": "[UNK]",
             "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}  # fmt: skip
    content = {"version": "1.0", "added_tokens": [], "normalizer": None, "pre_tokenizer": split,
               "decoder": None, "model": model}  # fmt: skip
    return JsonFile.read(json.dumps(content).encode(), "mine.json")


def test_a_match_that_the_library_gives_up_is_one_line(capfd):
    engine = library_engine("mine", file_with(r"(x+x+)+y"), None)
    with pytest.raises(InputError, match="mine: the library gave up") as error:
        engine.encode(["x" * 40 + "!"])
    assert "\n" not in str(error.value)
    capfd.readouterr()  # the library prints its panic


def test_many_slow_matches_run_into_the_limit(monkeypatch):
    monkeypatch.setattr(guard, "PATIENCE", 0.02)
    monkeypatch.setattr(guard, "PACE", 10**9)
    engine = library_engine("mine", file_with(r"(x+x+)+y"), None)
    with pytest.raises(InputError, match="backtracks without end"):
        engine.encode(["x" * 17 + "!"] * 200)


def test_results_and_errors_of_the_call_pass_through():
    assert guard.guarded(lambda: 3, 0, "mine") == 3
    with pytest.raises(ZeroDivisionError):
        guard.guarded(lambda: 1 / 0, 0, "mine")


def test_a_model_without_its_unknown_token_is_one_line():
    file = file_with("a")
    file.settings["model"]["unk_token"] = "[NONE]"
    with pytest.raises(InputError, match="mine: tokenizers cannot"):
        library_engine("mine", file, None).encode(["b"])


def test_an_id_that_would_fill_the_memory_is_refused():
    content = json.loads(file_with("a").document(None))
    content["model"]["vocab"]["b"] = 2**40
    with pytest.raises(InputError, match="mine"):
        JsonFile.read(json.dumps(content).encode(), "mine.json")

"""Profiles: what is refused, and how it is said."""

import pytest

from bench import profile, sources
from bench.errors import InputError

MINIMAL = """
name = "mine"
description = "mine"
corpora = ["udhr"]
"""


def load(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return profile.load(str(path))


@pytest.mark.parametrize("name", profile.names())
def test_packaged_profiles_are_valid_and_named_as_their_file(name):
    assert profile.load(name).name == name


def test_a_profile_of_ones_own(tmp_path):
    assert load(tmp_path, MINIMAL).corpora == ("udhr",)


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("colour = 1", "unknown key 'colour'"),
        ("[memory]\nbatch_units = 0", "memory.batch_units"),
        ("[memory]\nbatches = 3", "memory.batches"),
        ("[training]\ncorpus = 'udhr'\nmodels = []\nvocabularies = []\nlr = 7", "training.lr"),
        ("[training]\ncorpus = 'quran'\nmodels = []\nvocabularies = []", "not among corpora"),
        ("languages = ['en']", "languages"),
        ("languages = ['ru', 'zh']", "reference 'en'"),
        ("name = ", "not TOML"),
    ],
)
def test_an_impossible_profile_is_named_in_one_line(tmp_path, added, said):
    with pytest.raises(InputError, match=said) as error:
        load(tmp_path, MINIMAL + added)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "named",
    [
        "[own.mine]\ntexts = { en = '../en.txt' }",
        "[own.mine]\ntexts = { en = '/etc/passwd' }",
        "[own.mine]\ntexts = { en = 'link.txt' }",
        "[own.mine]\ntexts = { en = 'en.txt' }\ndocuments = 'a/../../d.txt'",
        "[costs]\nmodels = ['/etc/shape.toml']",
        "[memory]\nmodels = ['../shape.toml']",
    ],
)
def test_a_profile_names_nothing_outside_its_folder(tmp_path, named):
    (tmp_path / "link.txt").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="lies outside"):
        load(tmp_path, MINIMAL + named)


@pytest.mark.parametrize("key", ["costs", "memory"])
def test_two_models_of_one_name_are_refused(tmp_path, monkeypatch, key):
    """Once one of them was dropped, or the run ended in two rows of one key."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"a/shape\.toml and b/shape\.toml are two models of one"):
        load(tmp_path, MINIMAL + f"[{key}]\nmodels = ['a/shape.toml', 'b/shape.toml']")


def test_a_profile_names_what_lies_beside_it(tmp_path):
    named = f"[own.mine]\ntexts = {{ en = 'a/en.txt' }}\n[costs]\nmodels = ['{tmp_path}/s.toml']"
    assert load(tmp_path, MINIMAL + named).own["mine"].texts["en"] == tmp_path / "a/en.txt"


def test_models_beside_a_profile_are_found_from_anywhere(tmp_path, monkeypatch):
    """In every section that names models, whatever folder the command is given in."""
    training = "[training]\ncorpus = 'udhr'\nvocabularies = []\n"
    arm = "[[training.arms]]\nname = 'other'\n"
    named = "".join(
        f"{section}models = ['{model}', 'gpt2']\n"
        for section, model in (("[costs]\n", "s.toml"), ("[memory]\n", "m/t.toml"),
                               (training, "s.toml"), (arm, "m/t.toml"))
    )  # fmt: skip
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = load(tmp_path, MINIMAL + named)
    one, two = (str(tmp_path / "s.toml"), "gpt2"), (str(tmp_path / "m/t.toml"), "gpt2")
    assert (found.costs.models, found.memory.models) == (one, two)
    assert (found.training.models, found.training.arms[0].models) == (one, two)
    relative = profile.load("../mine.toml")
    assert relative.costs.models == ("../s.toml", "gpt2")
    monkeypatch.chdir(tmp_path)
    assert profile.load("mine.toml").costs.models == ("s.toml", "gpt2")


def test_unknown_names_and_missing_files(tmp_path):
    with pytest.raises(InputError, match="quick"):
        profile.load("fast")
    with pytest.raises(InputError, match="no file"):
        profile.load(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("line", "said"),
    [('corpora = ["udhr", "udrh"]', "udrh: no corpus of this name"),
     ('corpora = ["udhr"]\n[vocabularies]\npublished = ["gtp2"]', "did you mean gpt2")],
    ids=["corpus", "vocabulary"],
)  # fmt: skip
def test_a_name_that_exists_nowhere_is_a_mistake_not_skipped(tmp_path, line, said):
    (tmp_path / "p.toml").write_text(f'name = "p"\ndescription = "d"\n{line}\n')
    with pytest.raises(InputError, match=said):
        sources.resolve(profile.load(str(tmp_path / "p.toml")), lambda line: None)

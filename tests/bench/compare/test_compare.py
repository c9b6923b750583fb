"""Comparisons pair what is comparable and refuse, by name, what is not."""

import pytest

from bench.cli import invoke
from bench.cli.compare import compare as command
from bench.compare import compare_folders, compare_rows, differing
from bench.errors import CheckFailed, InputError
from bench.results import write_table
from bench.signature import signature


def row(value=1.5, language="ru", metric="token_premium", **parts):
    made = {
        "corp": "help@1a2b3c4d",
        "split": "test",
        "n": 100,
        "mode": "unit",
        "vocab": "gpt2@aaaa0000",
        "special": "no",
        "est": "ratio-of-totals",
        "ci": "jackknife-t",
        "keff": 17.0,
    } | parts
    name = str(made["vocab"]).split("@")[0]
    return {
        "corpus": made["corp"].split("@")[0],
        "split": made["split"],
        "vocabulary": name,
        "vocabulary_family": name,
        "language": language,
        "mode": made["mode"],
        "metric": metric,
        "variant": "default",
        "value": value,
        "n_units": made["n"],
        "comparable": True,
        "signature": signature(**made),
    }


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ({"corp": "help@ffffffff"}, ("corpus", "help@1a2b3c4d", "help@ffffffff")),
        ({"split": "all"}, ("split", "test", "all")),
        ({"mode": "joined"}, ("mode", "unit", "joined")),
        ({"vocab": "gpt2@bbbb0000"}, ("vocabulary", "gpt2@aaaa0000", "gpt2@bbbb0000")),
        ({"est": "mean"}, ("estimator", "ratio-of-totals", "mean")),
        ({"special": "yes"}, ("special", "no", "yes")),
        ({"alpha": 3.0}, ("alpha", "none", "3")),
    ],
    ids=lambda parts: next(iter(parts)) if isinstance(parts, dict) else None,
)
def test_each_key_is_refused_by_name(parts, named):
    found = compare_rows("tokenization", [row()], [row(**parts)])
    assert found.pairs == ()
    assert [refusal.parts for refusal in found.refusals] == [(named,)]


@pytest.mark.parametrize(
    "parts",
    [{"ci": "percentile-10000.s0"}, {"corp": "other@1a2b3c4d"}, {"keff": 18.0}, {"n": 99}],
    ids=str,
)
def test_what_does_not_change_the_value_is_not_refused(parts):
    """The same text under another name is the same text."""
    assert differing(row(), row(**parts)) == ()


def test_values_are_paired_by_what_they_are():
    ours = [row(1.5), row(1.2, "zh"), row(1.1, metric="byte_premium")]
    theirs = [row(1.25, "zh"), row(1.5), row(9.0, "de")]
    found = compare_rows("tokenization", ours, theirs)
    assert {(pair.first, pair.second, pair.equal) for pair in found.pairs} == {
        (1.5, 1.5, True),
        (1.2, 1.25, False),
    }
    assert [key[2] for _, key in found.only_first] == ["ru"]
    assert [key[2] for _, key in found.only_second] == ["de"]


def test_each_corpus_meets_its_own():
    """Two corpora in each run: matched by content, in whatever order they stand."""
    first = [row(1.0, corp="help@11111111"), row(2.0, corp="songs@22222222")]
    found = compare_rows("tokenization", first, list(reversed(first)))
    assert [(pair.first, pair.second) for pair in found.pairs] == [(1.0, 1.0), (2.0, 2.0)]
    assert found.refusals == ()


@pytest.fixture
def folders(tmp_path):
    def write(name, rows):
        write_table(tmp_path / name, "tokenization", rows)
        return tmp_path / name

    return write


def test_files_that_both_folders_hold_are_compared(folders):
    one, other = folders("a", [row(1.5)]), folders("b", [row(None)])
    (pair,) = compare_folders(one, other).pairs
    assert (pair.table, pair.first, pair.second) == ("tokenization", 1.5, None)


def test_the_command_shows_differences_largest_first(folders, capsys):
    one = folders("a", [row(1.0), row(1.0, "zh"), row(1.0, "en")])
    other = folders("b", [row(1.1), row(1.0, "zh"), row(0.5, "en")])
    command(one, other)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3 values in both, 1 equal"
    assert lines[1].endswith("gpt2 gpt2 en token_premium: 1 -> 0.5  x 0.5000")
    assert lines[2].endswith("1 -> 1.1  x 1.1000")


def test_the_command_fails_where_something_is_refused(folders, capsys):
    one, other = folders("a", [row()]), folders("b", [row(split="all", mode="joined")])
    with pytest.raises(CheckFailed, match="1 values are not comparable: mode, split"):
        command(one, other)
    assert "refused: 1 values of tokenization: split is test and all" in capsys.readouterr().out


def test_nothing_in_common_is_a_failure(folders):
    one, other = folders("a", [row()]), folders("b", [row(language="de")])
    with pytest.raises(CheckFailed, match="no value in common"):
        command(one, other)


def test_folders_without_results_are_refused(tmp_path, folders):
    with pytest.raises(InputError, match="nowhere is not a folder"):
        compare_folders(tmp_path / "nowhere", tmp_path)
    with pytest.raises(InputError, match="share no result file"):
        compare_folders(folders("a", [row()]), tmp_path)


def test_exit_codes(folders, capsys):
    one, same = folders("a", [row()]), folders("b", [row()])
    other = folders("c", [row(mode="joined")])
    assert invoke(["compare", str(one), str(same)]) == 0
    assert invoke(["compare", str(one), str(other)]) == 1
    assert invoke(["compare", str(one), "nowhere"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: 1 values are not comparable: mode",
        "error: nowhere is not a folder: name two folders of results",
    ]

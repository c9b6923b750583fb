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
    assert differing("tokenization", row(), row(**parts)) == ()


@pytest.mark.parametrize(
    ("table", "column", "ours", "theirs", "refused"),
    [
        ("tokenization", "reference", "en", "zh", True),
        ("costs", "reference", "en", "zh", True),
        ("convergence", "reference", "en", "zh", True),
        ("claims", "statistic", "token_premium ru/en", "token_premium ru/zh", True),
        ("tokenization", "reference", None, "en", False),
        ("tokenization", "reference", "en", "en", False),
        ("memory", "reference", "en", "zh", False),  # of its ratios; bytes_mean has none
    ],
)
def test_values_relative_to_something_else_are_refused(table, column, ours, theirs, refused):
    """One vocabulary for all languages signs a premium alike, whatever it is relative to."""
    parts = differing(table, row() | {column: ours}, row() | {column: theirs})
    assert parts == (((column, ours, theirs),) if refused else ())


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


CONTRAST = {"corpus": "c", "vocabulary_family": "v", "model": "small", "language": "zh",
            "axis": "units", "budget": "content"}  # fmt: skip


def contrast(measure, target, reference=None):
    made = signature(corp="c@1", arm="primary", lang="zh", est=f"{measure}.units.{target}")
    return CONTRAST | {"arm": "primary", "measure": measure, "target": target, "value": 2.0,
                       "reference": reference, "signature": made}  # fmt: skip


def learned(folder, best, price=1.0):
    """A results folder in which the best annealed run of zh and of en has `best` bits a unit."""
    training, curves = [], []
    for language, bits in best.items():
        shared = {"corpus": "c", "vocabulary_family": "v", "language": language}
        floor = {"run_id": f"floor.{language}", "arm": "floor", "model": "floor-order0",
                 "split": "validation", "bits_per_unit": 300, "signature": "corp:c@1"}  # fmt: skip
        run = {"run_id": language, "arm": "primary", "model": "small", "seed": 0, "split": "test",
               "status": "ok", "signature": "corp:c@1"}  # fmt: skip
        training += [shared | floor, shared | run]
        curves += [{"run_id": language, "step": n, "annealed": True, "units_seen": 10**n,
                    "tokens_seen": 10**n, "flops_useful": 1.0, "bits_per_unit": bits + 9 - n}
                   for n in (8, 9)]  # fmt: skip
    charge = {"arm": "table/c/v", "measure": "table_bits", "value": price, "signature": "corp:c@1"}
    rows = [contrast("cost_to_target", "r=0.8"), contrast("cost_to_target_ratio", "r=0.8", "en"),
            contrast("cost_to_target_ratio", "r=0.8+table"), contrast("mean_r", "none"),
            contrast("bits_ratio", "none", "en"), CONTRAST | charge]  # fmt: skip
    for name, found in (("training", training), ("curves", curves), ("convergence", rows)):
        write_table(folder, name, found)
    return folder


def refused(first, second):
    found = compare_folders(first, second).refusals
    return {(one.key[4], one.key[5]): one.parts for one in found if one.table == "convergence"}


def test_what_hangs_on_r_is_compared_where_the_best_runs_are_the_same(tmp_path):
    one = learned(tmp_path / "a", {"zh": 100.0, "en": 90.0})
    assert refused(one, learned(tmp_path / "b", {"zh": 100.0, "en": 90.0})) == {}
    zh = ("b*", "zh 100", "zh 101")
    assert refused(one, learned(tmp_path / "c", {"zh": 101.0, "en": 90.0})) == {
        ("cost_to_target", "r=0.8"): (zh,),
        ("cost_to_target_ratio", "r=0.8"): (("b*", "en 90+zh 100", "en 90+zh 101"),),
        ("cost_to_target_ratio", "r=0.8+table"): (("b*", "zh 101", "zh 102"),),
        ("mean_r", "none"): (zh,),
    }
    assert list(refused(one, learned(tmp_path / "d", {"zh": 100.0, "en": 91.0}))) == [
        ("cost_to_target_ratio", "r=0.8")
    ]
    assert list(refused(one, learned(tmp_path / "e", {"zh": 100.0, "en": 90.0}, price=2.0))) == [
        ("cost_to_target_ratio", "r=0.8+table")
    ]


def test_where_a_folder_does_not_show_its_best_run_r_is_refused(tmp_path):
    one = learned(tmp_path / "a", {"zh": 100.0, "en": 90.0})
    other = learned(tmp_path / "b", {"zh": 100.0, "en": 90.0})
    (other / "curves.csv").unlink()
    assert refused(one, other)["mean_r", "none"] == (("b*", "zh 100", "not known"),)
    (one / "curves.csv").unlink()
    assert len(refused(one, other)) == 4


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


def test_the_command_writes_80_columns(folders, capsys):
    long = "a-corpus-with-a-long-name@12345678"
    one, other = folders("a", [row(), row(language="a" * 60)]), folders(
        "b", [row(corp=long), row(2.5, language="a" * 60)]
    )  # fmt: skip
    with pytest.raises(CheckFailed):
        command(one, other)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80 and len(lines) == 6
    assert " ".join(line.strip() for line in lines[4:]) == (
        f"refused: 1 values of tokenization: corpus is help@1a2b3c4d and {long}"
    )


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

import pytest

from bench import manifest
from bench.claims.definition import load
from bench.cli import invoke
from bench.errors import CheckFailed, InputError
from bench.results import read_table, write_json, write_table

OWN = """
[[claim]]
id = "bytes"
words = "Chinese takes fewer bytes"
family = "own"
cases = [{ parts = [{ statistic = "byte_premium", language = "zh", below = 1 }] }]
"""


@pytest.fixture
def results(tmp_path, evidence, contrast):
    """A folder with two of the tables that claims read."""
    rows = [evidence(value=0.5), evidence("byte_premium", value=0.9, vocabulary_family="other")]
    write_table(tmp_path, "evidence", rows)
    write_table(tmp_path, "convergence", [contrast()])
    return tmp_path


def test_the_suite_has_the_nineteen_claims_of_its_list():
    claims = load()
    assert len(claims) == 19 and len({claim.id for claim in claims}) == 19
    assert all(claim.primary for claim in claims if not claim.untested)


def test_verdicts_fit_into_80_columns(results, capsys):
    assert invoke(["claims", str(results)]) == 0
    said = capsys.readouterr().out
    assert all(len(line) <= 80 for line in said.splitlines())
    assert all(f"{claim.id}: " in said for claim in load())
    assert "zh-fewer-tokens: SUPPORTED" in said
    assert "arm glyphs/*" in said  # what is missing is named


def test_a_claim_of_ones_own_needs_no_code(results, tmp_path, capsys):
    (tmp_path / "own.toml").write_text(OWN)
    arguments = ["claims", str(results), "--claims", str(tmp_path / "own.toml")]
    assert invoke([*arguments, "--to", str(tmp_path / "out")]) == 0
    assert "bytes: SUPPORTED" in capsys.readouterr().out
    (row,) = read_table(tmp_path / "out", "claims")
    assert row["claim"] == "bytes" and row["verdict"] == "supported"


def test_a_claim_shown_alone_is_corrected_within_its_whole_family(results, tmp_path, capsys):
    (tmp_path / "own.toml").write_text(OWN + OWN.replace('"bytes"', '"again"'))
    rows = read_table(results, "evidence")
    write_table(results, "evidence", [row | {"value": 0.975} for row in rows])
    arguments = ["claims", str(results), "--claims", str(tmp_path / "own.toml"), "--claim", "bytes"]
    assert invoke([*arguments, "--to", str(tmp_path / "one")]) == 0
    assert invoke([*arguments[:4], "--to", str(tmp_path / "all")]) == 0
    (alone,) = read_table(tmp_path / "one", "claims")
    among = read_table(tmp_path / "all", "claims")
    assert alone in among and len(among) == 2 and alone["p_support"] > 0.01
    assert "again" not in capsys.readouterr().out.split("bytes: ")[1].split("\n")[0]


def test_a_missing_table_leaves_its_claims_open_and_is_named(results, capsys):
    (results / "convergence.csv").unlink()
    assert invoke(["claims", str(results), "--claim", "zh-faster-convergence"]) == 0
    assert "no convergence.csv" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("claim = 1", "claim"),
        ("[[claim]]\nid = 'a'", "claim a.words: is missing"),
        (OWN + "path = '/etc/passwd'\n", "claim bytes.path: unknown key"),
        (OWN.replace("below = 1", "below = 1, above = 2"), "give one of"),
        (OWN.replace("below = 1", "below = -1"), "greater than 0"),
        (OWN.replace("below = 1", "within = [2, 1]"), "must rise"),
        (OWN + OWN, "two claims are called 'bytes'"),
        ("= nonsense", "is not TOML"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path, text, said):
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(InputError) as error:
        load(tmp_path / "own.toml")
    assert said in str(error.value) and "\n" not in str(error.value)


def test_bad_arguments_end_with_code_2(results, tmp_path, capsys):
    assert invoke(["claims", str(tmp_path / "nowhere")]) == 2
    assert invoke(["claims", str(results), "--claim", "no-such"]) == 2
    assert invoke(["claims", str(results), "--claims", str(tmp_path / "no.toml")]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.fixture
def described(results):
    """The same folder with a manifest, as a run leaves it, and a claims.csv of its own."""
    write_table(results, "claims", [])
    nothing = {"files": {}, "cells": {}, "profile": {"name": "own"}}
    write_json(results / manifest.NAME, nothing | {"files": manifest.hashes(results)})
    return results


def test_claims_written_among_their_results_are_hashed_again(described, monkeypatch, capsys):
    monkeypatch.chdir(described)  # one folder by two names
    before = manifest.read(described)
    assert invoke(["claims", str(described), "--to", "."]) == 0
    assert read_table(described, "claims")
    assert "hold what the manifest says" in manifest.verify(described)
    after = manifest.read(described)
    changed = {name for name in after["files"] if after["files"][name] != before["files"][name]}
    assert changed == {"claims.csv"} and after["profile"] == before["profile"]


def test_a_table_edited_by_hand_stays_found_out_by_them(described, capsys):
    edited = described / "evidence.csv"
    edited.write_text(edited.read_text().replace(",0.5,", ",0.4,"))
    assert invoke(["claims", str(described), "--to", str(described)]) == 0
    with pytest.raises(CheckFailed, match=r"evidence\.csv differs"):
        manifest.verify(described)


def test_claims_written_among_another_run_s_results_are_found_out(
    described, tmp_path_factory, evidence, contrast, capsys
):
    other = tmp_path_factory.mktemp("other")
    write_table(other, "evidence", [evidence(value=2.0)])
    write_table(other, "convergence", [contrast()])
    assert invoke(["claims", str(other), "--to", str(described)]) == 0
    with pytest.raises(CheckFailed, match=r"claims\.csv differs"):
        manifest.verify(described)


def test_a_damaged_manifest_is_refused_before_claims_are_written(described, capsys):
    held = (described / "claims.csv").read_bytes()
    (described / manifest.NAME).write_text("[]")
    assert invoke(["claims", str(described), "--to", str(described)]) == 2
    assert "is not a manifest" in capsys.readouterr().err
    assert (described / "claims.csv").read_bytes() == held

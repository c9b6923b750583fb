import csv
import hashlib

import pytest
from synthetic import CORPORA, tokenization, write_results

from bench import manifest
from bench.errors import CheckFailed, InputError
from bench.report import build
from bench.report.data import READ
from bench.report.reference import differences
from bench.report.summary import closing_lines
from bench.schema import TABLES
from corpora.cards import card


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_the_same_results_give_the_same_bytes_elsewhere_and_at_another_time(built, tmp_path):
    again = write_results(tmp_path / "elsewhere" / "quick")
    (again / "timings.csv").write_text((again / "timings.csv").read_text().replace("1.5", "7.25"))
    build(again)
    before, after = digests(built), digests(again)
    assert {name for name in before if before[name] != after.get(name)} == {"timings.csv"}
    assert before.keys() == after.keys()
    assert {"REPORT.md", "figures/language_token_efficiency_chart.png"} <= before.keys()


def test_an_older_report_s_files_go_and_a_user_s_stay(results, undrawn):
    folder = results()
    (folder / "figures").mkdir()
    (folder / "figures" / "of_another_run.png").write_bytes(b"")
    (folder / "figures" / "notes.txt").write_text("mine")
    build(folder)
    assert not (folder / "figures" / "of_another_run.png").exists()
    assert (folder / "figures" / "notes.txt").read_text() == "mine"


def test_no_folder_and_an_empty_folder_are_refused_in_one_line(tmp_path):
    for folder in (tmp_path / "nothing", tmp_path):
        with pytest.raises(InputError) as refused:
            build(folder)
        assert str(folder) in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("broken", ["nan", "inf", "many"])
def test_a_table_edited_by_hand_is_refused_by_file_and_line(results, broken):
    folder = results()
    lines = (folder / "costs.csv").read_text().splitlines()
    fields = lines[3].split(",")
    fields[lines[0].split(",").index("value")] = broken
    (folder / "costs.csv").write_text("\n".join([*lines[:3], ",".join(fields), *lines[4:]]) + "\n")
    with pytest.raises(InputError, match=r"costs\.csv line 4"):
        build(folder)


def test_closing_lines_are_five_of_80_columns_and_name_the_report(built):
    *lines, last = closing_lines(built).splitlines()
    assert len(lines) == 4 and max(map(len, lines)) <= 80
    assert "zh 0.96 [0.94, 0.97], " in lines[1] and "ru 1.43 [" in lines[2]
    assert "an illustration: zh " in lines[3] and "4 of 7 not below a 5-gram" in lines[3]
    assert str(built / "report.html") in last


def test_long_names_do_not_widen_the_closing_lines(results):
    long = "a-vocabulary-with-a-very-long-name-that-somebody-chose"
    rows = [{**row, "vocabulary_family": long} for row in tokenization()
            if row["vocabulary_family"] == "o200k_base"]  # fmt: skip
    lines = closing_lines(results(tokenization=rows)).splitlines()
    assert max(map(len, lines[:-1])) <= 80 and "…" in lines[1] and "1.26 [1.23" in lines[1]


def test_a_language_of_another_corpus_is_not_said_to_be_missing(results):
    rows = tokenization()
    chinese = [row for row in rows if row["language"] == "zh" and row["corpus"] == CORPORA[0]]
    elsewhere = [{**row, "corpus": "udhr", "language": "zh_hant"} for row in chinese]
    said = closing_lines(results(tokenization=rows + elsewhere))
    assert "zh 0.96" in said and "zh_hant" not in said and "not measured" not in said


ADDED = {name: [one.name for one in TABLES[name].columns if one.added] for name in READ}


@pytest.mark.parametrize("table", [name for name, columns in ADDED.items() if columns])
def test_results_of_an_older_version_are_read_and_what_they_lack_is_named(results, undrawn, table):
    folder = results()
    path = folder / TABLES[table].file
    with path.open(newline="") as lines:
        rows = [{k: v for k, v in row.items() if k not in ADDED[table]}
                for row in csv.DictReader(lines)]  # fmt: skip
    with path.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    build(folder)
    text = (folder / "REPORT.md").read_text(encoding="utf-8")
    assert f"`{path.name}: {ADDED[table][0]}`" in text


def test_a_number_edited_by_hand_is_said_and_stays_found_out(results, undrawn):
    folder = results()
    manifest.refresh(folder)
    build(folder)
    said = "Not as the run wrote them"
    assert said not in (folder / "REPORT.md").read_text(encoding="utf-8")
    costs = (folder / "costs.csv").read_text()
    (folder / "costs.csv").write_text(costs.replace(",exact,", ",exact,1", 1))
    build(folder)
    manifest.refresh(folder)  # what `bench report` does after it
    assert f"{said}: `costs.csv`" in (folder / "REPORT.md").read_text(encoding="utf-8")
    with pytest.raises(CheckFailed, match=r"costs\.csv differs"):
        manifest.verify(folder)


def test_a_text_that_is_not_the_reference_s_is_named_with_its_packages(results, undrawn):
    folder = results()  # libreoffice-help of another hash, and of version 7.4
    build(folder)
    text = (folder / "REPORT.md").read_text(encoding="utf-8")
    about = card("libreoffice-help")
    assert f"content `1a1a1a1a`, there `{about.counts['hash']}`" in text
    assert f"`libreoffice-help-en-us` 7.4 (there {about.seen['libreoffice-help-en-us']})" in text
    ours = {"corpora": {"corpus libreoffice-help": {"content_hash": about.counts["hash"] + "00"}}}
    assert not list(differences(ours))

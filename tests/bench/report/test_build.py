import hashlib

import pytest
from synthetic import write_results

from bench.errors import InputError
from bench.report import build
from bench.report.summary import closing_lines


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


def test_closing_lines_are_five_at_most_and_name_the_report(built):
    lines = closing_lines(built).splitlines()
    assert len(lines) == 5
    assert "×0.955 [0.936, 0.974]" in lines[1] and "×1.258" in lines[2]
    assert "illustration" in lines[3] and "not below a 5-gram" in lines[3]
    assert str(built / "report.html") in lines[-1]

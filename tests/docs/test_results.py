"""The results that the repository carries are those that its code makes of their numbers."""

from pathlib import Path

import pytest

from bench.claims import definition, reading
from bench.report import contents, data, markdown
from bench.results import read_table, write_table

RESULTS = Path(__file__).parents[2] / "results"
FOLDERS = sorted(path.parent for path in RESULTS.rglob("REPORT.md"))
of_every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@of_every_folder
def test_the_report_is_what_its_numbers_make(folder):
    committed = (folder / "REPORT.md").read_text(encoding="utf-8")
    assert markdown.render(contents.document(data.load(folder))) == committed


@of_every_folder
def test_the_verdicts_are_what_their_evidence_makes(folder, tmp_path):
    write_table(tmp_path, "claims", reading.tested(folder, definition.load(None)))
    made, committed = read_table(tmp_path, "claims"), read_table(folder, "claims")
    assert len(made) == len(committed)
    for mine, theirs in zip(made, committed, strict=True):  # the last digit is the machine's
        for name, value in theirs.items():
            near = isinstance(value, float)
            assert mine[name] == (pytest.approx(value, rel=1e-9, abs=1e-12) if near else value)

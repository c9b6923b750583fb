"""The results that the repository carries are those that its code makes of their numbers."""

from pathlib import Path

import pytest

from bench.claims import definition, reading
from bench.report import contents, data, markdown
from bench.results import write_table

RESULTS = Path(__file__).parents[2] / "results"
FOLDERS = sorted(path.parent for path in RESULTS.rglob("REPORT.md"))
of_every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@of_every_folder
def test_the_report_is_what_its_numbers_make(folder):
    committed = (folder / "REPORT.md").read_text(encoding="utf-8")
    assert markdown.render(contents.document(data.load(folder))) == committed


@of_every_folder
def test_the_verdicts_are_what_their_evidence_makes(folder, tmp_path):
    made = write_table(tmp_path, "claims", reading.tested(folder, definition.load(None)))
    assert made.read_text(encoding="utf-8") == (folder / made.name).read_text(encoding="utf-8")

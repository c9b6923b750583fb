"""Every notebook runs from top to bottom, on results that hold everything and on fewer."""

import ast
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench" / "report"))

from synthetic import write_results  # noqa: E402 - the report's results, made up

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
READING = [path for path in NOTEBOOKS if not path.name.startswith("06")]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return write_results(tmp_path_factory.mktemp("results"))


def code_of(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run_cells(path):
    """Run the cells as a kernel would; the last expression of each is shown."""
    space, shown = {"__name__": "__main__"}, []
    for source in code_of(path):
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), space)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), path.name, "eval"), space)
            shown += [] if ast.unparse(last).startswith("print(") else [display(value)]
    return space, shown


def display(value):
    for how in ("_repr_png_", "_repr_html_"):
        if hasattr(value, how):
            return getattr(value, how)()
    return value and repr(value)


def test_there_are_six():
    assert [path.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("path", READING, ids=lambda path: path.stem)
def test_a_notebook_reads_the_results(path, results, monkeypatch):
    monkeypatch.setenv("BABELTOLL_RESULTS", str(results))
    _, shown = run_cells(path)
    assert len(shown) > 2 and all(shown)


def test_the_last_one_measures_three_files(monkeypatch):
    space, shown = run_cells(next(path for path in NOTEBOOKS if path.name.startswith("06")))
    assert space["done"].returncode == 0, space["done"].stderr
    assert "characters" in shown[0] and all(shown), shown
    assert (space["run"].folder / "report.html").is_file()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_with_its_outputs(path):
    text = path.read_text(encoding="utf-8")
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert any(cell["outputs"] for cell in cells), "execute it: see notebooks/README.md"
    errors = [one for cell in cells for one in cell["outputs"] if one["output_type"] == "error"]
    assert not errors and "/home/" not in text and str(Path.cwd()) not in text

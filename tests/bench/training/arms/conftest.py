"""One plan with every arm that a profile can state, and the results of all its runs."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import profile, sources
from bench.assemble import assemble
from bench.cell import Cell
from bench.executors import run_here
from bench.plan import Plan, plan
from bench.store import Store

SHAPE = """
family = "{family}"
layers = 1
width = {width}
heads = 2
vocabulary = 301
context = 256
block_norm_gains = false
"""
SHAPES = {
    "tokenformer": ("tokenformer", 16), "transformer": ("transformer", 16),
    "wider": ("transformer", 24),
}  # fmt: skip
PutTogether = Callable[[Plan, Path], set[str]]


@pytest.fixture(scope="session")
def tiny() -> Any:
    """The module that writes a small parallel corpus."""
    path = Path(__file__).parents[2] / "tiny.py"
    spec = importlib.util.spec_from_file_location("tiny", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def folder(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, the shapes of its models, and the profile `arms.toml` that names them."""
    made: Path = tmp_path_factory.mktemp("arms")
    tiny.write(made, count=110)
    for name, (family, width) in SHAPES.items():
        (made / f"{name}.toml").write_text(SHAPE.format(family=family, width=width))
    text = (Path(__file__).parent / "arms.toml").read_text().replace("FOLDER", str(made))
    (made / "arms.toml").write_text(text)
    return made


@pytest.fixture(scope="session")
def made(folder: Path) -> Plan:
    """The plan of that profile."""
    wanted = profile.load(str(folder / "arms.toml"))
    return plan(wanted, sources.resolve(wanted, lambda line: None), "fp32")


@pytest.fixture(scope="session")
def put_together() -> PutTogether:
    """Writes the result files of a plan's training cells; returns the kinds that it computed."""
    return _put_together


def _put_together(made: Plan, folder: Path) -> set[str]:
    cells = tuple(cell for cell in made.cells if cell.kind in ("training", "floor"))
    watch = Computed()
    run_here(cells, Store(folder / "store"), watch)
    assemble(Plan(made.profile, made.sources, cells), Store(folder / "store"), folder)
    return watch.kinds


class Computed:
    """Remembers what kinds were computed."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()

    def started(self, cell: Cell) -> None:
        self.kinds.add(cell.kind)

    def finished(self, cell: Cell, result: object) -> None: ...


@pytest.fixture(scope="session")
def results(made: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result files of all training cells of the plan."""
    folder: Path = tmp_path_factory.mktemp("run")
    _put_together(made, folder)
    return folder

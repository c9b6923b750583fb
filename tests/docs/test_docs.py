"""The index names every page, links lead somewhere, and what the guides tell to do works."""

import random
import re
import shlex
from pathlib import Path

import pytest

from bench.claims import definition
from bench.cli import invoke
from bench.costs import shapes
from bench.costs.prices import read_prices

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "extending.md").read_text(encoding="utf-8")
WORDS = {
    "en": "the key stone under river old house light water bread nobody saw it",
    "ru": "ключ камень под река старый дом свет вода хлеб никто видел это",
    "zh": "钥匙 石头 下面 老房子 河水 灯光 面包 没人 看见 这个",
}
QUICK = ("tokenize", "report", "vocabularies")  # training and a whole profile take longer


def test_the_index_names_every_page():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(([\w.-]+\.md)\)", index))
    assert named == {path.name for path in DOCS.glob("*.md")} - {"README.md"}


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def files():
    """The guide's files: blocks of TOML that begin with their name."""
    blocks = re.findall(r"```toml\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL)
    return dict(blocks)


def commands():
    blocks = re.findall(r"```\n(.*?)```", GUIDE, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("bench ")]


def test_the_commands_of_the_guide_run_in_order(tmp_path, monkeypatch, capsys):
    for language, words in WORDS.items():
        draw = random.Random(1)
        lines = (" ".join(draw.choices(words.split(), k=8)) for _ in range(60))
        (tmp_path / f"{language}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    run = [one for one in map(shlex.split, commands()) if one[1] in QUICK]
    assert len(run) >= 4
    for command in run:
        assert invoke(command[1:]) == 0, (command, capsys.readouterr().err)
    assert (tmp_path / "results" / "mine" / "report.html").is_file()


def test_the_files_of_the_guide_are_read(tmp_path):
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert shapes.load(tmp_path / "shape.toml").layers == 2
    (claim,) = definition.load(tmp_path / "claims.toml")
    assert claim.id == "ru-no-dearer" and claim.cases[0].parts[0].at_most == 1.05


def test_the_price_table_of_the_guide_is_read(tmp_path):
    (table,) = re.findall(r"```\n(vocabulary,.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "prices.csv").write_text(table, encoding="utf-8")
    assert read_prices(tmp_path / "prices.csv").currency == "EUR"

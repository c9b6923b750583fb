"""The README's commands run, its figures are those of the committed results, in every language."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from bench.cli import invoke
from bench.results import read_table

ROOT = Path(__file__).parents[2]
NAMES = ("README.md", "README.ru.md", "README.zh.md")
READMES = {name: (ROOT / name).read_text(encoding="utf-8") for name in NAMES}
README = READMES["README.md"]
RESULTS = ROOT / "results" / "reference" / "default"
TEXTS = {
    "en.txt": "The key is under the stone.\nNobody saw it.\n",
    "ru.txt": "Ключ лежит под камнем.\nНикто его не видел.\n",
    "zh.txt": "钥匙在石头下面。\n没有人看见。\n",
}


def commands(start):
    blocks = re.findall(r"```\w*\n(.*?)```", README, re.DOTALL)
    lines = (line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines())
    return [line.split("  #")[0] for line in lines if line.startswith(start)]


@pytest.mark.parametrize("command", commands("make "))
def test_make_targets_exist(command):
    done = subprocess.run(
        ["make", "--dry-run", *shlex.split(command)[1:]], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", commands("bench "))
def test_bench_commands_run(command, tmp_path, monkeypatch, capsys):
    """Each as it stands, in a folder with three small texts and the committed results."""
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "results").symlink_to(ROOT / "results")
    monkeypatch.chdir(tmp_path)
    assert invoke(shlex.split(command)[1:]) == 0, capsys.readouterr().err


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def premiums(readme):
    """Rows of a README's table of premiums: vocabulary, then a ratio for zh and for ru."""
    rows = [cells(line) for line in readme.splitlines() if re.match(r"\| `[\w.-]+` \|", line)]
    return [(row[0].strip("`"), row[1], row[2]) for row in rows]


def test_the_table_of_premiums_is_the_committed_one():
    table = read_table(RESULTS, "tokenization")
    measured = {
        (row["vocabulary_family"], row["language"]): row
        for row in table
        if row["metric"] == "token_premium" and row["corpus"] == "libreoffice-help"
    }
    assert len(premiums(README)) >= 8
    for family, *quoted in premiums(README):
        for language, text in zip(("zh", "ru"), quoted, strict=True):
            row = measured[family, language]
            expected = f"{row['value']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]"
            assert text == expected, (family, language)


def figures(readme):
    """Every number of a README outside its blocks of commands, sorted."""
    prose = re.sub(r"```.*?```", "", readme, flags=re.DOTALL)
    return sorted(re.findall(r"\d+(?:\.\d+)?", re.sub(r"\]\([^)]*\)", "]", prose)))


def code(readme):
    """The lines of its blocks of commands, without comments."""
    blocks = re.findall(r"```\w*\n(.*?)```", readme, re.DOTALL)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("name", NAMES[1:])
def test_other_languages_say_the_same(name):
    """The same commands, tables, links and figures, in the same order where order matters."""
    other = READMES[name]
    assert code(other) == code(README)
    assert premiums(other) == premiums(README)
    assert sorted(links(other) - {"README.md"}) == sorted(links(README) - {name})
    assert figures(other) == figures(README)


def links(readme):
    return set(re.findall(r"\]\((?!https?:)([^)#]+)", readme))


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    assert links(READMES[name])
    for link in links(READMES[name]):
        assert (ROOT / link).exists(), link

"""docs/glyphs.md: its example runs and gives what stands there; its facts are the code's."""

import re
from functools import cache, partial
from pathlib import Path

import pytest

from bench.cli import invoke
from bench.results import read_table
from bench.vocabularies.glyphs.alphabet import PRIVATE
from bench.vocabularies.glyphs.atoms import ENDINGS

PAGE = Path(__file__).parents[3].joinpath("docs", "glyphs.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """The text of the block under `<!-- name -->`."""
    return PAGE.split(f"<!-- {name} -->\n```\n")[1].split("```\n")[0]


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("story.txt").write_text(block("file: story.txt"), encoding="utf-8")
    return tmp_path


def test_the_worked_example_gives_what_the_page_says(shelf, capsys):
    commands = block("run").splitlines()
    assert [line.split()[2] for line in commands] == ["learn", "encode", "decode", "measure"]
    for line in commands:
        assert invoke(line.split()[1:]) == 0
    assert Path("back.txt").read_bytes() == Path("story.txt").read_bytes()
    table = Path("story.tsv").read_text("utf-8").splitlines(keepends=True)
    shown = block("table").splitlines(keepends=True)
    assert shown[1:] == table[1:] and shown[0].split("…")[0] == table[0][: len(shown[0]) - 2]
    assert capsys.readouterr().out == block("output")


def test_han_shows_one_character_a_phrase(shelf):
    learn = "glyphs learn story.txt --size 4 --out han.tsv --alphabet han"
    assert invoke(learn.split()) == 0
    assert invoke(["glyphs", "encode", "story.txt", "--table", "han.tsv", "--out", "han.txt"]) == 0
    assert Path("han.txt").read_text("utf-8").splitlines()[0] + "\n" == block("han")


def test_numbers_of_the_code():
    assert f"list of {len(ENDINGS)} English and Russian inflections" in " ".join(PAGE.split())
    assert f"{PRIVATE.capacity:,}" in PAGE


def test_shares_follow_from_the_sizes_in_the_table():
    rows = re.findall(r"^\| (English|Russian|Chinese) \|(.*)\|$", PAGE, re.MULTILINE)
    for language, cells in rows[:3]:
        numbers = [int(cell.replace(",", "")) for cell in cells.split("|")]
        plain, coded, table = numbers[4:7]
        share = f"{(coded + table) / plain:.1%}"
        assert share in PAGE, (language, share)


def test_what_is_said_of_tokens_follows_from_the_table():
    tokens = {}
    for language, family, *numbers in table_of_families():
        tokens[language, family] = float(numbers[0])
        bits, price, both = map(float, numbers[1:])
        assert both == pytest.approx(bits + price, abs=0.011)
    plain, superwords, glyphs = (
        *("bpe-4096-per-language", "bpe-4096-per-language-none"),
        "glyphs-1024+bpe-3072-per-language",
    )
    languages = ("English", "Russian", "Chinese")
    saved = [round(100 - 100 * tokens[one, glyphs] / tokens[one, plain]) for one in languages]
    beside = [round(100 - 100 * tokens[one, glyphs] / tokens[one, superwords]) for one in languages]
    page = " ".join(PAGE.split())
    assert saved == [17, 7, 6] and beside == [10, 0, -1]
    assert "17% fewer tokens than plain BPE in English, 7% fewer in Russian, 6% fewer in" in page
    assert "10% fewer in English, as many in Russian, 1% more in Chinese" in page
    chinese = 100 - 100 * tokens["Chinese", plain] / tokens["Russian", plain]
    assert f"takes {chinese:.0f}% fewer tokens than in Russian" in page


def table_of_families():
    rows = re.findall(r"^\| (\w+) \| `(\S+)` \|(( [\d.]+ \|){4})$", PAGE, re.MULTILINE)
    assert len(rows) == 18
    return [(language, family, *cells.split(" | ")) for language, family, cells in clean(rows)]


def clean(rows):
    return [(language, family, cells.strip(" |")) for language, family, cells, _ in rows]


FOLDER = Path(__file__).parents[3] / "results" / "reference" / "glyphs"
CODES = {"English": "en", "Russian": "ru", "Chinese": "zh"}


table_of = cache(partial(read_table, FOLDER))


def committed(name, **wanted):
    """The one value of a result file that the page quotes."""
    column = {"training": "bits_per_unit", "memory": "bytes_mean"}.get(name, "value")
    (row,) = (row for row in table_of(name)
              if all(row[key] == value for key, value in wanted.items()))  # fmt: skip
    return row[column]


def test_tokens_floors_and_prices_are_those_of_the_committed_run():
    for language, family, tokens, floor, price, _ in table_of_families():
        where = {"vocabulary_family": family, "language": CODES[language]}
        found = (
            committed("tokenization", metric="tokens_per_unit", variant="default", **where),
            committed("training", model="floor-kn5", split="test", **where),
            committed("convergence", measure="table_bits", **where),
        )
        assert [f"{value:.2f}" for value in found] == [tokens, floor, price], (language, family)


def test_flops_and_memory_are_those_of_the_committed_run():
    rows = re.findall(r"^\| (\w+) \| `(\S+)` \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 9
    for language, family, *shown in rows:
        where = {"language": CODES[language], "model": "transformer-2m"}
        cost = {"vocabulary_family": family, "context": "unit", "convention": "exact", **where}
        peak = {"vocabulary": f"{family}.{CODES[language]}", "layout": "padded", "part": "total"}
        found = (committed("costs", cost="training_flops", **cost) / 1e6,
                 committed("costs", cost="attention_flops", **cost) / 1e3,
                 committed("memory", **peak, **where) / 1e6)  # fmt: skip
        assert [f"{value:.0f}" for value in found] == shown, (language, family)

"""`docs/vocabularies.md` names every vocabulary with the counts of its card, and every pattern."""

from pathlib import Path

from bench.vocabularies import card, published_names
from bench.vocabularies.patterns import PATTERNS

PAGE = Path(__file__).parents[3].joinpath("docs", "vocabularies.md").read_text(encoding="utf-8")


def test_table_is_that_of_the_cards():
    rows = {line.split("`")[1]: line for line in PAGE.splitlines() if line.startswith("| `")}
    for name in published_names():
        about = card(name)
        counts = " / ".join(str(about.probe[language]) for language in ("en", "ru", "zh"))
        cells = [cell.strip() for cell in rows[name].split("|")]
        assert cells[3:5] == [about.kind, f"{about.size:,}"] and counts in cells
        assert f"{about.package} {about.version}" in cells


def test_patterns_are_named():
    assert all(pattern in PAGE for pattern in PATTERNS)

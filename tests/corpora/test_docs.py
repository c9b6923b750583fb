"""The page of cards says what the cards say, and counts agree with the independent ones."""

import re
import tomllib

import pytest

from corpora import page
from corpora.cards import card, names, parse
from corpora.hub_sets import SETS


def test_the_page_is_up_to_date() -> None:
    written = page.PAGE.read_text("utf-8")
    assert page.rewritten(written) == written, "run python -m corpora.page"


@pytest.mark.parametrize("name", names())
def test_counts_agree_with_the_expected_ones_or_say_why_not(name: str) -> None:
    about = card(name)
    off = abs(about.counts["before_gates"] / about.expected - 1)
    assert off <= 0.02 or any("expected" in fault for fault in about.faults)


@pytest.mark.parametrize("name", names())
def test_every_unit_of_a_card_is_accounted_for(name: str) -> None:
    counts = card(name).counts
    assert counts["aligned"] - sum(counts["dropped"].values()) == counts["units"]
    if "splits" in counts:
        assert sum(one["units"] for one in counts["splits"].values()) == counts["units"]
        assert counts["splits"]["test"]["k_eff"] >= 10
    else:
        assert counts["no_training"]


def test_the_twenty_lines_are_what_they_say() -> None:
    """The example's card is a card, its reader compiles, and both are short."""
    text = page.PAGE.read_text("utf-8").partition("## Add a corpus")[2]
    toml, reader = (
        re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL)[1] for kind in ("toml", "python")
    )  # type: ignore[index]
    assert parse(toml, "almanac").reader == "almanac"
    assert tomllib.loads(toml)["packages"][0]["manager"] == "npm"
    compile(reader, "almanac.py", "exec")
    assert len(reader.strip().splitlines()) <= 20


def test_hub_sets_are_on_the_page() -> None:
    text = page.PAGE.read_text("utf-8")
    for name, about in SETS.items():
        assert (
            f"| `{name}` | {f'`{about.repository}`' if about.repository else 'none known'}" in text
        )

"""The data cards as one page: `python -m corpora.page` rewrites them in docs/corpora.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from corpora.cards import Card, card, names

START, END = "<!-- cards: written by python -m corpora.page -->", "<!-- end of cards -->"
PAGE = Path(__file__).parent.parent / "docs" / "corpora.md"


def overview() -> Iterator[str]:
    """One row a corpus."""
    yield "| corpus | units | documents | K_eff | en / ru / zh kB | before the gates (expected) |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for about in map(card, names()):
        counts = about.counts
        sizes = " / ".join(f"{counts['kB'][one]:,}" for one in ("en", "ru", "zh"))
        cells = [
            f"`{about.name}`",
            *(f"{counts[key]:,}" for key in ("units", "documents", "k_eff")),
            sizes,
            f"{counts['before_gates']:,} ({about.expected:,})",
        ]
        yield f"| {' | '.join(cells)} |"


def section(about: Card) -> Iterator[str]:
    """One card: a heading and its rows as a list."""
    yield f"### {about.name}"
    yield ""
    yield f"{about.title}."
    yield ""
    for what, value in about.rows():
        yield f"- **{what}**: {_wrapped_packages(value) if what == 'packages' else value}"


def cards() -> str:
    """Everything between the two marks of the page."""
    parts = ["\n".join(overview()), *("\n".join(section(card(name))) for name in names())]
    return "\n\n".join([START, *parts, END])


def rewritten(page: str) -> str:
    """The page with its cards as they are now."""
    before, _, rest = page.partition(START)
    return before + cards() + rest.partition(END)[2]


def _wrapped_packages(value: str) -> str:
    return ", ".join(
        f"`{one.partition(' ')[0]}` {one.partition(' ')[2]}" for one in value.split(", ")
    )


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text("utf-8")), "utf-8")

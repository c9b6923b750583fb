"""A declaration in articles: HTML, one `<article data-number>` each, after a preamble.

Within an article the blocks are aligned by position where every language has as many of them,
else the whole article is one unit (the Chinese preamble joins what English sets as three
paragraphs). Headings only number the articles and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpora.artifacts import Artifact, read_member
from corpora.cards import Card
from corpora.readers import Unit, reading
from corpora.readers.blocks import blocks

_UNSPACED = frozenset({"zh", "zh_hant"})  # languages whose sentences follow without a space


def read(artifacts: Sequence[Artifact], card: Card) -> Iterator[Unit]:
    """Units in order; `card.options.files` names each language's file."""
    parsed = [_of_file(artifacts[0], card.options["files"][one]) for one in card.languages]
    for language, articles in card.options.get("incomplete", {}).items():
        for article in articles:  # text that the package lacks: such an article counts as absent
            parsed[card.languages.index(language)][article] = []
    for article in parsed[0]:
        document = f"{card.name}/{article}"
        sides = [one.get(article, []) for one in parsed]
        if any(len(one) != len(sides[0]) for one in sides):
            sides = [[_joined(one, of)] for one, of in zip(sides, card.languages, strict=True)]
        for number, aligned in enumerate(zip(*sides, strict=True), 1):
            yield Unit(f"{document}#{number}", document, aligned)


def _of_file(artifact: Artifact, member: str) -> dict[str, list[str]]:
    data = read_member(artifact.path, member)
    with reading(f"{artifact.path.name}: {member}"):
        return _articles(data.decode("utf-8"))


def _articles(page: str) -> dict[str, list[str]]:
    """Article number ("preamble" before the first) -> its blocks."""
    found: dict[str, list[str]] = {}
    current = ""
    for kind, text in blocks(page, _kind):
        if kind.startswith("section "):
            current = kind.removeprefix("section ")
        elif kind == "text" and text:
            found.setdefault(current, []).append(text)
    return found


def _joined(texts: Sequence[str], language: str) -> str:
    return ("" if language in _UNSPACED else " ").join(texts)


def _kind(tag: str, attributes: dict[str, str | None]) -> str | None:
    if tag == "header":
        return "section preamble"
    if tag == "article":
        return f"section {attributes.get('data-number')}"
    return {"p": "text", "li": "text", "h1": "heading", "h2": "heading"}.get(tag)

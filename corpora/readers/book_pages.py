"""Book pages: the same HTML files in each language's folder, blocks aligned by position.

A page is used only where every language has the same sequence of paragraphs and headings;
otherwise its units count as absent. A document is a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corpora.artifacts import Artifact, members
from corpora.cards import Card
from corpora.errors import CorpusError
from corpora.readers import Unit
from corpora.readers.blocks import blocks

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
_NUMBER = re.compile(r"^(?:[A-Z]|\d+)(?:\.\d+)*\.\s+")  # "6.3. ", "B.1. "


def read(artifacts: Sequence[Artifact], card: Card) -> Iterator[Unit]:
    """Units page by page; `card.options` has the root folder and each language's folder in it."""
    root, folders = card.options["root"], card.options["folders"]
    pages: dict[str, dict[str, str]] = {language: {} for language in card.languages}
    by_folder = {folders[language]: language for language in card.languages}
    pattern = f"{root}/{{{','.join(by_folder)}}}/*.html"
    for artifact in artifacts:
        for name, data in members(artifact.path, pattern):
            folder, page = name.removeprefix(f"{root}/").split("/")
            pages[by_folder[folder]][page] = data.decode("utf-8", "replace")
    if not all(pages.values()):
        raise CorpusError(f"{card.name}: no pages at {pattern}; the package has another layout")
    for page in sorted(pages[card.languages[0]]):
        yield from _page(card, page, [pages[one].get(page, "") for one in card.languages])


def _page(card: Card, page: str, texts: Sequence[str]) -> Iterator[Unit]:
    document = f"{card.name}/{page.removesuffix('.html')}"
    found = [blocks(text, _kind) for text in texts]
    same = all([kind for kind, _ in one] == [kind for kind, _ in found[0]] for one in found)
    for number, (kind, text) in enumerate(found[0]):
        if kind == "aside":
            continue
        aligned = [one[number][1] for one in found] if same else [text, *("" for _ in found[1:])]
        if kind == "heading":
            aligned = [_NUMBER.sub("", one) for one in aligned]
        yield Unit(f"{document}#{number}", document, tuple(aligned))


def _kind(tag: str, attributes: dict[str, str | None]) -> str | None:
    if tag == "div" and "para" in (attributes.get("class") or "").split():
        return "paragraph"
    if tag in _HEADINGS:
        return "heading"
    return "aside" if tag == "pre" else None  # listings are no text, wherever they stand

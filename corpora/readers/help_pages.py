"""Help pages: one HTML file per topic and language, paragraphs aligned by their element id.

The unit key is (path below the language folder, element id); a document is a file. Text for
several platforms stands in one paragraph and a script hides all but one ("Command" on macOS,
"Ctrl" elsewhere); here the default variant is kept, as a reader sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corpora.artifacts import Artifact, members
from corpora.cards import Card
from corpora.errors import CorpusError
from corpora.readers import Unit
from corpora.readers.html import Page

_UNIT = re.compile(r"(?:par|hd)_id")
_SWITCH = "switchinline"
_CONTENT = 'id="DisplayArea"'  # before it stands only navigation


def read(artifacts: Sequence[Artifact], card: Card) -> Iterator[Unit]:
    """Units in reading order, file by file; `card.options` names the folder of each language."""
    pages = [_pages(artifacts, card.options["folders"][one]) for one in card.languages]
    first = pages[0]
    for path in sorted(first):
        texts = [paragraphs(of_language.get(path, "")) for of_language in pages]
        for key in texts[0]:
            aligned = tuple(of_language.get(key, "") for of_language in texts)
            document = f"{card.name}/{path.removesuffix('.html')}"
            yield Unit(f"{document}#{key}", document, aligned)


def _pages(artifacts: Sequence[Artifact], folder: str) -> dict[str, str]:
    """Path below the language's folder -> page."""
    found: dict[str, str] = {}
    for artifact in artifacts:
        for name, data in members(artifact.path, f"{folder}/**/*.html"):
            found[name.removeprefix(f"{folder}/")] = data.decode("utf-8", "replace")
        if found:
            return found
    raise CorpusError(
        f"no package holds {folder}/**/*.html: {', '.join(one.package for one in artifacts)} "
        "have another layout; use another corpus, or name the new folder in the card"
    )


def paragraphs(page: str) -> dict[str, str]:
    """Element id -> text of each paragraph and heading of a page, markup stripped."""
    parser = _Paragraphs()
    parser.feed(page[max(page.find(_CONTENT), 0) :])
    parser.close()
    return parser.found


class _Paragraphs(Page):
    """Collects the text below each element whose id marks a unit."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._key: str | None = None
        self._tag, self._depth = "", 0
        self._text: list[str] = []
        self._spans: list[str] = []  # what each open span is: "", a switch, or a variant
        self._variants: list[tuple[int, str]] = []  # where each variant's text starts, its name

    def updatepos(self, i: int, j: int) -> int:
        return j  # line numbers are not needed, and keeping them takes a tenth of the time

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._key is None:
            self._open(tag, dict(attrs).get("id") or "")
            return
        self._depth += tag == self._tag
        if tag == "br":
            self._text.append(" ")
        elif tag == "span":
            self._open_span(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if self._key is None:
            return
        if tag == "span" and self._spans and self._spans.pop() == _SWITCH:
            self._choose_variant()
        self._depth -= tag == self._tag
        if self._depth == 0:
            self.found.setdefault(self._key, " ".join("".join(self._text).split()))
            self._key = None

    def handle_data(self, data: str) -> None:
        if self._key is not None:
            self._text.append(data)

    def _open(self, tag: str, key: str) -> None:
        if _UNIT.match(key):
            self._key, self._tag, self._depth = key, tag, 1
            self._text, self._spans, self._variants = [], [], []

    def _open_span(self, attributes: dict[str, str | None]) -> None:
        if attributes.get("class") == _SWITCH:
            self._spans.append(_SWITCH)
            self._variants = []
        elif self._spans and self._spans[-1] == _SWITCH:
            self._spans.append("variant")
            self._variants.append((len(self._text), attributes.get("id") or ""))
        else:
            self._spans.append("")

    def _choose_variant(self) -> None:
        """Keep the default variant of the switch just closed, or its first one."""
        if len(self._variants) < 2:
            return
        starts = [start for start, _ in self._variants] + [len(self._text)]
        default = [i for i, (_, key) in enumerate(self._variants) if key.startswith("default")]
        chosen = (default or [0])[0]
        self._text[starts[0] :] = self._text[starts[chosen] : starts[chosen + 1]]
        self._variants = []

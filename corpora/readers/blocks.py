"""The text blocks of an HTML page in reading order: what book pages and articles share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from corpora.readers.html import Page

Kind = Callable[[str, dict[str, str | None]], str | None]  # (tag, attributes) -> kind of block
_VOID = frozenset({"br", "img", "hr", "meta", "link", "input", "col", "wbr"})


def blocks(page: str, kind: Kind) -> list[tuple[str, str]]:
    """(kind, text) of each element that `kind` names, in the order in which they open.

    A block inside another one is a block of its own and no part of the outer one's text.
    Markup is stripped, entities are resolved, runs of white space become one space.
    """
    parser = _Blocks(kind)
    parser.feed(page)
    parser.close()
    return [(name, " ".join("".join(text).split())) for name, text in parser.found]


class _Blocks(Page):
    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []
        self._kind = kind
        self._stack: list[tuple[str, int | None]] = []  # open elements, the block each one began
        self._count: Counter[str] = Counter()  # of open elements: a page may nest 100,000
        self._open: list[int] = []  # open blocks

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self.handle_data(" " if tag == "br" else "")
            return
        name = self._kind(tag, dict(attrs))
        self._stack.append((tag, len(self.found) if name else None))
        self._count[tag] += 1
        if name:
            self._open.append(len(self.found))
            self.found.append((name, []))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or not self._count[tag]:
            return
        while self._stack:
            name, block = self._stack.pop()
            self._count[name] -= 1
            if block is not None:
                self._open.pop()
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[self._open[-1]][1].append(data)

"""A parser of HTML pages that no page can stop."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """The standard library's parser, which asserts that a marked section is one that it knows.

    A browser takes any other `<![…` for a comment, and so does this.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Where the section that begins at `i` ends, -1 if it does not."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i, report)

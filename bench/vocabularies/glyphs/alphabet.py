"""Which code points are glyphs, and how a text that already holds such code points is written.

Every code point of the alphabet's ranges is reserved: in a coded text it is a glyph of the table,
or it stands behind the escape sign and means itself. So no text is ambiguous, and a glyph that a
table does not have is noticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from bench.errors import InputError


@dataclass(frozen=True)
class Alphabet:
    """A name, the reserved ranges (both ends included), and the escape sign among them."""

    name: str
    ranges: tuple[tuple[int, int], ...]
    escape: str

    @property
    def capacity(self) -> int:
        """How many glyphs there are."""
        return sum(last - first + 1 for first, last in self.ranges) - 1

    def glyphs(self, count: int) -> str:
        """The first `count` glyphs in order; InputError if there are not so many."""
        if count > self.capacity:
            raise InputError(
                f"the alphabet {self.name} has {self.capacity:,} glyphs, {count:,} were asked for; "
                "ask for fewer"
            )
        return "".join(islice(self._signs(), count))

    def _signs(self) -> Iterator[str]:
        every = chain.from_iterable(range(first, last + 1) for first, last in self.ranges)
        return (chr(point) for point in every if chr(point) != self.escape)

    @property
    def pattern(self) -> str:
        """The reserved code points as the inside of a class of a regular expression."""
        return "".join(f"{chr(first)}-{chr(last)}" for first, last in self.ranges)


# Private use has no meaning of its own anywhere in Unicode: the basic plane first, whose signs take
# three bytes of UTF-8 as a Chinese character does, then plane 15.
PRIVATE = Alphabet(
    "private", ((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD)), "\ue000"
)
# For display only: shows what a text looks like when one character is one word.
HAN = Alphabet("han", ((0x4E00, 0x9FFF),), "\u4e00")
ALPHABETS = {alphabet.name: alphabet for alphabet in (PRIVATE, HAN)}


def alphabet(name: str) -> Alphabet:
    """The alphabet of that name; InputError for another."""
    if name not in ALPHABETS:
        raise InputError(f"no alphabet {name!r}: choose {' or '.join(ALPHABETS)}")
    return ALPHABETS[name]

"""Finished English, found again by the sentence that made it, to be said in other languages."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from bench.report.text import Text, verbatim

LONGEST = 2000  # characters; ours are far shorter, and a longer one would take long to search
Inside = Mapping[str, Callable[[str], Text]]


def matched(
    sentence: str, words: str, inside: Inside | None = None, whole: tuple[str, ...] = ()
) -> Text | None:
    """The sentence with the values that make it these words; None where none do.

    `inside` says what the values of some places are made of. A semicolon parts sentences, so a
    value holds one only in the places of `whole`.
    """
    found = _pattern(sentence, whole).fullmatch(words) if plain(words) else None
    if found is None:
        return None
    of = inside or {}
    values = ((name, of.get(name, verbatim)(one)) for name, one in found.groupdict().items())
    return Text(sentence, tuple(values))


def plain(words: str) -> bool:
    """Whether they may be ours at all: not endless, on one line, with single spaces."""
    return len(words) <= LONGEST and words == " ".join(words.split())


@cache
def _pattern(sentence: str, whole: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("".join(_parts(sentence, whole)))


def _parts(sentence: str, whole: tuple[str, ...]) -> Iterator[str]:
    for words, name, *_ in string.Formatter().parse(sentence):
        yield re.escape(words)
        if name:
            yield f"(?P<{name}>{'.+?' if name in whole else '[^;]+?'})"

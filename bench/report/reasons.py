"""Reasons of verdicts in every language: the sentence that made one, and its values.

claims.csv holds finished English. What no sentence made, as the words of a user's claim or of
another version, stays as it is; and in English every reason is the very words of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.claims.reasons import Lack, Reason, Sentence
from bench.report.claim_words import UNTESTED
from bench.report.filled import matched, plain
from bench.report.text import COMMA, Text, known, listed, say, template, verbatim

AND, OR, SEMICOLON = template(" and "), template(" or "), template("; ")
WORDS = {
    "undertrained": say("undertrained"),
    "diverged": say("diverged"),
    "unjudged": say("unjudged"),
    "at the sweep's end": say("at the sweep's end"),
    "missing": say("missing"),
}
NAMED = template("{statistic}, {arm} over {against}")


def reason(words: str) -> Text:
    """The text of a reason, of several with semicolons between, or of words that are not ours."""
    if not plain(words):
        return verbatim(words)
    return _found(Reason, words) or _several(words) or WORDS.get(words) or known(words, UNTESTED)


def statistic(words: str) -> Text:
    """A statistic with its languages; of two arms beside each other, with their names."""
    return matched(NAMED, words) or verbatim(words)


def _several(words: str) -> Text | None:
    """Reasons with semicolons between them; one of ours may hold a semicolon itself."""
    parts = words.split(SEMICOLON)
    for count in range(len(parts) - 1, 0, -1):
        first, rest = (SEMICOLON.join(one) for one in (parts[:count], parts[count:]))
        if (found := _found(Reason, first)) or first in WORDS:
            return listed([found or WORDS[first], reason(rest)], SEMICOLON)
    return None


def _found(sentences: type[Sentence], words: str) -> Text | None:
    """The first of the sentences that these words may be, filled."""
    texts = (matched(one.value, words, INSIDE, WHOLE) for one in sentences)
    return next((text for text in texts if text), None)


def _word(words: str) -> Text:
    return WORDS.get(words) or verbatim(words)


def _lack(words: str) -> Text:
    return _found(Lack, words) or verbatim(words)


def _listed(between: str, of: Callable[[str], Text], words: str) -> Text:
    return listed([of(one) for one in words.split(between)], between)


WHOLE = ("reason", "lacks")  # places whose values may hold semicolons
INSIDE: dict[str, Callable[[str], Text]] = {
    "reason": reason,
    "statistic": statistic,
    "lacks": partial(_listed, SEMICOLON, _lack),
    "statuses": partial(_listed, COMMA, _word),
    "values": partial(_listed, AND, _word),
    "families": partial(_listed, OR, verbatim),
}

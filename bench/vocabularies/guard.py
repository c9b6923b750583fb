"""Calls into a tokenizer library that a hostile file could keep busy for ever, or bring down.

The expression in a `tokenizer.json` may backtrack exponentially. The library gives up a single
match after some ten million steps, by a panic, but not a text of many matches that are each just
below that. So the call runs in a thread of its own, is given time in proportion to its texts, and
is left behind when that is over; a panic becomes an error in one line.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from bench.errors import InputError

Result = TypeVar("Result")

PATIENCE = 60.0  # seconds, whatever the texts
PACE = 5_000  # characters a second; the library does a hundred times as many


def guarded(call: Callable[[], Result], characters: int, name: str) -> Result:
    """What the call returns. InputError, naming the vocabulary, if it panics or takes too long."""
    found: list[Result] = []
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            found.append(call())
        except BaseException as error:  # a panic is none of Exception's
            wrong.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    seconds = PATIENCE + characters / PACE
    thread.join(seconds)
    if found:
        return found[0]
    if not wrong:
        raise InputError(f"{name}: {characters:,} characters took over {seconds:,.0f} s: its "
                         "pattern backtracks without end; use another file") from None  # fmt: skip
    if isinstance(wrong[0], Exception):
        raise wrong[0]
    said = " ".join(str(wrong[0]).split())
    raise InputError(f"{name}: the library gave up on these texts ({said}); use another "
                     "file") from None  # fmt: skip

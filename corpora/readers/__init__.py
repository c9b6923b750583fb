"""One file per source format. Each has `read(artifacts, card)`, which yields aligned units."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from corpora.errors import CorpusError


class Unit(NamedTuple):
    """One unit of meaning as a source gives it; a text that the source lacks is empty."""

    unit_id: str
    document_id: str
    texts: tuple[str, ...]  # in the order of the card's languages


@contextlib.contextmanager
def reading(place: str) -> Iterator[None]:
    """Have what a damaged file of a package makes its parser raise said in one line."""
    try:
        yield
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as problem:
        said = " ".join(str(problem).split())
        raise CorpusError(f"{place} is damaged or has another layout ({said}); delete the package "
                          "and fetch it again") from problem  # fmt: skip

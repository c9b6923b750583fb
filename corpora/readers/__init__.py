"""One file per source format. Each has `read(artifacts, card)`, which yields aligned units."""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """One unit of meaning as a source gives it; a text that the source lacks is empty."""

    unit_id: str
    document_id: str
    texts: tuple[str, ...]  # in the order of the card's languages

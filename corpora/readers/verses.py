"""Scripture by chapter and verse, one JSON file a language."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from corpora.artifacts import Artifact, read_member
from corpora.cards import Card
from corpora.readers import Unit, reading


def read(artifacts: Sequence[Artifact], card: Card) -> Iterator[Unit]:
    """Units by (chapter, verse); `card.options.files` names each language's file."""
    texts = [_verses(artifacts[0], card.options["files"][one]) for one in card.languages]
    for chapter, verse in texts[0]:
        document = f"{card.name}/{chapter:03}"
        aligned = tuple(one.get((chapter, verse), "") for one in texts)
        yield Unit(f"{document}#{verse}", document, aligned)


def _verses(artifact: Artifact, member: str) -> dict[tuple[int, int], str]:
    data = read_member(artifact.path, member)
    with reading(f"{artifact.path.name}: {member}"):
        return {
            (int(chapter["id"]), int(verse["id"])): str(verse["translation"]).strip()
            for chapter in json.loads(data)
            for verse in chapter["verses"]
        }

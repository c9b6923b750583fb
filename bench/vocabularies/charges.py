"""What a reader must be given besides the tokens: λ = 8 · xz(table + merges) / units of train.

A vocabulary that writes text in fewer bits has moved some of them into itself. λ is its own price
in bits per unit of the text it was trained on; it is added to the bits per unit of every arm alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bench.vocabularies.glyphs.coverage import xz
from bench.vocabularies.training import DESCRIPTION


def charges(folder: Path, units: int) -> dict[str, float]:
    """λ in bits per unit by language, of a family that `train` wrote; `units` it was trained on.

    A vocabulary that serves several languages is charged whole to each: each model needs all of it.
    """
    description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    files = {file: 8 * xz(described(folder / file)) / units for file in description["sha256"]}
    return {language: files[file] for language, file in description["members"].items()}


def described(path: Path) -> bytes:
    """All that tells a vocabulary of its kind from others, a line an entry.

    Merges as two parts, a space between; a glyph table as its phrases; Unigram pieces with their
    scores. The 256 bytes are everybody's and are not listed.
    """
    raw = path.read_bytes()
    if path.suffix == ".model":
        return _joined(_scored(raw))
    content = json.loads(raw)
    return _joined([*_phrases(content), *_model(content["model"])])


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _phrases(content: dict[str, Any]) -> Iterator[str]:
    """The phrases of a glyph vocabulary's table, without its header."""
    for row in content.get("table", "").split("\n")[2:-1]:
        yield row.split("\t")[1]


def _model(model: dict[str, Any]) -> Iterator[str]:
    if "merges" in model:
        yield from (" ".join(pair) for pair in model["merges"])
    else:
        yield from (f"{piece}\t{score:.6g}" for piece, score in model["vocab"])


def _scored(raw: bytes) -> Iterator[str]:
    from sentencepiece import SentencePieceProcessor

    model = SentencePieceProcessor(model_proto=raw)
    for number in range(model.get_piece_size()):
        if not model.is_byte(number) and not model.is_control(number):
            yield f"{model.id_to_piece(number)}\t{model.get_score(number):.6g}"

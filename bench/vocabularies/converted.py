"""A SentencePiece Unigram model as `transformers` converts it for its fast tokenizer.

Published counts of mT5 were made with that conversion, and it is not the same vocabulary: it
collapses spaces with a regular expression, cuts at spaces before it looks for pieces (a trailing
space is a token), and has no byte fallback.
"""

from __future__ import annotations

import base64
import json

from bench.errors import InputError
from bench.vocabularies.modelfile import ModelFile

_METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}


def tokenizer_json(raw: bytes, source: str) -> bytes:
    """The `tokenizer.json` of a Unigram model; InputError if it is no Unigram model."""
    model = ModelFile.read(raw, source)
    if not model.unigram:
        raise InputError(f"{source}: only Unigram models are converted")
    try:
        pieces = [piece.decode() for piece in model.written.tolist() if piece is not None]
    except UnicodeDecodeError:
        raise InputError(f"{source}: a piece of the model is not UTF-8; fetch it again") from None
    vocab = list(zip(pieces, model.scores.tolist(), strict=True))
    charsmap = base64.b64encode(model.charsmap).decode()
    spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    normalizers = [{"type": "Precompiled", "precompiled_charsmap": charsmap}, spaces]
    content = {
        "version": "1.0",
        "added_tokens": [
            {
                "id": place,
                "content": pieces[place],
                "special": True,
                **dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False),
            }
            for place in model.control.tolist()
        ],
        "normalizer": {"type": "Sequence", "normalizers": normalizers},
        "pre_tokenizer": _METASPACE,
        "decoder": _METASPACE,
        "model": {
            "type": "Unigram",
            "unk_id": int(model.unknown),
            "vocab": vocab,
            "byte_fallback": False,
        },
    }
    return json.dumps(content, ensure_ascii=False).encode()

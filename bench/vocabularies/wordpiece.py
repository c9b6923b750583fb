"""BERT's `vocab.txt`: a piece a line, the line number is the id; greedy longest match in a word."""

from __future__ import annotations

import json

from bench.errors import InputError

_UNKNOWN = "[UNK]"


def tokenizer_json(raw: bytes, source: str, lower: bool | None = None) -> bytes:
    """The `tokenizer.json` that does what BERT's own code does with this `vocab.txt`.

    `lower`: whether text is lowercased and stripped of accents; None: it is, if no piece has an
    upper-case letter.
    """
    try:
        pieces = raw.decode().replace("\r\n", "\n").removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        pieces = []
    vocab = {piece: number for number, piece in enumerate(pieces)}
    if _UNKNOWN not in vocab:
        raise InputError(f"{source}: not a WordPiece vocab.txt (no line says {_UNKNOWN})")
    if lower is None:
        lower = not any(piece != piece.lower() for piece in pieces if piece[:1] != "[")
    content = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": lower,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": False},
        "model": {
            "type": "WordPiece",
            "unk_token": _UNKNOWN,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        },
    }
    return json.dumps(content, ensure_ascii=False).encode()

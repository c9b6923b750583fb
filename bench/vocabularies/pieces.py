"""The tokens of one text in a form a person can read."""

from __future__ import annotations

from bench.vocabularies.protocol import Vocabulary

_VISIBLE = {
    **{code: chr(0x2400 + code) for code in range(0x20)},  # ␀ to ␟: none of them reaches a terminal
    **{code: f"<U+{code:04X}>" for code in range(0x7F, 0xA0)},
    ord("\n"): "⏎",
    ord("\t"): "⇥",
}


def pieces(vocabulary: Vocabulary, text: str) -> list[str]:
    """The tokens of a text as printable strings, in order.

    A token that is no whole character shows its bytes (`<E4><BA>`), one without bytes of its own
    its id (`[unk]` for the unknown token), and control characters show a symbol.
    """
    table = vocabulary.byte_table()
    return [
        "[unk]" if token == vocabulary.unk_id else _shown(table[token], token)
        for token in vocabulary.encode([text]).ids.tolist()
    ]


def _shown(token: bytes | None, token_id: int) -> str:
    if token is None:
        return f"[{token_id}]"
    try:
        return token.decode().translate(_VISIBLE)
    except UnicodeDecodeError:
        return "".join(f"<{byte:02X}>" for byte in token)

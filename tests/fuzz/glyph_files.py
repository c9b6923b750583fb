"""Glyph formats: seeds, makers and parsers of tables, coded texts and vocabularies.

A glyph table and a glyph vocabulary name the SHA-256 of their phrases, so a damaged one is tried a
second time with the hash that fits, which lets the damage through to what comes after.
"""

import io
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import seeds
from generated import JSON, ODD, TEXT, Strategy, dumped, nested, replaced
from hypothesis import strategies as st
from parser import Parser, file

PHRASES = (" of the", " key", "ключ", "钥匙", "s", "a strange picture")


@cache
def glyph_tables() -> tuple[bytes, ...]:
    """A table of private signs, and one of Han characters."""
    from bench.vocabularies.glyphs.alphabet import ALPHABETS
    from bench.vocabularies.glyphs.table import GlyphTable

    counts = tuple(range(len(PHRASES), 0, -1))
    return tuple(GlyphTable(PHRASES, counts, one).to_tsv().encode() for one in ALPHABETS.values())


@cache
def glyph_texts() -> tuple[bytes, ...]:
    """Coded text with glyphs, escapes and line ends."""
    plain = "The teacher of the key s\n\ue001 ключ и 钥匙\r\n\ue000\uf8ff\n a strange picture"
    return (_codec().encode(plain).encode(),)


@cache
def _codec() -> Any:
    from bench.vocabularies.glyphs.codec import Codec
    from bench.vocabularies.glyphs.table import GlyphTable

    return Codec(GlyphTable.from_tsv(glyph_tables()[0].decode(), "seed"))


@cache
def glyph_vocabularies() -> tuple[bytes, ...]:
    """`.glyphs` files of each way to cut text."""
    from bench.vocabularies.trainers import train_one
    from bench.vocabularies.training import parse

    text = {"en": seeds.texts()["en"]}
    names = [f"glyphs-8+bpe-292-per-language{cut}" for cut in ("", "-none", "-whitespace")]
    return tuple(train_one(parse(name), text) for name in names)


def rehashed(text: str) -> str:
    """A table's text with the SHA-256 that its phrases have, where it has the lines of one."""
    from bench.vocabularies.glyphs.alphabet import PRIVATE, Alphabet
    from bench.vocabularies.glyphs.table import GlyphTable

    lines = text.split("\n")
    phrases = tuple(row.split("\t")[1] for row in lines[2:-1] if "\t" in row)
    named = re.search(r"alphabet=(\w+)", lines[0])
    signs = Alphabet(named[1] if named else PRIVATE.name, (), "")
    digest = GlyphTable(phrases, (0,) * len(phrases), signs).digest
    return "\n".join([re.sub(r"sha256=\w*", f"sha256={digest}", lines[0]), *lines[1:]])


def glyph_table(data: bytes) -> object:
    """Read the file, and again with the hash that fits; code a text with it."""
    from bench.vocabularies.glyphs.codec import Codec
    from bench.vocabularies.glyphs.stream import read_table

    try:
        data = rehashed(data.decode()).encode()
    except UnicodeDecodeError:
        return read_table(file("a.tsv", data))
    codec = Codec(read_table(file("a.tsv", data)))
    text = "the key of the house \ue001\nключи 钥匙"
    assert codec.decode(codec.encode(text)) == text
    return codec.table.to_tsv()


def glyph_text(data: bytes) -> object:
    """Decode; what is decoded must come back."""
    from bench.vocabularies.glyphs import stream

    out = io.BytesIO()
    stream.decode(_codec(), io.BytesIO(data), "a.txt", out)
    text = out.getvalue().decode()
    assert _codec().decode(_codec().encode(text)) == text
    return text


def glyph_vocabulary(data: bytes) -> object:
    """Read it, and all that a measurement asks of it."""
    from bench.vocabularies.glyphs.vocabulary import GlyphVocabulary

    found = GlyphVocabulary.read("mine", fitting(data), "a.glyphs")
    return found.token_bytes(), found.size, found.decode(range(found.size))


def fitting(data: bytes) -> bytes:
    """A `.glyphs` file with the hash that fits, where it is still JSON with a table."""
    try:
        content = json.loads(data)
        return dumped({**content, "table": rehashed(content["table"])})
    except Exception:  # then the reader is given what there is
        return data


def _glyph_rows(_: str) -> Strategy:
    """Rows under a right header: their order, phrases and counts are drawn."""
    phrase = TEXT | ODD | st.sampled_from(PHRASES) | st.just("x" * 256)
    count = st.integers(-1, 9).map(str) | st.sampled_from(["", "x", "١", "9" * 5000, "1.5"])
    head = glyph_tables()[0].decode().split("\n")[:2]

    def made(rows: Sequence[tuple[str, str]]) -> bytes:
        lines = [f"U+{0xE001 + n:04X}\t{phrase}\t{count}" for n, (phrase, count) in enumerate(rows)]
        return "\n".join([*head, *lines, ""]).encode("utf-8", "replace")

    return st.lists(st.tuples(phrase, count), max_size=8).map(made)


def _glyph_signs(_: str) -> Strategy:
    sign = st.sampled_from(
        ["\ue000", "\ue001", "\ue006", "\ue007", "\uf8ff", "\U0010fffd", "\n", "a"]
    )
    return st.lists(sign | TEXT, max_size=30).map(
        lambda found: "".join(found).encode("utf-8", "replace")
    )


def _glyph_json(_: str) -> Strategy:
    """A vocabulary with other merges, entries and patterns."""
    whole = json.loads(glyph_vocabularies()[0])
    symbol = st.sampled_from([*list(whole["model"]["vocab"])[:40], "", "é", "ab"])
    pattern = st.sampled_from(["(", "(a)(b)", "(a+)+$", "", 3, None, whole["pattern"]])

    @st.composite
    def made(draw: Any) -> bytes:
        copy = json.loads(json.dumps(whole))
        merges, vocab = copy["model"]["merges"], copy["model"]["vocab"]
        left, right = draw(symbol), draw(symbol)
        merges.insert(
            draw(st.integers(0, len(merges))), draw(st.sampled_from([[left, right], left]))
        )
        vocab.setdefault(left + right, len(vocab))
        copy["pattern"] = draw(pattern)
        return dumped(copy)

    return made() | replaced(whole) | JSON.map(dumped) | nested("[", "]")


MAKERS: dict[str, Callable[[str], Strategy]] = {
    "glyph-table": _glyph_rows,
    "glyph-text": _glyph_signs,
    "glyph-vocabulary": _glyph_json,
}

PARSERS = (
    Parser("glyph-table", glyph_tables, glyph_table),
    Parser("glyph-text", glyph_texts, glyph_text),
    Parser("glyph-vocabulary", glyph_vocabularies, glyph_vocabulary),
)

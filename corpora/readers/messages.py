"""Gettext messages from `.mo` and `.po` files, plural forms and contexts kept apart.

The standard library's `gettext` drops the English plural, with which the translated plural must
be aligned ("%d files" with «%d файлов», not "%d file"); so the two formats are read here. The
tests hold the result against `gettext.GNUTranslations`.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

_CONTEXT, _PLURAL = "\x04", "\x00"
_SHARED = 8  # messages may overlap within a catalog, but not so that a small one fills the memory


class Message(NamedTuple):
    """A message: the source text (its plural, where it has one) and the translation."""

    key: str  # context and source text: identifies the message within its catalog
    source: str
    translation: str
    line: int = 0  # in a .po file


def read_mo(data: bytes) -> list[Message]:
    """The messages of a compiled catalog, in file order. ValueError if it is none.

    Format: GNU gettext manual, "The Format of GNU MO Files".
    """
    orders = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}
    if (order := orders.get(data[:4])) is None:
        raise ValueError("not a compiled gettext catalog")
    try:
        _, count, sources, targets = struct.unpack_from(f"{order}4I", data, 4)
        pairs = [
            (_string(data, order, sources + 8 * i), _string(data, order, targets + 8 * i))
            for i in range(count)
        ]
    except struct.error as problem:
        raise ValueError("a truncated gettext catalog") from problem
    if sum(len(source) + len(target) for source, target in pairs) > _SHARED * len(data):
        raise ValueError("a gettext catalog whose messages are larger than itself")
    header = next((target for source, target in pairs if not source), b"")
    charset = _charset(header.decode("ascii", "replace"))
    try:
        return [message(one.decode(charset), two.decode(charset)) for one, two in pairs if one]
    except LookupError as problem:
        raise ValueError(f"a gettext catalog in {charset}, which is no text encoding") from problem


def message(key: str, translation: str, line: int = 0) -> Message:
    """Split context and plural off; of a plural the last form of either side is taken.

    The last translated form is the one that goes with large numbers (five files, пять файлов);
    Chinese has only one form.
    """
    source = key.partition(_CONTEXT)[2] if _CONTEXT in key else key
    return Message(key, source.split(_PLURAL)[-1], translation.split(_PLURAL)[-1], line)


def _string(data: bytes, order: str, entry: int) -> bytes:
    length, offset = struct.unpack_from(f"{order}2I", data, entry)
    if offset + length > len(data):
        raise ValueError("a truncated gettext catalog")
    return data[offset : offset + length]


def _charset(header: str) -> str:
    found = re.search(r"charset=([\w-]+)", header)
    return found[1] if found and found[1].upper() != "CHARSET" else "utf-8"


def read_po(text: str) -> Iterator[Message]:
    """The translated messages of a `.po` file; fuzzy and obsolete ones are left out.

    ValueError naming the line where the file is malformed.
    """
    fields: dict[str, str] = {}
    start, current, fuzzy = 0, "", False
    for number, line in enumerate([*text.split("\n"), ""], 1):
        line = line.strip()
        keyword, _, rest = line.partition(" ")
        if line.startswith('"') and current:
            fields[current] += _unquoted(line, number)
        elif keyword.startswith("msg"):
            if keyword in ("msgctxt", "msgid") and "msgstr" in "".join(fields):
                yield from _entry(fields, start, fuzzy)
                fields, fuzzy = {}, False
            start = start if fields else number
            current = keyword
            fields[current] = _unquoted(rest, number)
        elif line.startswith("#,") or not line or line.startswith("#"):
            if fields and "msgstr" in "".join(fields):
                yield from _entry(fields, start, fuzzy)
                fields, current, fuzzy = {}, "", False
            fuzzy |= line.startswith("#,") and "fuzzy" in line
        else:
            raise ValueError(f"line {number}: not a line of a .po file")
    if fields:
        yield from _entry(fields, start, fuzzy)


def _entry(fields: dict[str, str], line: int, fuzzy: bool) -> Iterator[Message]:
    source = fields.get("msgid", "")
    forms = [text for name, text in fields.items() if name.startswith("msgstr")]
    if not source or fuzzy or not all(forms):
        return
    key = (fields["msgctxt"] + _CONTEXT if "msgctxt" in fields else "") + source
    if "msgid_plural" in fields:
        key += _PLURAL + fields["msgid_plural"]
    yield message(key, _PLURAL.join(forms), line)


def _unquoted(text: str, line: int) -> str:
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as problem:  # nested too deeply
        raise ValueError(f"line {line}: a string in quotes was expected") from problem
    if not isinstance(value, str):
        raise ValueError(f"line {line}: a string in quotes was expected")
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ValueError(f"line {line}: half a surrogate pair; repair the file")
    return value

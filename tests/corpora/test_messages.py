"""Gettext catalogs: agreement with the standard library, and what it cannot give."""

import gettext
import io

import pytest
from conftest_packages import compiled

from corpora.readers.messages import read_mo, read_po

MESSAGES = {
    "Open": "Открыть",
    "menu\x04Open": "Открытие",
    "%d file\x00%d files": "%d файл\x00%d файла\x00%d файлов",
    "Line\nbreak": "Перенос\nстроки",
}


def test_agrees_with_the_standard_library() -> None:
    data = compiled(MESSAGES)
    catalog = gettext.GNUTranslations(io.BytesIO(data))
    ours = {one.key: one.translation for one in read_mo(data)}
    assert ours["Open"] == catalog.gettext("Open")
    assert ours["menu\x04Open"] == catalog.pgettext("menu", "Open")
    assert ours["Line\nbreak"] == catalog.gettext("Line\nbreak")
    assert "" not in ours


def test_of_a_plural_the_last_forms_go_together() -> None:
    plural = next(one for one in read_mo(compiled(MESSAGES)) if "file" in one.key)
    assert (plural.source, plural.translation) == ("%d files", "%d файлов")


def test_context_is_part_of_the_key_but_not_of_the_text() -> None:
    texts = {one.key: one.source for one in read_mo(compiled(MESSAGES))}
    assert texts["menu\x04Open"] == texts["Open"] == "Open"


def test_other_charset() -> None:
    assert [one.translation for one in read_mo(compiled({"Open": "Открыть"}, "koi8-r"))] == [
        "Открыть"
    ]


@pytest.mark.parametrize("data", [b"", b"text", compiled(MESSAGES)[:60], compiled(MESSAGES)[:-30]])
def test_broken_catalogs(data: bytes) -> None:
    with pytest.raises(ValueError, match="gettext catalog"):
        read_mo(data)


PO = '''# made for the test
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

#: a.c:1
msgctxt "menu"
msgid "Open"
msgstr "Открыть"

msgid "A long "
"message with \\"quotes\\""
msgstr "Длинное "
"сообщение с «кавычками»"

#, fuzzy
msgid "Close"
msgstr "Не то"

msgid "%d file"
msgid_plural "%d files"
msgstr[0] "%d файл"
msgstr[1] "%d файла"
msgstr[2] "%d файлов"

msgid "Untranslated"
msgstr ""

#~ msgid "Gone"
#~ msgstr "Ушло"
msgid "Last"
msgstr "Последнее"'''


def test_po() -> None:
    found = [(one.key, one.source, one.translation, one.line) for one in read_po(PO)]
    assert found == [
        ("menu\x04Open", "Open", "Открыть", 7),
        ('A long message with "quotes"', 'A long message with "quotes"',
         "Длинное сообщение с «кавычками»", 11),
        ("%d file\x00%d files", "%d files", "%d файлов", 20),
        ("Last", "Last", "Последнее", 31),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"), [("msgid bare", 1), ('msgid "a"\nodd', 2), ('msgid "a', 1)]
)
def test_malformed_po_names_the_line(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=f"line {line}:"):
        list(read_po(text))

"""The table's file: read back as written, refused where it is anything else."""

import pytest

from bench.errors import InputError
from bench.vocabularies.glyphs.table import GlyphTable

TABLE = GlyphTable((" of the", "ами", "开门"), (9, 5, 2))


def test_written_and_read_back():
    again = GlyphTable.from_tsv(TABLE.to_tsv(), "t.tsv")
    assert again == TABLE and again.digest == TABLE.digest
    assert TABLE.to_tsv().split("\n")[1:3] == ["code_point\tphrase\tcount", "U+E001\t of the\t9"]


def test_the_digest_covers_phrases_and_alphabet_but_not_counts():
    assert GlyphTable(TABLE.phrases, (1, 1, 1)).digest == TABLE.digest
    assert GlyphTable(TABLE.phrases[::-1], TABLE.counts).digest != TABLE.digest


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "version=1",
            "version=2",
            "t.tsv, line 1: a table of version 2, this program reads v",
        ),
        ("ами", " of the", "t.tsv, line 4: ' of the' already stands in line 3"),
        ("ами", "ими", r"t.tsv: its phrases are not those of its header \(SHA-256"),
        ("U+E002\t", "U+E003\t", r"t.tsv, line 4: U\+E003 stands where U\+E002 belongs"),
        ("ами\t5", "ами\tfive", "t.tsv, line 4: a row is a code point, a phrase and a count"),
        ("ами", "а\x00ми", "t.tsv, line 4: a phrase holds 1 to 255 characters, none of them a"),
        ("ами", "", "t.tsv, line 4: a phrase holds 1 to 255 characters"),
        ("#babeltoll-glyphs", "glyphs", "t.tsv: not a glyph table"),
        ("alphabet=private", "alphabet=runes", "no alphabet 'runes': choose private or han"),
        ("\t2\n", "\t2", "t.tsv: cut short"),
        ("\n", "\r\n", r"t.tsv, line 1: line ends became CRLF; restore the file \(one learnt"),
        ("#babel", "\ufeff#babel", "t.tsv, line 1: a byte order mark was added; restore the file"),
        ("glyphs=", "glyphs=9", r"t.tsv: \d rows, its header says 9\d; restore the file"),
        ("code_point", "point", "its second line is not the column names"),
    ],
)
def test_anything_else_is_refused(old, new, reason):
    assert old in TABLE.to_tsv()
    with pytest.raises(InputError, match=reason):
        GlyphTable.from_tsv(TABLE.to_tsv().replace(old, new), "t.tsv")


def test_a_phrase_that_a_newer_python_calls_printable_is_read():
    """U+1FAE8 is of Unicode 15: Python 3.11 does not know it, and may have to decode with it."""
    table = GlyphTable((" \U0001fae8 x",), (2,))
    assert GlyphTable.from_tsv(table.to_tsv(), "t.tsv") == table

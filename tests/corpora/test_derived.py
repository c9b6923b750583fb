"""The same content in another writing: what is kept, what can be undone."""

import pytest

import corpora
from corpora.derived import DERIVATIONS, derive, pinyin, three_bytes, two_bytes

TEXT = "Press Ctrl+C, then Zoom (100%)."


def test_two_bytes_keeps_what_pre_tokenization_sees() -> None:
    """Case, spaces, digits and signs stay; every letter takes a byte more; it can be undone."""
    made = two_bytes(TEXT)
    letters = sum(one.isalpha() for one in TEXT)
    assert len(made) == len(TEXT) and len(made.encode()) == len(TEXT) + letters
    assert [one.isupper() for one in made] == [one.isupper() for one in TEXT]
    assert [a for a, b in zip(made, TEXT, strict=True) if a == b] == [
        one for one in TEXT if not one.isalpha()
    ]
    assert len({two_bytes(chr(one)) for one in range(32, 127)}) == 95


def test_three_bytes_has_no_case_no_space_and_can_be_undone() -> None:
    made = three_bytes(TEXT)
    assert len(made) == len(TEXT) and len(made.encode()) == 3 * len(TEXT)
    assert not any(one.isspace() or one.isupper() for one in made)
    assert "".join(chr(ord(one) - 0x4E00) for one in made) == TEXT


def test_pinyin_spells_words_apart_and_leaves_the_rest() -> None:
    assert pinyin("\u4e2d\u6587") == "zh\u014dngw\u00e9n"
    assert pinyin("\u6309 Ctrl+C\u3002") == "\u00e0n Ctrl+C\u3002"
    assert pinyin("\u6309Ctrl") == "\u00e0n Ctrl"
    assert pinyin("Ctrl+C100%") == "Ctrl+C100%"
    assert pinyin("\u6253\u5f00\u6587\u4ef6") == "d\u01cek\u0101i w\u00e9nji\u00e0n"


def test_a_derived_corpus_keeps_units_and_splits(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for name, lines in {"en": ["a b", "c d"], "zh": ["\u4e2d", "\u6587"]}.items():
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    source = corpora.read_user_files({one: tmp_path / one for one in ("en", "zh")})
    made = derive(source, ["en", "zh-pinyin"])
    assert made.languages == ("en", "zh-pinyin") and len(made) == 2
    assert list(made.texts("zh-pinyin")) == ["zh\u014dng", "w\u00e9n"]
    assert made.table["unit_id"].equals(source.table["unit_id"])
    assert made.content_hash != source.content_hash
    with pytest.raises(corpora.CorpusError, match="en-9byte"):
        derive(source, ["en-9byte"])
    assert set(DERIVATIONS) == {"en-2byte", "en-3byte", "zh-pinyin"}

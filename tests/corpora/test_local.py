"""The user's own files: every format, and errors that name file and line."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest_packages import compiled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora import read_user_files
from corpora.errors import CorpusError

ROWS = [
    ("One, “two”", "Раз, «два»", "一，二"),
    ("  spaces kept\t", "  пробелы ", "空 格"),
    ("", "Пусто", "空"),
]
LANGUAGES = ("en", "ru", "zh")


def files(folder: Path, suffix: str = "txt") -> dict[str, Path]:
    return {one: folder / f"{one}.{suffix}" for one in LANGUAGES}


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, Path]:
    for language, path in files(tmp_path).items():
        place = LANGUAGES.index(language)
        path.write_text("".join(f"{row[place]}\n" for row in ROWS), "utf-8")
    return files(tmp_path)


def rows(corpus) -> list[tuple[str, ...]]:  # type: ignore[no-untyped-def]
    return list(zip(*(corpus.texts(one) for one in corpus.languages), strict=True))


def test_lines_are_taken_as_they_are(plain: dict[str, Path]) -> None:
    corpus = read_user_files(plain)
    assert rows(corpus) == ROWS
    assert (corpus.languages, corpus.order, corpus.n_documents) == (LANGUAGES, "none", 3)
    assert set(corpus.table["split"].to_pylist()) == {"all"}
    assert corpus.name == corpus.content_hash[:8] or len(corpus.name) == 8
    assert not corpus.trainable


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r")), min_size=1
    )
)
def test_any_line_comes_back(tmp_path: Path, texts: list[str]) -> None:
    texts[0] = texts[0].lstrip("\ufeff")
    for ending in ("\n", "\r\n"):
        (tmp_path / "a").write_bytes("".join(one + ending for one in texts).encode())
        (tmp_path / "b").write_bytes(ending.join([*texts[:-1], texts[-1] + "."]).encode())
        corpus = read_user_files({"fi": tmp_path / "a", "et": tmp_path / "b"})
        assert corpus.texts("fi") == texts


def test_byte_order_mark_and_missing_last_line_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfone\r\ntwo")
    (tmp_path / "b").write_bytes(b"yksi\nkaksi\n")
    assert read_user_files({"en": tmp_path / "a", "fi": tmp_path / "b"}).texts("en") == [
        "one",
        "two",
    ]


def test_documents(plain: dict[str, Path], tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.write_text("a\na\nb\n")
    together = read_user_files(plain, documents)
    assert (together.order, together.documents().tolist()) == ("natural", [0, 0, 1])
    documents.write_text("a\nb\na\n")
    scattered = read_user_files(plain, documents)
    assert (scattered.order, scattered.documents().tolist()) == ("none", [0, 1, 0])
    documents.write_text("a\n \nb\n")
    with pytest.raises(CorpusError, match=r"documents:2: an empty document id"):
        read_user_files(plain, documents)
    documents.write_text("a\na\n")
    with pytest.raises(CorpusError, match=r"documents has 2; line 3 is missing"):
        read_user_files(plain, documents)


def test_unequal_lines_name_both_files(plain: dict[str, Path]) -> None:
    with plain["ru"].open("a") as stream:
        stream.write("ещё\n")
    with pytest.raises(CorpusError, match=r"en\.txt has 3, .*ru\.txt has 4, .*line 4") as told:
        read_user_files(plain)
    assert "\n" not in str(told.value)


def test_undecodable_bytes_name_file_and_line(plain: dict[str, Path]) -> None:
    plain["ru"].write_bytes("Раз\nДва\n".encode() + "Три\n".encode("cp1251"))
    with pytest.raises(CorpusError, match=r"ru\.txt:3: byte 1 of the line is not UTF-8"):
        read_user_files(plain)


def test_missing_empty_and_single_files(plain: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"cannot read .*none: No such file"):
        read_user_files({"en": plain["en"], "ru": tmp_path / "none"})
    with pytest.raises(CorpusError, match="at least two languages"):
        read_user_files({"en": plain["en"]})
    for path in plain.values():
        path.write_text("")
    with pytest.raises(CorpusError, match="no units"):
        read_user_files(plain)


def table(path: Path) -> dict[str, Path]:
    return dict.fromkeys(LANGUAGES, path)


def write(path: Path, records: list[dict[str, object]]) -> None:
    """The same records in the format of the suffix."""
    if path.suffix in (".jsonl", ".ndjson"):
        path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records))
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    else:
        import csv

        with path.open("w", newline="", encoding="utf-8") as stream:
            if path.suffix == ".tsv":
                stream.write("\t".join(records[0]) + "\n")
                stream.writelines("\t".join(map(str, one.values())) + "\n" for one in records)
            else:
                writer = csv.DictWriter(stream, list(records[0]))
                writer.writeheader()
                writer.writerows(records)


RECORDS: list[dict[str, object]] = [
    {"id": "x", "document": "d1", "en": 'A "quoted" one', "ru": "Один", "zh": "一", "note": "odd"},
    {"id": "y", "document": "d1", "en": "Two", "ru": "Два", "zh": "二", "note": ""},
    {"id": "z", "document": "d2", "en": "Three", "ru": "Три", "zh": "三", "note": ""},
]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv", "parquet"])
def test_tables(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"all.{suffix}"
    write(path, RECORDS)
    corpus = read_user_files(table(path))
    assert rows(corpus) == [(one["en"], one["ru"], one["zh"]) for one in RECORDS]
    assert corpus.table["unit_id"].to_pylist() == ["x", "y", "z"]
    assert corpus.documents().tolist() == [0, 0, 1]
    assert corpus.order == "natural"
    two = read_user_files({"ru": path, "zh": path})
    assert two.languages == ("ru", "zh"), "English is not required"


def test_csv_with_line_breaks_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('en,ru\n"one\ntwo","раз\nдва"\n')
    assert rows(read_user_files({"en": path, "ru": path})) == [("one\ntwo", "раз\nдва")]


@pytest.mark.parametrize(("suffix", "line"), [("jsonl", 3), ("csv", 4), ("tsv", 4), ("parquet", 3)])
def test_duplicate_and_empty_ids_name_the_line(tmp_path: Path, suffix: str, line: int) -> None:
    path = tmp_path / f"all.{suffix}"
    write(path, [*RECORDS[:2], RECORDS[2] | {"id": "x"}])
    with pytest.raises(CorpusError, match=rf"all\.{suffix}:{line}: the id 'x' stands twice"):
        read_user_files(table(path))
    write(path, [*RECORDS[:2], RECORDS[2] | {"id": ""}])
    with pytest.raises(CorpusError, match=rf"all\.{suffix}:{line}: an empty id"):
        read_user_files(table(path))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl", b'{"en": "a", "ru": "b"}\n{"en": "a"', r"a\.jsonl:2: not JSON"),
        ("a.jsonl", b'{"en": "a", "ru": "b"}\n["a"]\n', r"a\.jsonl:2: not a JSON object"),
        ("a.jsonl", b'{"en": "a"}\n', r"a\.jsonl:1: no 'ru'; there is en"),
        ("a.jsonl", b'{"en": "a", "ru": 5}\n', r"a\.jsonl:1: 'ru' is 5, not a text"),
        ("a.jsonl", b'{"en": "a", "ru": "\\ud800"}\n', r"a\.jsonl:1: 'ru' holds half a surrogate"),
        ("a.jsonl", b'{"en": "a", "ru": "\xff"}\n', r"a\.jsonl:1: byte 20 of the line"),
        ("a.csv", b"en,ru\na,b\na\n", r"a\.csv:3: 1 fields where the header has 2"),
        ("a.csv", b'en,ru\na,"b\n', r"a\.csv:2: malformed"),
        ("a.parquet", b"no", r"a\.parquet: is not a Parquet file"),
        ("a.tmx", b"<tmx><body><tu>\n</body></tmx>", r"a\.tmx:2: not well-formed XML"),
        ("a.jsonl", b'{"en": "a", "ru": "b", "id": "\\ud800"}\n', r"1: 'id' holds half"),
        ("a.csv", b"en,ru,en\na,b,c\n", r"a\.csv:1: two columns are called 'en'"),
        ("a.json", b'[{"en": "a", "ru": "b"}]\n', r"a\.json:1: not a JSON object"),
        ("a.text", b"one\n", "read as lines of one"),
        ("a.po", b'msgid "a"\nmsgstr "\\ud800"\n', r"a\.po: line 2: half a surrogate pair"),
        ("a.po", b'msgid "a"\nmsgstr "\xff"\n', r"a\.po:2: not UTF-8"),
        ("a.mo", b"no", r"a\.mo: not a compiled gettext catalog"),
        ("a.po", b'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', r"a\.po:4: .*'a'"),
    ],
)  # fmt: skip
def test_malformed_files(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=told) as error:
        read_user_files({"en": path, "ru": path})
    assert "\n" not in str(error.value)


def test_a_parquet_file_whose_text_is_no_utf8(tmp_path: Path) -> None:
    raw = pa.array([b"one", b"\xff"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    pq.write_table(pa.table({"en": text, "ru": ["раз", "два"]}), tmp_path / "a.parquet")
    with pytest.raises(CorpusError, match=r"a\.parquet:1: a text from here on is not UTF-8"):
        read_user_files(dict.fromkeys(("en", "ru"), tmp_path / "a.parquet"))


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv", "parquet", "ndjson"])
def test_indonesian_is_a_language_and_no_column_of_ids(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    write(path, [{"en": "Hello", "id": "Halo"}, {"en": "Hi", "id": "Halo"}])
    corpus = read_user_files({"en": path, "id": path})
    assert rows(corpus) == [("Hello", "Halo"), ("Hi", "Halo")]
    assert corpus.table["unit_id"].to_pylist() == ["1", "2"]


@pytest.mark.parametrize("language", ["unit_id", "document_id", "split"])
def test_a_language_may_not_have_the_name_of_a_column_of_ours(
    plain: dict[str, Path], language: str
) -> None:
    with pytest.raises(CorpusError, match="a column of ours has that name"):
        read_user_files({"en": plain["en"], language: plain["ru"]})


def test_a_long_cell_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"en,ru\n{'a' * 200_000},b\n")
    assert len(read_user_files({"en": path, "ru": path}).texts("en")[0]) == 200_000


@pytest.mark.parametrize("language", ["../evil", "a/b", ".", "r u", ""])
def test_a_language_names_files_and_may_not_be_a_path(tmp_path: Path, language: str) -> None:
    for name in "ab":
        (tmp_path / name).write_text("one\n")
    with pytest.raises(CorpusError, match="name it by letters"):
        read_user_files({language: tmp_path / "a", "ru": tmp_path / "b"})


@pytest.mark.parametrize("language", ["all", "any", "none"])
def test_a_word_that_our_tables_use_is_no_language(tmp_path: Path, language: str) -> None:
    for name in "ab":
        (tmp_path / name).write_text("one\n")
    with pytest.raises(CorpusError, match="name it otherwise"):
        read_user_files({language: tmp_path / "a", "ru": tmp_path / "b"})


def test_tables_of_one_language_each_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="give each language the same file"):
        read_user_files({"en": tmp_path / "en.csv", "ru": tmp_path / "ru.csv"})
    with pytest.raises(CorpusError, match="name documents in a column"):
        read_user_files(table(tmp_path / "a.csv"), tmp_path / "documents")


def test_translation_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.tmx"
    path.write_text("""<?xml version="1.0"?><tmx version="1.4"><header/><body>
      <tu tuid="u1"><tuv xml:lang="EN-us"><seg>Press <bpt i="1">&lt;b&gt;</bpt>Enter<ept>x</ept>
now</seg></tuv><tuv xml:lang="ru"><seg>Нажмите <hi>Ввод</hi> сейчас</seg></tuv></tu>
      <tu tuid=""><tuv xml:lang="en"><seg>Alone</seg></tuv></tu></body></tmx>""")
    corpus = read_user_files({"en": path, "ru": path})
    assert rows(corpus) == [("Press Enter\nnow", "Нажмите Ввод сейчас"), ("Alone", "")]
    assert corpus.table["unit_id"].to_pylist() == ["u1", "2"]


@pytest.mark.parametrize("suffix", ["po", "mo"])
def test_catalogs(tmp_path: Path, suffix: str) -> None:
    texts = {"ru": {"Open": "Открыть", "Close": "Закрыть"}, "zh": {"Close": "关闭", "Open": "打开"}}
    for language, messages in texts.items():
        path = tmp_path / f"{language}.{suffix}"
        if suffix == "mo":
            path.write_bytes(compiled(messages))
        else:
            path.write_text("".join(f'msgid "{k}"\nmsgstr "{v}"\n\n' for k, v in messages.items()))
    paths = {one: tmp_path / f"{one}.{suffix}" for one in texts}
    with_source = read_user_files({"en": paths["ru"], **paths})
    assert set(rows(with_source)) == {("Open", "Открыть", "打开"), ("Close", "Закрыть", "关闭")}
    assert set(rows(read_user_files(paths))) == {("Открыть", "打开"), ("Закрыть", "关闭")}
    for twice in ({**paths, "en": paths["ru"], "fr": paths["ru"]},
                  {**paths, "en": paths["ru"], "fr": paths["zh"]}):  # fmt: skip
        with pytest.raises(CorpusError, match="one catalog gives the source and one translation"):
            read_user_files(twice)


def test_gates_only_report_unless_asked(plain: dict[str, Path]) -> None:
    corpus = read_user_files(plain)
    assert len(corpus) == 3
    assert corpus.quality()["absent"] == 1
    filtered = read_user_files(plain, filter=True)
    assert (len(filtered), filtered.drops["absent"]) == (2, 1)


def test_split_by_document(tmp_path: Path) -> None:
    for language in ("en", "ru"):
        (tmp_path / language).write_text(
            "".join(f"{language} {chr(97 + n % 26)}{chr(97 + n // 26)}\n" for n in range(600))
        )
    (tmp_path / "documents").write_text("".join(f"{n // 3}\n" for n in range(600)))
    files = {one: tmp_path / one for one in ("en", "ru")}
    corpus = read_user_files(files, tmp_path / "documents", split=True)
    assert corpus.trainable
    assert sum(len(corpus.select(one)) for one in ("train", "validation", "test")) == 600


@pytest.mark.parametrize(
    ("name", "other"), [("ru.jsonl", "en.txt"), ("ru.po", "en.txt"), ("ru.csv", "en.jsonl")]
)
def test_a_table_beside_another_kind_of_file_is_not_read_as_lines(
    tmp_path: Path, name: str, other: str
) -> None:
    """Its markup would be counted as text."""
    for one in (name, other):
        (tmp_path / one).write_text("one\ntwo\n")
    with pytest.raises(CorpusError, match="give every language a file of one kind"):
        read_user_files({"en": tmp_path / other, "ru": tmp_path / name})

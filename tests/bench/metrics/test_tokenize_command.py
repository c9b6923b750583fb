"""`bench tokenize` on a user's files: what it writes, and what it refuses in one line."""

import subprocess
import sys

import pytest

from bench.cli import invoke
from bench.results import read_table

HEAVY = ("torch", "pandas", "scipy.stats", "matplotlib", "datasets", "transformers")


@pytest.fixture
def files(tmp_path, units, documents):
    """The three texts and their documents as files; returns the arguments that name them."""
    paths = {language: tmp_path / f"{language}.txt" for language in units}
    for language, path in paths.items():
        path.write_text("".join(f"{line}\n" for line in units[language]), encoding="utf-8")
    names = tmp_path / "documents.txt"
    names.write_text("".join(f"d{one}\n" for one in documents), encoding="utf-8")
    texts = [part for lang, path in paths.items() for part in ("--text", f"{lang}={path}")]
    return [*texts, "--documents", str(names)]


def run(*arguments):
    return invoke(["tokenize", *map(str, arguments)])


def test_a_table_of_metrics_and_a_summary(files, tmp_path, units, capsys):
    assert run(*files, "--vocabulary", "bytes", "--vocabulary", "characters",
               "--out", tmp_path / "out") == 0  # fmt: skip
    rows = read_table(tmp_path / "out", "tokenization")
    totals = {
        row["language"]: row["value"]
        for row in rows
        if (row["metric"], row["vocabulary"]) == ("tokens", "characters")
    }
    assert totals == {language: sum(map(len, texts)) for language, texts in units.items()}
    (corpus,) = {row["corpus"] for row in rows}
    assert len(corpus) == 8 and int(corpus, 16) >= 0
    assert {row["split"] for row in rows} == {"all"}
    assert {row["n_documents"] for row in rows} == {70}
    assert (tmp_path / "out" / "datapackage.json").is_file()
    shown = capsys.readouterr().out
    assert "characters" in shown and f"{len(rows):,} values in" in shown


def test_twice_the_same_command_writes_the_same_bytes(files, tmp_path):
    for out in ("a", "b"):
        assert run(*files, "--vocabulary", "bytes", "--out", tmp_path / out) == 0
    one, other = ((tmp_path / out / "tokenization.csv").read_bytes() for out in ("a", "b"))
    assert one == other


def test_without_documents_a_line_is_its_own(files, tmp_path, units):
    assert run(*files[:-2], "--vocabulary", "bytes", "--out", tmp_path / "out") == 0
    rows = read_table(tmp_path / "out", "tokenization")
    assert {row["n_documents"] for row in rows} == {len(units["en"])}


def test_the_first_language_is_the_reference_where_there_is_no_english(files, tmp_path):
    assert run(*files[2:6], "--vocabulary", "bytes", "--out", tmp_path / "out") == 0
    rows = read_table(tmp_path / "out", "tokenization")
    assert {row["reference"] for row in rows} == {"ru", None}


def test_gates_report_on_a_users_text_and_drop_only_when_asked(tmp_path, files, capsys, units):
    broken = tmp_path / "zh.txt"
    broken.write_text(broken.read_text().replace(units["zh"][0], "not Chinese at all", 1))
    arguments = [*files, "--vocabulary", "bytes", "--out", tmp_path / "out"]
    for extra, count in (([], len(units["en"])), (["--filter"], len(units["en"]) - 1)):
        assert run(*arguments, *extra) == 0
        rows = read_table(tmp_path / "out", "tokenization")
        assert {row["n_units"] for row in rows} == {count}
    said = capsys.readouterr().err
    assert "untranslated 1" in said and "would be dropped by --filter" in said


def test_lines_are_taken_as_they_are(tmp_path):
    """NUL, right-to-left marks, combining signs and spaces at the ends are text."""
    lines = [
        "  two spaces ",
        "a\0b",
        "\u200f\u202eשלום",
        "e\u0301 👩‍👩‍👧‍👦",
        "<|endoftext|> </s>",
        "",
    ]
    text = "".join(f"{line}\n" for line in lines)
    for language in ("en", "xx"):
        (tmp_path / language).write_bytes(text.encode())
    assert run("--text", f"en={tmp_path / 'en'}", "--text", f"xx={tmp_path / 'xx'}",
               "--vocabulary", "bytes", "--out", tmp_path / "out") == 0  # fmt: skip
    rows = read_table(tmp_path / "out", "tokenization")
    totals = {row["value"] for row in rows if row["metric"] == "tokens"}
    assert totals == {sum(len(line.encode()) for line in lines)}
    assert all(row["comparable"] for row in rows)


MISTAKES = {
    "nothing to measure": ([], "nothing to measure"),
    "one language": (["--text", "en={en}"], "at least two languages"),
    "no language": (["--text", "{en}", "--text", "ru={ru}"], "write LANG=FILE"),
    "a language twice": (["--text", "en={en}", "--text", "en={ru}"], "names en twice"),
    "no file": (["--text", "en={en}", "--text", "ru=nowhere.txt"], "nowhere.txt"),
    "lengths differ": (["--text", "en={en}", "--text", "ru={short}"], "align them line by line"),
    "not UTF-8": (["--text", "en={en}", "--text", "ru={latin}"], "not UTF-8"),
    "empty": (["--text", "en={empty}", "--text", "ru={empty}"], "no unit"),
    "no vocabulary": (["{both}", "--vocabulary", "gtp2"], "gtp2"),
    "two of one name": (["{both}", "--vocabulary", "bytes"], "two vocabularies are called bytes"),
    "a strange reference": (["{both}", "--reference", "de"], "--reference de"),
    "no such split": (["{both}", "--split", "test"], "test"),
    "documents of a corpus": (["--corpus", "x", "--documents", "{en}"], "goes with --text"),
    "an unknown option": (["{both}", "--colour", "red"], "No such option"),
    "an unknown mode": (["{both}", "--mode", "lines"], "lines"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_leaves_nothing(mistake, tmp_path, capsys):
    arguments, said = MISTAKES[mistake]
    places = {"en": "one\ntwo\n", "ru": "раз\nдва\n", "short": "раз\n", "empty": ""}
    for name, text in places.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "latin").write_bytes(b"caf\xe9\nx\n")
    both = ["--text", f"en={tmp_path / 'en'}", "--text", f"ru={tmp_path / 'ru'}"]
    names = {name: str(tmp_path / name) for name in (*places, "latin")}
    expanded = [
        part for one in arguments for part in (both if one == "{both}" else [one.format(**names)])
    ]
    code = run(*expanded, "--vocabulary", "bytes", "--out", tmp_path / "out")
    shown = capsys.readouterr()
    last = shown.err.splitlines()[-1]
    assert code == 2
    assert last.startswith("error: ") and said in last and "Traceback" not in shown.err
    assert not (tmp_path / "out").exists()


def test_it_loads_nothing_heavy(files, tmp_path):
    """Importing them costs more than the measurement of a small corpus."""
    command = ["tokenize", *files, "--vocabulary", "bytes", "--out", str(tmp_path / "out")]
    code = (
        "import sys; sys.argv[0] = 'bench'; from bench.cli import invoke;"
        f"invoke({command!r}); print([m for m in {HEAVY} if sys.modules.get(m)], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_a_folder_that_cannot_be_is_refused_before_anything_is_encoded(
    tmp_path, monkeypatch, capsys
):
    for language in ("en", "zh"):
        (tmp_path / f"{language}.txt").write_text("one\n")
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("bench.metrics.measurement.measure", lambda *_: pytest.fail("measured"))
    texts = [part for one in ("en", "zh") for part in ("--text", f"{one}={tmp_path / one}.txt")]
    wrong = ["--vocabulary", "bytes", "--out", str(tmp_path / "file" / "out")]
    assert invoke(["tokenize", *texts, *wrong]) == 2
    assert capsys.readouterr().err.startswith("error: ")

"""`bench glyphs`, as a user types it."""

import io
import os
import sys
from subprocess import PIPE, Popen
from types import SimpleNamespace

import pytest

from bench.cli import invoke


@pytest.fixture
def book(tmp_path, story):
    path = tmp_path / "book.txt"
    path.write_bytes(story.replace("\n", "\r\n").encode() + "\ue000\ue001 last".encode())
    return path


@pytest.fixture
def table(book, tmp_path):
    path = tmp_path / "book.tsv"
    assert invoke(["glyphs", "learn", str(book), "--size", "16", "--out", str(path)]) == 0
    return path


def test_a_book_there_and_back(book, table, tmp_path):
    coded, back = tmp_path / "coded.txt", tmp_path / "back.txt"
    assert invoke(["glyphs", "encode", str(book), "--table", str(table), "--out", str(coded)]) == 0
    assert invoke(["glyphs", "decode", str(coded), "--table", str(table), "--out", str(back)]) == 0
    assert back.read_bytes() == book.read_bytes()
    assert len(coded.read_text("utf-8")) < 0.6 * len(book.read_text("utf-8"))


def test_through_standard_input_and_output(book, table, monkeypatch):
    def through(command, data):
        out = io.BytesIO()
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=out))
        assert invoke(["glyphs", command, "--table", str(table)]) == 0
        return out.getvalue()

    assert through("decode", through("encode", book.read_bytes())) == book.read_bytes()


def test_measure_says_what_the_table_saves(book, table, capsys):
    assert invoke(["glyphs", "measure", str(book), "--table", str(table)]) == 0
    out = capsys.readouterr().out
    assert "plain" in out and "units in one sign" in out and "all come back" in out
    assert max(map(len, out.splitlines())) < 200


def test_a_broken_file_is_refused_and_nothing_is_written(book, table, tmp_path, capsys):
    coded, out = tmp_path / "coded.txt", tmp_path / "out.txt"
    coded.write_text("fine\nnot \uf8ff fine\n", encoding="utf-8")
    assert invoke(["glyphs", "decode", str(coded), "--table", str(table), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert "coded.txt, line 2, character 5: U+F8FF is no glyph of this table" in error
    assert not out.exists() and not [one for one in tmp_path.iterdir() if ".out" in one.name]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["learn", "--out", "x.tsv"], "error: say which text"),
        (["learn", "{book}", "--out", "{out}", "--gain", "money"], "error: no gain 'money'"),
        (["learn", "{book}", "--out", "{out}", "--alphabet", "runes"], "error: no alphabet"),
        (["learn", "{book}", "--out", "{out}", "--size", "99999"], "error: the text supports"),
        (["learn", "{empty}", "--out", "{out}"], "error: the text supports about 0 useful glyphs"),
        (["learn", "{book}", "--out", "no/x.tsv", "--size", "9"], "error: no/x.tsv: there is no f"),
        (["learn", "{book}", "--out", "{folder}", "--size", "9"], "error: {folder} is a folder"),
        (["learn", "{book}", "--out", "{out}", "--split", "test"], "error: --language and --split"),
        (["measure", "{empty}", "--table", "{book}"], "error: there is no text to measure"),
        (["encode", "{book}", "--table", "{book}"], "error: {book}: not a glyph table"),
        (["encode", "{book}", "--table", "nowhere.tsv"], "error: nowhere.tsv: No such file"),
    ],
)
def test_mistakes_get_one_line(arguments, reason, book, tmp_path, capsys):
    names = {"book": book, "out": tmp_path / "out.tsv", "empty": tmp_path / "empty.txt",
             "folder": tmp_path}  # fmt: skip
    names["empty"].touch()
    assert invoke(["glyphs", *(one.format(**names) for one in arguments)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(reason.format(**names)) and error.count("\n") == 1
    assert not (tmp_path / "out.tsv").exists()


def test_a_link_and_a_mode_survive_and_a_pipe_is_written_to(book, table, tmp_path):
    kept, link, pipe = tmp_path / "kept.txt", tmp_path / "link.txt", tmp_path / "pipe"
    kept.write_text("old")
    kept.chmod(0o600)
    link.symlink_to(kept)
    coding = ["glyphs", "encode", str(book), "--table", str(table), "--out"]
    assert invoke([*coding, str(link)]) == 0
    assert link.is_symlink() and kept.read_text() != "old"
    assert kept.stat().st_mode & 0o777 == 0o600
    os.mkfifo(pipe)
    with Popen([sys.executable, "-c", f"print(len(open({str(pipe)!r}, 'rb').read()))"],
               stdout=PIPE) as reader:  # fmt: skip
        assert invoke([*coding, str(pipe)]) == 0
        assert reader.stdout and int(reader.stdout.read()) == kept.stat().st_size
    assert pipe.is_fifo()

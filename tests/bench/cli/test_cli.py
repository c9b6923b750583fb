"""The command line as a user meets it: help, one line for a mistake, exit codes."""

import io
import subprocess
import sys
from importlib.metadata import version
from unittest.mock import Mock

import pytest

from bench.cli import invoke

HEAVY = ("torch", "pandas", "scipy", "matplotlib", "datasets", "pyarrow", "tokenizers", "pydantic")


def test_help_loads_nothing_heavy():
    """What keeps `bench --help` well under half a second."""
    code = (
        "import sys; from bench.cli import invoke; invoke(['--help']);"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "run" in done.stdout and "report" in done.stdout


def commands():
    from bench.cli.app import app

    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    groups = [
        (group.name, command.name or command.callback.__name__)
        for group in app.registered_groups
        for command in group.typer_instance.registered_commands
    ]
    return [(name,) for name in names] + groups


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(command, capsys):
    assert invoke([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Example: bench {command[0]}" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--profile", "none"], "no profile 'none'"),
        (["run", "--colour", "red"], "No such option"),
        (["plan", "--profile", "missing.toml"], "no file missing.toml"),
        (["verify", "nowhere"], "holds no manifest.json"),
        (["report", "nowhere"], "nowhere"),
        (["merge", "nowhere"], "is not a store"),
        (["fly"], "No such command"),
        (["inspect", "hi", "-v", "./dir"], "dir"),
        (["inspect", "hi", "-v", "."], "is a folder without a family.json"),
        (["inspect", "", "-v", "bytes"], "the text is empty"),
        (
            [
                "tokenize",
                "--corpus",
                "udhr",
                "--text",
                "en=a",
                "--vocabulary",
                "bytes",
                "--out",
                "x",
            ],
            "not both",
        ),
    ],
    ids=str,
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke(arguments) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ") and shown.err.count("\n") == 1
    assert said in shown.err
    assert not list(tmp_path.iterdir())


def test_an_interruption_says_that_nothing_is_lost(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("bench.runner.run", interrupted)
    assert invoke(["run", "--profile", "quick"]) == 130
    assert capsys.readouterr().err.startswith("interrupted: what was finished is kept")


def test_a_shard_that_is_none(capsys):
    from bench.errors import InputError
    from bench.runner import _shard

    for wrong in ("3", "0/2", "3/2", "a/b"):
        with pytest.raises(InputError, match="I/N"):
            _shard((), wrong)


def test_a_fault_of_ours_is_one_line_that_names_its_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("BABELTOLL_CACHE", str(tmp_path))
    monkeypatch.setattr("bench.runner.run", lambda *_: {}["nobody foresaw"])
    assert invoke(["run", "--profile", "quick"]) == 70
    shown = capsys.readouterr().err
    assert shown.startswith("error: internal error: KeyError: 'nobody foresaw' (its traceback is")
    assert shown.count("\n") == 1
    kept = tmp_path / "store" / "failed" / "command" / "traceback.txt"
    assert str(kept) in shown
    text = kept.read_text()
    assert "bench run --profile quick" in text and "test_cli.py" in text


def test_too_little_memory_is_no_fault_of_ours(monkeypatch, capsys):
    said = "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried"
    for error in (MemoryError(), RuntimeError(said)):
        monkeypatch.setattr("bench.runner.run", Mock(side_effect=error))
        assert invoke(["run", "--profile", "quick"]) == 2
        assert capsys.readouterr().err.startswith("error: out of memory: free some of it, or take")


def test_a_cell_that_failed_by_a_fault_of_ours_is_told(monkeypatch, capsys):
    from bench.errors import InternalError

    def failed(*_):
        raise InternalError("a cell: internal error: KeyError: 'x'")

    monkeypatch.setattr("bench.runner.run", failed)
    assert invoke(["run", "--profile", "quick"]) == 70
    assert capsys.readouterr().err == "error: a cell: internal error: KeyError: 'x'\n"


def test_the_line_end_of_a_pipe_is_no_part_of_the_text(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("hi\n"))
    assert invoke(["inspect", "-", "-v", "bytes", "--english", "hi"]) == 0
    assert "1.00" in capsys.readouterr().out.split()


def test_a_text_sends_no_control_character_to_the_terminal(capsys):
    assert invoke(["inspect", "a\x1b[31mb\x7f\x9bc", "-v", "bytes"]) == 0
    shown = capsys.readouterr().out
    assert not {code for code in map(ord, shown) if code < 0x20 or 0x7F <= code < 0xA0} - {0x0A}
    assert "␛" in shown


def test_defaults_are_told_where_the_command_chooses_them(capsys):
    for command, default in (("tokenize", "en"), ("export", "training, floor and rates"),
                             ("run", "one a core"), ("run", "results/<profile>")):  # fmt: skip
        assert invoke([command, "--help"]) == 0
        words = " ".join(capsys.readouterr().out.replace("│", " ").split())
        assert f"[default: {default}]" in words


def test_the_version_is_that_of_the_package(capsys):
    assert invoke(["--version"]) == 0
    assert capsys.readouterr().out == f"babeltoll {version('babeltoll')}\n"

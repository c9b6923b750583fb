"""`bench vocabularies` and `bench inspect`, as a user types them."""

import pytest

from bench.cli import invoke
from bench.vocabularies import published_names


def test_list_names_every_vocabulary(capsys):
    assert invoke(["vocabularies", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines[1:]} == {*published_names(), "bytes", "characters"}


def test_show_prints_the_card(capsys):
    assert invoke(["vocabularies", "show", "r50k_base"]) == 0
    out = capsys.readouterr().out
    assert "gpt2" in out and "50,256" in out and "en 33, ru 172, zh 82" in out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["vocabularies", "show", "gpt9"], "error: no published vocabulary is called gpt9"),
        (["vocabularies", "train", "bpe-300-per-language", "--out", "x"], "error: say what to"),
        (["inspect", "", "-v", "bytes"], "error: the text is empty"),
        (["inspect", "a", "-v", "nowhere/x.json"], "error: there is no file nowhere/x.json"),
    ],
)
def test_mistakes_get_one_line(arguments, reason, capsys):
    assert invoke(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(reason) and error.count("\n") == 1


def test_train_writes_a_family(units, tmp_path, capsys):
    options = []
    for language, texts in units.items():
        file = tmp_path / f"{language}.txt"
        file.write_text("\n".join(texts) + "\n", encoding="utf-8")
        options += ["--text", f"{language}={file}"]
    name, out = "bpe-300-per-language", tmp_path / "out"
    assert invoke(["vocabularies", "train", name, *options, "--out", str(out)]) == 0
    assert "zh: bpe-300-per-language.zh 300" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == [
        *("en.json", "family.json", "ru.json", "zh.json")
    ]
    assert invoke(["inspect", "красный", "-v", str(out / "ru.json"), "-v", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "ru " in shown and all(f"{name}.{language}" in shown for language in units)


def test_fetch_of_what_is_there_needs_no_network(vocabulary, capsys):
    vocabulary("gpt2")
    assert invoke(["vocabularies", "fetch", "gpt2", "bytes"]) == 0
    assert "mlx_whisper-0.4.3" in capsys.readouterr().out.replace("\n", "")


def test_inspect_shows_pieces_counts_and_cost(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "dumb")
    text, english = "да\n中", "yes"
    assert invoke(["inspect", text, "--english", english, "-v", "bytes", "-v", "characters"]) == 0
    bytes_row, characters_row = (
        line.split() for line in capsys.readouterr().out.splitlines()[1:] if line.strip()
    )
    assert bytes_row[:4] == ["bytes", "8", "1.00", "2.67"]
    assert bytes_row[4] == "<D0>|<B4>|<D0>|<B0>|⏎|<E4>|<B8>|<AD>"
    assert characters_row == ["characters", "4", "2.00", "1.33", "д|а|⏎|中"]


def test_colours_alternate():
    from bench.cli.inspect import coloured

    shown = coloured(["a", "b", "c"], colour=True)
    styles = [span.style for span in shown.spans]
    assert shown.plain == "abc" and len(set(styles)) == 3
    assert coloured(["a", "b"], colour=False).plain == "a|b"

"""The examples run as the README says, and what they claim comes out."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import tokenformer
from tokenformer import Pattention
from tokenformer.examples import drop_in, ffn, train


def test_training_on_a_text_file_learns_it(tmp_path, monkeypatch, capfdbinary):
    """A step takes a tenth of a second here, whatever else the machine does."""
    text = tmp_path / "text.txt"
    text.write_text("Ein kleiner Text, der sich wiederholt. Маленький текст. 小小的文本。\n" * 80)
    ticks = itertools.count(step=0.1)
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    monkeypatch.setattr(train, "keep_freed_memory", lambda: None)  # it is for a whole process
    monkeypatch.setattr(sys, "argv", ["train", str(text), "--seconds", "3"])
    train.main()
    out = capfdbinary.readouterr().out.decode(errors="replace")
    untrained, trained = map(float, re.findall(r"([\d.]+) bits per byte", out))
    assert untrained > 7.5
    assert trained < untrained - 2
    assert "grown from 72 to 108 slots" in out


def test_training_says_what_is_wrong_with_a_file(tmp_path, monkeypatch, capsys):
    (tmp_path / "short.txt").write_text("short")
    for name, message in (("short.txt", "too few"), ("absent.txt", "No such file")):
        monkeypatch.setattr(sys, "argv", ["train", str(tmp_path / name)])
        with pytest.raises(SystemExit) as ended:
            train.main()
        assert ended.value.code == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert message in error


def test_drop_ins_have_the_parameters_of_what_they_replace():
    linear, up, down = torch.nn.Linear(96, 64), torch.nn.Linear(16, 64), torch.nn.Linear(64, 16)
    slots = drop_in.in_place_of_linear(linear).slots
    assert abs(slots * (96 + 64) - 96 * 64) <= (96 + 64) / 2
    block = drop_in.in_place_of_feed_forward(up, down)
    assert sum(p.numel() for p in block.parameters()) == up.weight.numel() + down.weight.numel()
    assert block(torch.randn(3, 16)).shape == (3, 16)


@torch.no_grad()
def test_how_it_differs_from_a_feed_forward_block():
    torch.manual_seed(0)
    layer, x = Pattention(64, 64, 192), torch.randn(128, 64)
    pattention, block = ffn.sensitivity_to_size(layer, x)
    assert pattention == pytest.approx(1, abs=1e-5)
    assert block > 10
    assert ffn.distance_at_equal_norm(layer, x) < 1e-6
    pattention, block = ffn.reach_of_one_unit(layer, x)
    assert pattention > 0.01
    assert block == 0


def test_the_package_reads_itself_where_no_file_is_given():
    assert len(train.read(None)) > 20_000


README = (Path(tokenformer.__file__).parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("code", BLOCKS, ids=["train", "drop_in", "growth"])
def test_the_readme_runs(code, capsys):
    torch.manual_seed(0)
    exec(compile(code, "README.md", "exec"), {})
    if found := re.search(r"([\d.]+) nats per byte", capsys.readouterr().out):
        assert float(found[1]) < 4  # log 256 = 5.5 untrained


def test_the_readme_quotes_what_the_example_prints():
    command = [sys.executable, "-m", "tokenformer.examples.ffn"]
    out = subprocess.check_output(command, text=True)
    for figure in re.findall(r"x ([\d.]+) \(", out) + re.findall(r"([\d.]+)%", out):
        assert figure in README

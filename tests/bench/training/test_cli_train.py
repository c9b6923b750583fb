"""`bench train` on a user's own files, as a user types it."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.cli import invoke
from bench.training import checkpoint, single
from bench.training.data import Split

SHAPE = (
    'family = "transformer"\nlayers = 1\nwidth = 16\nheads = 2\nvocabulary = 257\ncontext = 64\n'
)


@pytest.fixture
def arguments(make_split: Callable[..., Split], tmp_path: Path) -> list[str]:
    """Aligned files of 900 units in about 450 documents, and a model of a few thousand weights."""
    split = make_split(900, 0, {"en": "en", "zh": "zh"})
    rng = np.random.default_rng(0)
    documents = np.repeat(np.arange(900), rng.integers(1, 4, 900))[:900]
    for language, texts in split.texts.items():  # numbered, so that no unit repeats another
        lines = [f"{text} {i}-{rng.integers(10**9)}" for i, text in enumerate(texts)]
        (tmp_path / f"{language}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "documents.txt").write_text("".join(f"d{i}\n" for i in documents))
    (tmp_path / "shape.toml").write_text(SHAPE)
    return [
        "train", "--text", f"en={tmp_path / 'en.txt'}", "--text", f"zh={tmp_path / 'zh.txt'}",
        "--documents", str(tmp_path / "documents.txt"), "--model", str(tmp_path / "shape.toml"),
        "--vocabulary", "bytes", "--language", "zh", "--context-units", "2",
        "--batch-units", "32", "--out", str(tmp_path / "out"),
    ]  # fmt: skip


def test_one_run_writes_its_tables(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke([*arguments, "--residual-init", "zero"]) == 0, capsys.readouterr().err
    shown = capsys.readouterr()
    result = json.loads(next((tmp_path / "out").rglob("result.json")).read_text(encoding="utf-8"))
    assert result["about"]["spec"]["stages"][0]["model"]["residual_init"] == "zero"
    assert "annealed: zh" in shown.err and "floor-kn5 zh:" in shown.err
    with (tmp_path / "out" / "training.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    test = {row["model"]: row for row in rows if row["split"] == "test"}
    assert list(test) == ["floor-kn5", "floor-order0", "floor-xz", "shape"]
    assert test["shape"]["status"] == "undertrained" and test["shape"]["bits_ci_low"]
    for name in ("curves.csv", "convergence.csv", "timings.csv", "datapackage.json"):
        assert (tmp_path / "out" / name).is_file()


def test_terminated_it_leaves_a_checkpoint_and_goes_on(
    arguments: list[str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "bench", *arguments, "--epochs", "400"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    assert "step" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 130
    assert "run the same command again" in process.stderr.read()
    assert (tmp_path / "out" / checkpoint.FILE).is_file()
    assert not (tmp_path / "out" / "training.csv").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--language", "de"], "--language de"),
        (["--reference", "de"], "--reference de"),
        (["--epochs", "inf"], "budget of inf"),
        (["--lr", "7"], "lr is 7.0"),
        (["--corpus", "udhr"], "say what to train on"),
        (["--vocabulary", "nothing-such"], "nothing-such"),
        (["--batch-units", "3"], "below twice context_units"),
        (["--threads", "3000000000"], "--threads"),
        (["--slice", "5"], "--slice"),
        (["--slice", "0.0001"], "or a larger slice"),
    ],
    ids=str,
)
def test_a_mistake_is_one_line(
    arguments: list[str], change: list[str], said: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert invoke([*arguments, *change]) == 2
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 1 and said in shown[0]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_is_refused_before_anything_is_trained(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(single, "family_for", lambda *_: pytest.fail("a vocabulary was trained"))
    (tmp_path / "file").write_text("")
    assert invoke([*arguments, "--out", str(tmp_path / "file" / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and "file" in line

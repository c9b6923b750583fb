"""What a step keeps in memory and multiplies, by counting; and that the stopwatch itself works."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from tokenformer import build, matched_pair, preset
from tokenformer.perf import GATES, main, ratio


def activations(config, batch, length):
    """Peak activation bytes of a bf16 training step, as PyTorch's own tracker predicts them."""
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.distributed._tools.mem_tracker import MemTracker

    with FakeTensorMode():
        model, ids = build(config), torch.zeros(batch, length, dtype=torch.long)
        optimizer = torch.optim.AdamW(model.parameters(), foreach=False)
        tracker = MemTracker()
        tracker.track_external(model, optimizer, ids)
        with tracker:
            for step in range(2):
                with torch.autocast("cpu", torch.bfloat16):
                    loss = model.nll(ids, ids).mean()
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                if step == 0:
                    tracker.reset_mod_stats()
        snapshot = tracker.get_tracker_snapshot("peak")[torch.device("cpu")]
    parts = {getattr(part, "name", part): size for part, size in snapshot.items()}
    return parts["ACT"] + parts["TEMP"]


def test_activations_of_the_124m_shape_are_at_most_those_of_a_transformer():
    tokenformer = replace(preset("growth-124m"), layers=2, vocabulary=1024)
    transformer, same = matched_pair(1024, 768, 2, 12)
    assert same == tokenformer
    shape = {"batch": 2, "length": 512}
    assert activations(tokenformer, **shape) <= 1.05 * activations(transformer, **shape)


def flops(config, batch, length):
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        model, ids = build(config), torch.zeros(batch, length, dtype=torch.long)
        with FlopCounterMode(display=False) as counter:
            model.nll(ids, ids).mean().backward()
    return counter.get_total_flops()


def test_both_models_multiply_equally_much():
    counts = [flops(config, 8, 256) for config in matched_pair(8192, 256, 4, 4)]
    assert counts[0] == counts[1]
    assert counts[0] / (8 * 256) == pytest.approx(34.603e6, rel=1e-4)  # 34.603 MFLOP a token


def test_a_ratio_is_taken_within_rounds():
    seconds = {"a": [2.0, 20.0, 3.0], "b": [1.0, 10.0, 1.0]}
    assert ratio(seconds, "a", "b") == 2.0


def test_the_stopwatch_runs_and_says_what_it_missed(monkeypatch, capsys):
    sizes = "--layers 1 --width 16 --heads 2 --length 8 --batch 2 --vocabulary 32 --rounds 2"
    threads = f"--threads {torch.get_num_threads()}"
    monkeypatch.setattr(sys, "argv", ["perf", *sizes.split(), *threads.split()])
    code, out = main(), capsys.readouterr().out
    assert code in (0, 1)
    assert (code == 1) == ("MISSED" in out)
    assert all(gate.name in out for gate in GATES if "compiled" not in gate.numerator)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_the_allocator_takes_the_setting():
    code = "import tokenformer; raise SystemExit(not tokenformer.keep_freed_memory())"
    subprocess.run([sys.executable, "-c", code], check=True)

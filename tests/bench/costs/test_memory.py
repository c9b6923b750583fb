"""Predicted memory: against PyTorch's own tracker, against what is known exactly, interpolation."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.claims.evidence import peak_evidence
from bench.costs import memory, shapes
from bench.costs.memory import PARTS, Curve, Step
from bench.costs.shape import Shape
from bench.costs.step import Simulation
from bench.errors import InputError
from bench.results import read_table, write_table

PAIR = ("transformer-2m", "tokenformer-2m")
QWEN = replace(
    shapes.load("qwen-2.5-7b"), layers=2, width=224, heads=7, kv_heads=1, head_width=32,
    feed_forward=592, vocabulary=5000,
)  # fmt: skip
GPT2 = replace(shapes.load("gpt2"), layers=2, width=96, heads=3, kv_heads=3, head_width=32,
               feed_forward=384, vocabulary=5000)  # fmt: skip


def total(held: dict[str, int]) -> int:
    return sum(held[part] for part in PARTS)


def tracked_by_torch(shape: Shape, rows: int, length: int, precision: str) -> int:
    """The peak by torch's MemTracker, two steps, as its documentation asks."""
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.distributed._tools.mem_tracker import MemTracker

    from bench.costs.step import model_of, random_batch

    class Loss(torch.nn.Module):
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, *batch: torch.Tensor) -> torch.Tensor:
            return self.model.nll(*batch).sum()  # type: ignore[no-any-return]

    with FakeTensorMode():
        module = Loss(model_of(shape))
        optimizer = torch.optim.AdamW(module.parameters(), foreach=False)
        batch = random_batch(shape, rows, length)
        tracker = MemTracker()
        tracker.track_external(module, optimizer, *batch)
        with tracker:
            for _ in range(2):
                with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                    loss = module(*batch)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                tracker.reset_mod_stats()
        return int(tracker.get_tracker_snapshot("peak")[torch.device("cpu")]["Total"])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", PAIR)
def test_totals_are_those_of_torchs_tracker(name: str, precision: str) -> None:
    shape = shapes.load(name).with_vocabulary(1024)
    held = Simulation(shape, precision=precision).peak(8, 96)
    assert total(held) == pytest.approx(tracked_by_torch(shape, 8, 96, precision), rel=1e-3)


@pytest.mark.parametrize("shape", [shapes.load("tokenformer-2m"), QWEN, GPT2], ids=lambda s: s.name)
def test_states_are_known_exactly(shape: Shape) -> None:
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    from bench.costs.step import model_of

    with FakeTensorMode():
        weights = sum(p.numel() for p in model_of(shape).parameters())
    held = Simulation(shape, precision="fp32").peak(4, 32)
    assert isinstance(torch.float32, torch.dtype)
    assert held["parameters"] == pytest.approx(4 * weights, rel=1e-3)  # and the scales' buffers
    assert held["optimizer"] == pytest.approx(8 * weights, rel=1e-3)  # and step counters
    assert Simulation(shape, optimizer="sgd").peak(4, 32)["optimizer"] == 0


def test_every_card_up_to_1_6b_has_a_model_with_its_weights() -> None:
    from torch._subclasses.fake_tensor import FakeTensorMode

    from bench.costs.step import model_of

    for name in shapes.names():
        shape = shapes.load(name)
        if shape.parameters < 1.6e9:
            few = replace(shape, layers=2)
            with FakeTensorMode():
                weights = sum(p.numel() for p in model_of(few).parameters())
            assert weights == pytest.approx(few.parameters, rel=2e-3), name


@pytest.mark.parametrize("name", PAIR)
def test_checkpointing_keeps_less(name: str) -> None:
    shape = shapes.load(name)
    kept, recomputed = (
        Simulation(shape, checkpointing=again).peak(16, 64) for again in (False, True)
    )
    assert recomputed["activations"] < 0.8 * kept["activations"]
    assert total(recomputed) < total(kept)


def test_rows_and_length_do_not_matter_beside_their_product() -> None:
    one = Simulation(shapes.load("tokenformer-2m"))
    assert total(one.peak(1, 1024)) == pytest.approx(total(one.peak(32, 32)), rel=2e-3)


def test_the_curve_agrees_with_simulations_it_did_not_make() -> None:
    curve = Step(shapes.load("tokenformer-2m").with_vocabulary(1024)).curve()
    wanted = list(range(512, 8192, 256))
    found = curve(wanted)
    assert len(curve.known) <= 12
    for tokens in (1536, 3328, 6144):
        held = curve.simulate(tokens)
        assert found[tokens][:-1].sum() == pytest.approx(held[:-1].sum(), rel=5e-3)


def test_a_curve_halves_where_its_middle_is_off_the_line() -> None:
    def kinked(tokens: int) -> np.ndarray:
        low, high = 1000.0 + tokens, 10.0 * tokens - 4000.0
        return np.array([0, 0, 0, low, 0, 0] if low > high else [0, 0, 0, 0, high, 0], float)

    curve = Curve(kinked)
    wanted = list(range(16, 2000, 16))
    found = curve(wanted)
    assert len(curve.known) < len(wanted) / 4
    for tokens in wanted:
        assert found[tokens].sum() == pytest.approx(kinked(tokens).sum(), rel=5e-3)


def test_a_curve_does_not_draw_lines_across_a_break() -> None:
    curve = Curve(lambda n: np.array([0, 0, 0, n if n <= 100 else n / 2, 0, 0], float), [100])
    found = curve([10, 50, 100, 101, 150, 200])
    assert found[50][3] == 50
    assert found[150][3] == 75


def test_batches_hold_the_same_units_in_every_language() -> None:
    batches = memory.sample_batches(500, 16, n=30, seed=1)
    assert batches.shape == (30, 16)
    assert all(len(set(batch)) == 16 for batch in batches)
    assert (batches == memory.sample_batches(500, 16, n=30, seed=1)).all()
    assert (batches != memory.sample_batches(500, 16, n=30, seed=2)).any()
    assert batches[0][:4].tolist() == [9, 61, 75, 93]  # the same on every machine


def test_tokens_of_a_step() -> None:
    lengths = np.array([3, 7, 40])
    assert memory.step_tokens(lengths, "padded") == 128  # 3 · 40 up to a multiple of 16
    assert memory.step_tokens(lengths, "packed") == 64


def test_rows_of_memory_csv(tmp_path: Path) -> None:
    tokens = np.random.default_rng(0).poisson([12, 17, 15], (200, 3)) + 1
    rows = memory.memory_rows(
        tokens, ("en", "ru", "zh"), shapes.load("transformer-2m"), [512] * 3, batch_units=8
    )
    named = {"corpus": "c", "split": "all", "vocabulary": "v", "signature": "s"}
    write_table(tmp_path, "memory", [{**named, **row} for row in rows])
    written = read_table(tmp_path, "memory")
    assert len(written) == 3 * 2 * 6
    means = {(r["language"], r["layout"], r["part"]): r["bytes_mean"] for r in written}
    for language in ("en", "ru", "zh"):
        for layout in ("padded", "packed"):
            parts = sum(means[language, layout, part] for part in PARTS)
            assert parts == pytest.approx(means[language, layout, "total"])
        assert means[language, "packed", "total"] < means[language, "padded", "total"]
    assert means["en", "padded", "total"] < means["ru", "padded", "total"]
    assert all(row["ci_low"] <= row["bytes_mean"] <= row["bytes_max"] for row in written)
    assert {row["n_batches"] for row in written} == {30}


def test_units_beyond_the_learned_positions_have_no_step() -> None:
    """With its end a unit of 64 tokens is 65: more than there are positions for."""
    short = replace(GPT2, context=64)
    tokens = np.full((40, 3), 20)
    tokens[7, 1], tokens[7, 2] = 64, 63
    options: dict[str, Any] = {"batch_units": 4, "n_batches": 2}
    found = memory.predicted_batches(tokens, ("en", "ru", "zh"), short, **options)
    rows = found.rows("en")
    assert len(rows) == 3 * 2 * 6
    assert {row["language"] for row in rows if row.get("bytes_mean") is None} == {"ru"}
    assert [row["language"] for row in rows if "ratio" in row] == ["zh", "zh"]
    assert not any("ratio" in row for row in found.rows("ru"))
    held = memory.memory_rows(tokens, ("en", "ru", "zh"), replace(short, context=65), **options)
    assert all("bytes_mean" in row for row in held)
    for reference, languages in (("en", ["zh", "zh"]), ("ru", [])):
        proof = peak_evidence(
            found, tokens, np.arange(40), reference, lambda one, *_, **__: {"language": one}
        )
        assert [row["language"] for row in proof] == languages


def test_the_ratio_is_split_into_its_causes() -> None:
    reference = np.array([[10.0, 0, 20, 60, 10, 30]] * 2)
    other = np.array([[12.0, 0, 24, 90, 14, 45]] * 2)
    split = memory.shares(other, reference)
    assert split["ratio"] == pytest.approx(1.4)
    assert split["logits"] == pytest.approx(0.15)
    assert split["states"] == pytest.approx(0.06)
    assert split["activations"] == pytest.approx(0.19)


def test_what_cannot_be_predicted_is_refused_by_name() -> None:
    small = shapes.load("tokenformer-2m")
    refusals = [
        (lambda: Simulation(small, precision="fp8"), "unknown precision 'fp8'"),
        (lambda: Simulation(small, optimizer="lion"), "unknown optimizer 'lion'"),
        (lambda: Simulation(replace(small, heads=4, head_width=40, kv_heads=2)), "no TokenFormer"),
        (lambda: Simulation(GPT2).peak(1, 4096), "1024 learned positions"),
        (lambda: Simulation(shapes.load("deepseek-v3")), "mixture of experts"),
        (lambda: memory.sample_batches(10, 16), "more than the corpus has"),
        (lambda: memory.sample_batches(10, 0), "batches of 0 units"),
        (lambda: memory.step_tokens(np.array([3]), "ragged"), "unknown layout 'ragged'"),
    ]
    for attempt, said in refusals:
        with pytest.raises(InputError, match=said):
            attempt()


@pytest.mark.parametrize("name", PAIR)
def test_on_a_cpu_short_sequences_in_bf16_keep_their_attention(name: str) -> None:
    """tokenformer.short_attention keeps [rows, heads, length, length] in bf16 a layer."""
    shape, rows, length = shapes.load(name).with_vocabulary(64), 16, 160
    kept = shape.layers * rows * shape.heads * length**2 * 2
    for precision, least, most in (("bf16", 0.95, 1.3), ("fp32", -0.02, 0.02)):
        fused, short = (
            total(Simulation(shape, precision=precision, on_cpu=on_cpu).peak(rows, length))
            for on_cpu in (False, True)
        )
        assert least <= (short - fused) / kept <= most  # and the scaled queries
    long = [
        total(Simulation(shape, on_cpu=on_cpu).peak(2, 512)) for on_cpu in (False, True)
    ]  # above the longest that takes it
    assert long[0] == pytest.approx(long[1], rel=1e-3)

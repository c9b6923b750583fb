"""Two processes that train one model: what they find is what one finds."""

import multiprocessing
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.errors import InputError
from bench.training import checkpoint
from bench.training import result as results
from bench.training.data import RunData
from bench.training.distributed import alone, run_together, team
from bench.training.result import RunResult
from bench.training.run import Stopped, run
from bench.training.sharded import ShardedTrainer
from bench.training.spec import Budget, Optimiser, RunSpec

TOLERANCE = 1e-4  # relative, of bits per unit after a run in fp32: sums in another order
FIELDS = {"architecture": "tokenformer", "width": 16, "layers": 2, "heads": 2, "dropout": 0.0}


@pytest.fixture
def small(spec: Callable[..., RunSpec]) -> RunSpec:
    """Steps of two or three pieces for each process, and of one sequence too few at the end."""
    return spec(fields=FIELDS, chunk_tokens=200, optimiser=Optimiser(lr=1e-2),
                budget=Budget("content", 2.0))  # fmt: skip


def _process(
    rank: int, port: int, spec: RunSpec, data: RunData, out: Path, stop_at: int,
    options: dict[str, bool],
) -> None:  # fmt: skip
    import torch

    torch.set_num_threads(1)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "RANK": str(rank),
                   "WORLD_SIZE": "2", "LOCAL_RANK": str(rank)}  # fmt: skip
    asked = iter(range(10**6))
    stop = (lambda: next(asked) + 1 == stop_at) if rank == 1 else (lambda: False)
    every = 0.05 if rank == 1 else 1e9  # seconds: one clock says that it is due, the other never
    note_parts(out / f"parts.{rank}")
    with team(**options) as of:
        try:
            found = run_together(of, spec, data, out / "run", checkpoints=out, every=every,
                                 stop=stop)  # fmt: skip
            np.save(out / f"bits.{rank}.npy", found.arrays[results.test_bits("main", "en")])
        except Stopped:
            (out / f"stopped.{rank}").touch()


def note_parts(path: Path) -> None:
    """Have a sharded trainer write how many weights lie in this process, and how many in all."""
    real = ShardedTrainer._share

    def share(trainer: Any) -> Any:
        nats = real(trainer)
        here = sum(one.to_local().numel() for one in trainer.model.parameters())
        path.write_text(f"{here} {sum(one.numel() for one in trainer.model.parameters())}")
        return nats

    ShardedTrainer._share = share  # type: ignore[method-assign]


def together(spec: RunSpec, data: RunData, out: Path, stop_at: int = 0, **options: bool) -> None:
    """Run two processes to their end."""
    out.mkdir(exist_ok=True)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    pair = [context.Process(target=_process, args=(rank, port, spec, data, out, stop_at, options))
            for rank in (0, 1)]  # fmt: skip
    for one in pair:
        one.start()
    for one in pair:
        one.join(120)
        if one.is_alive():
            one.kill()
    assert [one.exitcode for one in pair] == [0, 0]


def counted(result: RunResult) -> list[dict[str, Any]]:
    return [{key: stage[key] for key in ("step", "units", "tokens", "flops_useful")}
            for stage in result.stages]  # fmt: skip


def same(found: RunResult, expected: RunResult) -> None:
    assert counted(found) == counted(expected)
    assert len(found.points) == len(expected.points)
    for name, values in expected.arrays.items():
        np.testing.assert_allclose(found.arrays[name], values, rtol=TOLERANCE, err_msg=name)


@pytest.mark.parametrize(
    "options",
    [{}, {"sharded": True, "checkpointing": True}],
    ids=["ddp", "fsdp-checkpointing"],
)
def test_two_processes_and_one_find_the_same(
    data: RunData, small: RunSpec, tmp_path: Path, options: dict[str, bool]
) -> None:
    expected = run(small, data, tmp_path / "one")
    out = tmp_path / "two"
    together(small, data, out, **options)
    same(RunResult.load(out / "run"), expected)
    ranks = [np.load(out / f"bits.{rank}.npy") for rank in (0, 1)]
    np.testing.assert_array_equal(*ranks)
    parts = [path.read_text().split() for path in sorted(out.glob("parts.*"))]
    if options.get("sharded"):
        (first, whole), (second, _) = ((int(one), int(other)) for one, other in parts)
        assert first + second == whole and abs(first - second) < 0.1 * whole
    else:
        assert not parts


@pytest.mark.parametrize(("sharded", "stop_at"), [(False, 4), (True, 1)])
def test_one_asked_to_stop_stops_both_and_one_goes_on(
    data: RunData, small: RunSpec, tmp_path: Path, sharded: bool, stop_at: int
) -> None:
    """The first step is in a branch: its trunk is kept beside it."""
    expected = run(small, data, tmp_path / "one")
    out = tmp_path / "two"
    together(small, data, out, stop_at=stop_at, sharded=sharded)
    assert (out / "stopped.0").exists() and (out / "stopped.1").exists()
    kept = checkpoint.load(out, f"{small.digest} {data.digest}")
    assert kept and kept.trainer and (kept.trunk is not None or stop_at > 1)
    found = run_together(alone(), small, data, out / "run", checkpoints=out)
    same(found, expected)


def test_a_model_in_parts_does_not_grow(data: RunData, small: RunSpec, tmp_path: Path) -> None:
    (first,) = small.stages
    second = replace(first, name="grown", model={}, growth={"slots": 32})
    grown = replace(small, stages=(first, second))
    with pytest.raises(InputError, match="cannot be held in parts"):
        run_together(alone(sharded=True), grown, data, tmp_path)


def test_what_one_began_two_go_on_with_in_parts(
    data: RunData, small: RunSpec, tmp_path: Path
) -> None:
    expected = run(small, data, tmp_path / "one")
    out, asked = tmp_path / "two", iter(range(10**6))
    with pytest.raises(Stopped):
        run(small, data, out / "run", checkpoints=out, stop=lambda: next(asked) == 3)
    together(small, data, out, sharded=True)
    same(RunResult.load(out / "run"), expected)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_checkpointing_changes_memory_only(
    data: RunData, spec: Callable[..., RunSpec], tmp_path: Path, precision: str
) -> None:
    short = spec(fields=FIELDS, precision=precision, budget=Budget("content", 1.0))
    plain = run(short, data, tmp_path / "plain")
    recomputed = run_together(alone(checkpointing=True), short, data, tmp_path / "again")
    tolerance = TOLERANCE if precision == "fp32" else 1e-2
    for name, values in plain.arrays.items():
        np.testing.assert_allclose(recomputed.arrays[name], values, rtol=tolerance)

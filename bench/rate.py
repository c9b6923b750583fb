"""This machine's rate of matrix products: what a plan divides FLOPs by."""

import contextlib
import json
from pathlib import Path

import corpora
from bench import machine
from bench.results import write_atomically
from bench.training.spec import Precision

NAME = "rates.json"


def matrix_rate(precision: Precision) -> float:
    """FLOPs a second of square matrix products on one core, the best that was ever seen here.

    It is measured once and kept in the cache: a plan should not import torch each time.
    """
    key = f"{machine.processor()} {precision} torch {machine.versions()['torch']}"
    path = corpora.cache_dir() / NAME
    known = _read(path)
    if key not in known:
        known[key] = _measured(precision)
        with contextlib.suppress(OSError):  # a cache that is only read
            write_atomically(path, json.dumps(known, indent=1, sort_keys=True).encode())
    return known[key]


def _read(path: Path) -> dict[str, float]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): float(rate) for name, rate in found.items() if float(rate) > 0}
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}


def _measured(precision: Precision, bursts: int = 8) -> float:
    import torch

    from bench.training.meter import burst_rate

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return max(burst_rate(precision, seconds=0.05) for _ in range(bursts))
    finally:
        torch.set_num_threads(before)

"""A real step on this machine beside its prediction, by the protocol of docs/costs.md."""

import sys
from dataclasses import replace

import pytest

from bench.costs import shapes
from bench.costs.measure import CPU_SOURCE, Setting, measure, predict


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's /proc")
def test_a_real_step_is_within_five_percent() -> None:
    narrow = {"width": 64, "heads": 2, "kv_heads": 2, "slots": 48, "ffn_slots": 192}
    shape = replace(shapes.load("tokenformer-2m"), **narrow, vocabulary=64)  # few FLOPs a byte
    setting = Setting(shape, 168, 160)
    predicted, measured = predict(setting), measure(setting)[CPU_SOURCE]
    assert measured > 400 * 2**20
    assert predicted == pytest.approx(measured, rel=0.05)

"""A plan prices training for the GPUs that a profile states."""

import pytest

from bench import profile
from bench.cli.plan_table import table
from bench.errors import InputError
from bench.forecast import beyond
from bench.gpus import Gpus
from bench.plan import plan
from bench.sources import Source, Sources

SMALL = """
name = "small"
description = "two runs"
corpora = ["udhr"]
languages = ["en", "zh"]
[vocabularies]
trained = ["bpe-4096-per-language"]
[training]
corpus = "udhr"
models = ["transformer-2m"]
vocabularies = ["bpe-4096-per-language"]
precision = "bf16"
device = "cuda"
budget = "flop"
amount = 3.6e17
schedule = "cosine"
[gpus]
"""


def loaded(tmp_path, section):
    path = tmp_path / "small.toml"
    path.write_text(SMALL + section)
    return profile.load(str(path))


def gpu_rows(wanted):
    corpora = (Source("udhr", facts=({"sha256": "0" * 64},)),)
    lines = table(plan(wanted, Sources(corpora, ()), "fp32", 1e11), [], {}, 1).splitlines()
    assert max(map(len, lines)) <= 80
    start = next(
        (place for place, line in enumerate(lines) if line.startswith("hours")), len(lines)
    )
    return [line.split() for line in lines[start + 2 :] if line]


def test_hours_are_flops_over_the_share_of_the_peak():
    half = Gpus(devices=("a100-80gb",), utilisation=0.5)
    assert half.seconds(312e12 * 1800, "a100-80gb") == pytest.approx(3600)


def test_the_plan_of_stated_gpus(tmp_path):
    wanted = loaded(tmp_path, 'devices = ["a100-80gb", "h100"]\nutilisation = 0.5\n')
    rows = gpu_rows(wanted)
    assert rows[0] == ["transformer-2m", "bpe-4096-per-language"]
    assert [row[0] for row in rows[1:]] == ["en", "zh"]
    a100, h100 = (float(hours) for hours in rows[1][-2:])
    assert a100 == pytest.approx(3.6e17 * beyond(wanted.training) / 156e12 / 3600, rel=0.05)
    assert a100 / h100 == pytest.approx(989 / 312, rel=0.1)


def test_what_does_not_fit_is_said(tmp_path, monkeypatch):
    from bench.cli import gpu_table

    monkeypatch.setattr(gpu_table.Memory, "of", lambda memory, cell: 30 * 10**9)
    rows = gpu_rows(loaded(tmp_path, 'devices = ["rtx-4090", "h100"]\n'))
    assert rows[1][-3:-1] == ["too", "large"] and float(rows[1][-1]) > 0


def test_none_stated_none_priced_and_no_key_changes(tmp_path):
    plain, priced = loaded(tmp_path, ""), loaded(tmp_path, 'devices = ["h100"]\n')
    assert gpu_rows(plain) == []
    assert plain.model_dump() == priced.model_dump()


def test_a_device_nobody_knows_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"gpus.*no device 'h900': use one of a100-80gb"):
        loaded(tmp_path, 'devices = ["h900"]\n')

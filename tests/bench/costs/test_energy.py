"""Energy: read from meters that exist, empty where there is none."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.cell import Cell
from bench.costs import energy
from bench.costs.energy import Meter, measured, nvml, rapl
from bench.executors import compute
from bench.store import Store


def zone(folder: Path, name: str, joules: int) -> Path:
    place = folder / f"intel-rapl:{name}"
    place.mkdir()
    (place / "name").write_text("package-0\n" if ":" not in name else "core\n")
    (place / "max_energy_range_uj").write_text("1000000000")
    (place / "energy_uj").write_text(str(joules * 10**6))
    return place


def test_packages_are_read_and_their_parts_are_not_counted_twice(tmp_path: Path) -> None:
    package, _ = zone(tmp_path, "0", 5), zone(tmp_path, "0:0", 3)
    meters = rapl(tmp_path)
    assert [meter.source for meter in meters] == ["rapl:intel-rapl:0"]
    with measured(meters) as used:
        (package / "energy_uj").write_text(str(12 * 10**6))
    assert used.joules == 7.0


def test_a_counter_wraps_around() -> None:
    readings = iter((990.0, 15.0))
    with measured((Meter("made-up", lambda: next(readings), 1000.0),)) as used:
        pass
    assert used.joules == 25.0


def test_no_meter_is_no_value(tmp_path: Path) -> None:
    (zone(tmp_path, "1", 5) / "energy_uj").unlink()  # as for a user without the right to read
    assert rapl(tmp_path) == ()
    with measured(()) as used:
        pass
    assert used.joules is None


def failing() -> tuple[Meter, ...]:
    """A meter that answers once."""
    readings = iter((990.0,))

    def read() -> float:
        for one in readings:
            return one
        raise OSError(5, "Input/output error", "/sys/class/powercap/intel-rapl:0/energy_uj")

    return (Meter("made-up", read),)


def test_a_meter_that_fails_at_the_end_costs_its_value_and_not_the_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(energy, "meters_here", failing)
    done = compute(Store(tmp_path), Cell("probe", {"number": 1}, (), "hours of training"))
    assert done.json("sum.json") == 1
    assert done.record["timings"][0]["energy_joules"] is None


def test_a_part_of_the_energy_is_no_value() -> None:
    steady = Meter("steady", lambda: 1.0)
    with measured((steady, *failing())) as used:
        pass
    assert (used.joules, used.sources) == (None, ())


def test_a_device_that_is_lost_fails_as_a_meter_does(monkeypatch: pytest.MonkeyPatch) -> None:
    class NVMLError(Exception):
        pass

    readings = iter((5_000, 6_000))  # when it is looked for, and before the work

    def millijoules(device: object) -> int:
        for one in readings:
            return one
        raise NVMLError("GPU is lost")

    fake = SimpleNamespace(
        NVMLError=NVMLError, nvmlInit=lambda: None, nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=str, nvmlDeviceGetTotalEnergyConsumption=millijoules,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    with measured(nvml()) as used:
        pass
    assert used.joules is None

"""Energy: read from meters that exist, empty where there is none."""

from pathlib import Path

from bench.costs.energy import Meter, measured, rapl


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
    with measured(meters) as energy:
        (package / "energy_uj").write_text(str(12 * 10**6))
    assert energy.joules == 7.0


def test_a_counter_wraps_around() -> None:
    readings = iter((990.0, 15.0))
    with measured((Meter("made-up", lambda: next(readings), 1000.0),)) as energy:
        pass
    assert energy.joules == 25.0


def test_no_meter_is_no_value(tmp_path: Path) -> None:
    (zone(tmp_path, "1", 5) / "energy_uj").unlink()  # as for a user without the right to read
    assert rapl(tmp_path) == ()
    with measured(()) as energy:
        pass
    assert energy.joules is None

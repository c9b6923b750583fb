"""Energy of a piece of work in joules, where the machine has a meter; None where it has not.

Two meters are read: RAPL counters of the processor packages, as the Linux kernel shows them under
powercap, and the total energy counter of NVIDIA devices through NVML (the package nvidia-ml-py,
optional). Nothing is estimated from a processor's name, so no meter means no value.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Meter:
    """A counter in joules that only grows, but may wrap around at `range` (0: never).

    `read` raises OSError or ValueError where it fails.
    """

    source: str
    read: Callable[[], float]
    range: float = 0.0

    def between(self, before: float, after: float) -> float:
        """Joules counted from one reading to another."""
        return after - before if after >= before else after - before + self.range


@dataclass
class Energy:
    """What a piece of work used: filled in when it ends."""

    joules: float | None = None
    sources: tuple[str, ...] = field(default=())


@contextmanager
def measured(meters: tuple[Meter, ...] | None = None) -> Iterator[Energy]:
    """Measure what runs inside; `joules` stays None without a meter, or where one fails.

    Counters are the machine's: other work on it is counted too.
    """
    used = meters_here() if meters is None else meters
    energy, before = Energy(), _readings(used)
    yield energy
    after = _readings(used)
    if before and after:
        energy.joules = sum(map(Meter.between, used, before, after))
        energy.sources = tuple(meter.source for meter in used)


def meters_here() -> tuple[Meter, ...]:
    """The meters that this machine lets us read."""
    return (*rapl(), *nvml())


def rapl(powercap: Path = POWERCAP) -> tuple[Meter, ...]:
    """One meter for each processor package; its parts (cores, memory) are inside it."""
    found = []
    for zone in sorted(powercap.glob("*-rapl:*")):
        try:
            if not (zone / "name").read_text().startswith("package"):
                continue
            wraps_at = int((zone / "max_energy_range_uj").read_text()) / 1e6
            read = _counter(zone / "energy_uj")
            read()
        except (OSError, ValueError):
            continue  # not readable by this user: no meter
        found.append(Meter(f"rapl:{zone.name}", read, wraps_at))
    return tuple(found)


def nvml() -> tuple[Meter, ...]:
    """One meter for each NVIDIA device that counts its energy (Volta and later)."""
    try:
        pynvml: Any = import_module("pynvml")
    except ImportError:
        return ()
    try:
        pynvml.nvmlInit()
        devices = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        readers = [_device_counter(pynvml, device) for device in devices]
        for read in readers:
            read()
    except (pynvml.NVMLError, OSError):
        return ()
    return tuple(Meter(f"nvml:{place}", read) for place, read in enumerate(readers))


def _readings(meters: tuple[Meter, ...]) -> list[float]:
    """Of every meter; none where one of them fails, for a part of the energy is no value."""
    try:
        return [meter.read() for meter in meters]
    except (OSError, ValueError):
        return []


def _counter(file: Path) -> Callable[[], float]:
    return lambda: int(file.read_text()) / 1e6


def _device_counter(pynvml: Any, device: object) -> Callable[[], float]:
    def read() -> float:
        try:
            return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(device)) / 1e3
        except pynvml.NVMLError as error:
            raise OSError(f"NVML: {error}") from None

    return read

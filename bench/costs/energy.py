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
    """A counter in joules that only grows, but may wrap around at `range` (0: never)."""

    source: str
    read: Callable[[], float]
    range: float = 0.0

    def since(self, before: float) -> float:
        """Joules counted since the reading `before`."""
        now = self.read()
        return now - before if now >= before else now - before + self.range


@dataclass
class Energy:
    """What a piece of work used: filled in when it ends."""

    joules: float | None = None
    sources: tuple[str, ...] = field(default=())


@contextmanager
def measured(meters: tuple[Meter, ...] | None = None) -> Iterator[Energy]:
    """Measure what runs inside; `joules` stays None without a meter.

    Counters are the machine's: other work on it is counted too.
    """
    used = meters_here() if meters is None else meters
    energy, before = Energy(), [meter.read() for meter in used]
    yield energy
    if used:
        energy.joules = sum(m.since(start) for m, start in zip(used, before, strict=True))
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
        readers = [_device_counter(pynvml.nvmlDeviceGetTotalEnergyConsumption, d) for d in devices]
        for read in readers:
            read()
    except pynvml.NVMLError:
        return ()
    return tuple(Meter(f"nvml:{place}", read) for place, read in enumerate(readers))


def _counter(file: Path) -> Callable[[], float]:
    return lambda: int(file.read_text()) / 1e6


def _device_counter(millijoules: Callable[[object], int], device: object) -> Callable[[], float]:
    return lambda: millijoules(device) / 1e3

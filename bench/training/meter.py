"""What a clock or a meter says of a run. Nothing here touches a result."""

import resource
import time
from functools import cache
from pathlib import Path

from bench.training.precision import products
from bench.training.spec import Precision

PEAK = "VmHWM"


@cache
def gemm_rate(precision: Precision, device: str = "cpu", seconds: float = 0.2) -> float:
    """As `burst_rate`, measured once a process."""
    return burst_rate(precision, device, seconds)


def burst_rate(precision: Precision, device: str = "cpu", seconds: float = 0.2) -> float:
    """FLOPs per second of square matrix products in this process, with the threads now set."""
    import torch

    size = 512 if device == "cpu" else 8192
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    one = torch.ones(size, size, dtype=dtype, device=device)
    with products(precision, device):
        one @ one
        count, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            (one @ one)[0, 0].item()
            count += 1
    return 2.0 * size**3 * count / elapsed


def accelerator() -> str:
    """The name of the device that runs beside the processor."""
    import torch

    return torch.cuda.get_device_name()


def reset_peak_memory(device: str = "cpu") -> None:
    """Let the peak of memory count from now: the device's, or resident where the kernel allows."""
    if device != "cpu":
        import torch

        torch.cuda.reset_peak_memory_stats()
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_memory(device: str = "cpu") -> tuple[int, str]:
    """Peak resident bytes of this process, or allocated ones of the device, and their source."""
    if device != "cpu":
        import torch

        return int(torch.cuda.max_memory_allocated()), "torch.cuda.max_memory_allocated"
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        kibibytes = next(line.split()[1] for line in lines if line.startswith(PEAK))
        return int(kibibytes) * 1024, PEAK
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak * 1024, "ru_maxrss"

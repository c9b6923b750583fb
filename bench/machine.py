"""What this machine is, as far as it changes a result or a price."""

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Literal

RELEVANT = ("numpy", "scipy", "torch", "tokenizers", "sentencepiece", "tiktoken")


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0))


def precision() -> Literal["fp32", "bf16"]:
    """What `auto` means here: bf16 where the processor multiplies it, fp32 where it is emulated."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "fp32"
    return "bf16" if "avx512_bf16" in flags or "amx_bf16" in flags else "fp32"


def processor() -> str:
    """The processor's name, for timings."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def versions() -> dict[str, str]:
    """Versions of what computes the numbers."""
    found = {name: metadata.version(name).split("+")[0] for name in RELEVANT}
    return {"python": platform.python_version(), **found}

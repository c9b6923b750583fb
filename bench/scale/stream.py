"""Memory and speed of `bench stream` on text made here, shard after shard of 100,000 units."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARD_UNITS = 100_000
LANGUAGES = ("en", "zh")


def streamed(units: int, vocabulary: str) -> str:
    """Make the text, stream it in a process of its own; its peak memory and its rate."""
    with tempfile.TemporaryDirectory() as folder:
        files = make(Path(folder), units)
        command = [sys.executable, "-m", "bench", "stream", "--out", f"{folder}/out",
                   "--vocabulary", vocabulary, "--large"]  # fmt: skip
        command += [f"--column={one}={one}" for one in LANGUAGES]
        command += [f"--files={one}" for one in files]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return (f"{units:,} units with {vocabulary}: peak {peak:,.0f} MiB, {seconds:,.0f} s, "
            f"{units / seconds:,.0f} units/s")  # fmt: skip


def make(folder: Path, units: int) -> list[Path]:
    """Shards of short parallel units in documents of 20; the same for the same number."""
    files = []
    for start in range(0, units, SHARD_UNITS):
        path = folder / f"shard-{start // SHARD_UNITS:05}.jsonl"
        with path.open("w", encoding="utf-8") as out:
            for unit in range(start, min(units, start + SHARD_UNITS)):
                text = {"en": f"This is unit number {unit}, with {unit % 97} more things to say.",
                        "zh": f"这是第{unit}个单元，还有{unit % 97}件事要说。",
                        "document": f"d{unit // 20}"}  # fmt: skip
                out.write(json.dumps(text, ensure_ascii=False) + "\n")
        files.append(path)
    return files

"""`make torture`: kills, races, full disks, failing reads. Stops where one does not hold.

python tests/torture --kills 50 --racers 8 --cells 200 --reads 20
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import faults
import kills
import races
from run import Run, prepare


def main() -> int:
    """Run what is asked; 1 where something did not hold."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="torture.") as place:
        folder = Path(place)
        _timed("races", lambda: races.races(folder, asked.racers, asked.cells))
        prepare(folder)
        expected: dict[str, bytes] = {}
        _timed("uninterrupted", lambda: _whole(folder, expected))
        _timed("kills", lambda: kills.kills(folder, asked.kills, expected, asked.seed))
        _timed("full disk", lambda: faults.full_disks(folder, expected))
        reads = asked.reads
        _timed("reads", lambda: faults.failing_reads(folder, expected, reads, asked.seed))
    return 0


def _whole(folder: Path, expected: dict[str, bytes]) -> str:
    run = Run(folder, "whole")
    expected.update(run.whole())
    return f"{len(run.cells())} cells, {len(expected)} result files"


def _timed(name: str, does: object) -> None:
    start = time.monotonic()
    said = does()  # type: ignore[operator]
    print(f"{name:<14} {time.monotonic() - start:6.1f} s  {said}", flush=True)


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--racers", type=int, default=8)
    options.add_argument("--cells", type=int, default=200)
    options.add_argument("--reads", type=int, default=20)
    options.add_argument("--seed", type=int, default=0)
    return options.parse_args()


if __name__ == "__main__":
    sys.exit(main())

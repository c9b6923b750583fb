"""`make fuzz`: every parser on damaged and on generated input, and other people's loaders.

python tests/fuzz --count 100000 --generated 2000 --loaders 1000 --workers 2
python tests/fuzz --only tmx --count 5000
python tests/fuzz --only tmx --show 4711       write the input of that number to standard output
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import running
from parsers import PARSERS


def main() -> int:
    """Run what is asked, print a line a parser and every finding; 1 if there is one."""
    asked = _arguments()
    chosen = [one for one in PARSERS if not asked.only or one.name in asked.only]
    if asked.show is not None:
        sys.stdout.buffer.write(running.input_of(chosen[0], asked.show))
        return 0
    start = time.monotonic()
    findings = running.everything(chosen, asked.count, asked.generated, asked.workers, asked.seed)
    if asked.loaders and not asked.only:
        import loaders

        findings += loaders.everything(asked.loaders, asked.seed, asked.workers)
    minutes = (time.monotonic() - start) / 60
    print(f"{len(chosen)} parsers, {minutes:.1f} minutes: {len(findings)} findings")
    return 1 if findings else 0


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    options.add_argument("--count", type=int, default=100_000, help="damaged inputs a parser")
    options.add_argument("--generated", type=int, default=2_000, help="generated inputs a parser")
    options.add_argument("--loaders", type=int, default=1_000, help="inputs a third-party loader")
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--seed", type=int, default=0, help="where the numbering of inputs begins")
    options.add_argument("--only", nargs="*", help="names of parsers")
    options.add_argument("--show", type=int, help="the number of an input")
    return options.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""`bench compare`: two results side by side, and what must not be compared."""

import math
from collections import Counter
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.compare import Comparison, Pair

SHOWN = 40
COLUMNS = 80


def compare(
    first: Annotated[Path, typer.Argument(help="a results folder", metavar="DIR")],
    second: Annotated[Path, typer.Argument(help="another one", metavar="DIR")],
) -> None:
    """Compare two results; refuse, by name, what is not comparable (exit code 1).

    Example: bench compare results/default results/reference
    """
    from bench.compare import compare_folders
    from bench.errors import CheckFailed

    found = compare_folders(first, second)
    typer.echo("\n".join(line for one in _lines(found) for line in _wrapped(one)))
    if found.refusals:
        names = sorted({name for refusal in found.refusals for name, _, _ in refusal.parts})
        raise CheckFailed(f"{len(found.refusals):,} values are not comparable: {', '.join(names)}")
    if not found.pairs:
        raise CheckFailed(f"{first} and {second} have no value in common")


def _lines(found: "Comparison") -> list[str]:
    unequal = sorted((pair for pair in found.pairs if not pair.equal), key=_distance, reverse=True)
    lines = [f"{len(found.pairs):,} values in both, {len(found.pairs) - len(unequal):,} equal"]
    lines += [_line(pair) for pair in unequal[:SHOWN]]
    if len(unequal) > SHOWN:
        lines.append(f"… and {len(unequal) - SHOWN:,} smaller differences")
    reasons = Counter((refusal.table, part) for refusal in found.refusals for part in refusal.parts)
    for (table, (name, ours, theirs)), count in sorted(reasons.items()):
        lines.append(f"refused: {count:,} values of {table}: {name} is {ours} and {theirs}")
    for place, only in (("first", found.only_first), ("second", found.only_second)):
        if only:
            lines.append(f"{len(only):,} values only in the {place}")
    return lines


def _wrapped(line: str) -> list[str]:
    """Lines of 80 columns; names are never cut."""
    return wrap(line, COLUMNS, subsequent_indent="    ", break_long_words=False,
                break_on_hyphens=False)  # fmt: skip


def _line(pair: "Pair") -> str:
    ratio = pair.second / pair.first if pair.first and pair.second is not None else None
    shown = ["none" if value is None else f"{value:.6g}" for value in (pair.first, pair.second)]
    name = " ".join(part for part in pair.key if part != "default")
    factor = "" if ratio is None else f"  x {ratio:.4f}"
    return f"  {pair.table}: {name}: {shown[0]} -> {shown[1]}{factor}"


def _distance(pair: "Pair") -> float:
    """How far apart the values are: |log ratio|, infinite where that does not exist."""
    if not pair.first or not pair.second or pair.first * pair.second < 0:
        return math.inf
    return abs(math.log(pair.second / pair.first))

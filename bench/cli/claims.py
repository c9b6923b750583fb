"""`bench claims`: the verdicts of a results folder, in the terminal."""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bench.claims.definition import Claim
    from bench.claims.table import Summary

Row = dict[str, Any]
WIDTH = 80
MARKS = {"supported": "✓", "refuted": "✗", "inconclusive": "?"}
SIGNS = {"below": "<", "at_most": "≤", "above": ">", "at_least": "≥"}
FEW = 4


def claims(
    folder: Annotated[Path, typer.Argument(help="a results folder", metavar="DIR")],
    file: Annotated[
        Path | None, typer.Option("--claims", help="claims of your own, in TOML", metavar="FILE")
    ] = None,
    one: Annotated[
        str | None, typer.Option("--claim", help="this claim alone, in every setting")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="every setting of every claim")] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="write claims.csv into this folder", metavar="DIR")
    ] = None,
) -> None:
    """Test what is believed about the languages on a run's results, and print the verdicts.

    Reads evidence.csv and convergence.csv alone. Shows primary endpoints first.

    Example: bench claims results/default --claim zh-fewer-tokens
    """
    from bench.claims import definition, reading, table

    known = definition.load(file)
    wanted = _chosen(known, one)
    names = {claim.id for claim in wanted}
    tested = reading.tested(folder, known)  # all of them, for Holm corrects within a family
    rows = [row for row in tested if row["claim"] in names]
    if to is not None:
        _write(rows, folder, to)
    for claim, summary in zip(wanted, table.summaries(rows), strict=True):
        own = [row for row in rows if row["claim"] == claim.id]
        typer.echo("\n".join(_lines(claim, summary, own, every or one is not None)))
    typer.echo("* primary endpoint, fixed before the run. [Interval] at the level of its test.")


def _write(rows: list[Row], folder: Path, to: Path) -> None:
    """Write claims.csv; among another run's results its hash stays, so that it is found out."""
    from bench import manifest
    from bench.results import write_table

    if to.resolve() == folder.resolve():
        manifest.rewrite(to, "claims", rows)
    else:
        write_table(to, "claims", rows)


def _chosen(claims: "tuple[Claim, ...]", one: str | None) -> "tuple[Claim, ...]":
    from bench.errors import InputError

    found = tuple(claim for claim in claims if one in (None, claim.id))
    if not found:
        names = ", ".join(claim.id for claim in claims)
        raise InputError(f"no claim {one!r}: choose one of {names}")
    return found


def _lines(claim: "Claim", summary: "Summary", own: list[Row], every: bool) -> list[str]:
    shown = sorted(own, key=lambda row: (row["endpoint"] != "primary", -_clear(row)))
    primary = sum(row["endpoint"] == "primary" for row in own)
    shown = shown if every else shown[: max(FEW, primary)]
    lead = "IT DEPENDS" if summary.lead == "depends" else summary.lead.upper()
    lines = [f"{claim.id}: {lead}", *_wrapped(f"“{claim.words}”", "  ")]
    if claim.note:
        lines += _wrapped(claim.note, "  ")
    if len(own) > 1:
        lines += _wrapped(_overall(summary), "  ")
    for row in shown:
        lines += _setting(row)
    if len(shown) < len(own):
        lines.append(f"  … and {len(own) - len(shown):,} more settings: --claim {claim.id}")
    return [*lines, ""]


def _overall(summary: "Summary") -> str:
    """`over 18 settings: supported in 1, refuted in 8 …: it depends on the setting`."""
    counts = [f"{name} in {count:,}" for name, count in summary.counts.items() if count]
    words = "; it depends on the setting" if summary.overall == "depends" else ""
    words += "; no primary endpoint here" if summary.primary == "none" else ""
    return f"over {sum(summary.counts.values()):,} settings: {', '.join(counts)}{words}"


def _setting(row: Row) -> list[str]:
    mark = "*" if row["endpoint"] == "primary" else " "
    place = _place(row)
    lines = _wrapped(f"{MARKS[row['verdict']]}{mark} {place}", "  ", "     ")
    if row["value"] is not None:
        lines += _wrapped(_measured(row), "     ", "       ")
    if row["reason"]:
        lines += _wrapped(row["reason"], "     ", "     ")
    return lines


def _place(row: Row) -> str:
    if row["corpus"] == "none":
        return "no setting" if row["case"] == "all" else f"{row['case']}: no setting"
    case = "" if row["case"] == "all" else f"{row['case']}: "
    more = [row[name] for name in ("model", "context") if row[name] not in (None, "none", "any")]
    return f"{case}{', '.join([row['vocabulary'], row['corpus'], *more])}"


def _measured(row: Row) -> str:
    if row["test"] == "within":
        bound = f"in {row['threshold']:.4g}–{row['threshold_high']:.4g}"
    else:
        bound = f"{SIGNS[row['test']]} {row['threshold']:.4g}"
    low, high = row["ci_low"], row["ci_high"]
    interval = "" if low is None else f" [{low:.4g}, {high:.4g}]"
    chances = "" if row["p_support"] is None else (
        f"; p {row['p_support']:.2g} for, {row['p_refute']:.2g} against"
    )  # fmt: skip
    return f"{row['statistic']} = {row['value']:.4g}{interval}, claimed {bound}{chances}"


def _clear(row: Row) -> int:
    """Verdicts before the inconclusive, what has a value before what has none."""
    return 2 * int(row["verdict"] != "inconclusive") + int(row["value"] is not None)


def _wrapped(text: str, first: str, later: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=first if later is None else later,
        break_on_hyphens=False,
    )  # fmt: skip

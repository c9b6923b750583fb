"""The last five lines in the terminal: the headline numbers, and where the report is."""

from __future__ import annotations

from pathlib import Path

from bench.report.data import Results, load
from bench.report.document import Beside, Cell
from bench.report.number import Number
from bench.report.readings import UNFIT
from bench.report.scope import Scenario, Scope, is_illustration, label, scope, trained
from bench.report.sections import opening

COLUMNS = 80  # of a terminal that nobody widened


def closing_lines(folder: Path) -> str:
    """At most five lines of 80 columns: what the same content costs, and where to read on.

    Only the last, the path of the report, may be longer: it is there to be copied.

    Raises InputError as `data.load` does.
    """
    results = load(folder)
    chosen = scope(results)
    lines = [*_prices(results, chosen), *_learning(results, chosen)]
    return "\n".join([*_headed(results, chosen, lines), f"report: {folder / 'report.html'}"])


def _headed(results: Results, chosen: Scope, lines: list[str]) -> list[str]:
    if not chosen.scenarios:
        return ["no tokens were measured in this run"]
    about = chosen.scenarios[0]
    row = results.row("tokenization", **about.where)
    units = f", {row['n_units']:,} units" if row and row["n_units"] else ""
    priced = results.row("costs", cost="attention_flops_ratio", **about.where)
    what = "tokens [95%], attention" if priced else "tokens [95%]"
    head = f"Over {label(chosen.reference)} ({about.corpus}{units}): {what}"
    return [_fit(head), *lines]


def _prices(results: Results, chosen: Scope) -> list[str]:
    """A line a vocabulary: `zh 1.13 [1.12, 1.14], 1.25; ru …`, names in one column."""
    scenarios = chosen.scenarios[:2]
    others = [
        name
        for name in chosen.others
        if any(_ratio(opening.tokens_line(results, chosen, one, name)) for one in scenarios)
    ]  # one that only other corpora have is left out
    shown = {
        one.family: "; ".join(_language(results, chosen, one, name) for name in others)
        for one in scenarios
    }
    room = COLUMNS - 4 - max(map(len, shown.values()), default=0)
    width = max(8, min(room, max(map(len, shown), default=0)))
    return [_fit(f"  {_fit(name, width):<{width}}  {body}") for name, body in shown.items()]


def _language(results: Results, chosen: Scope, scenario: Scenario, language: str) -> str:
    tokens = opening.tokens_line(results, chosen, scenario, language)
    attention = opening.attention_line(results, chosen, scenario, language)
    parts = [_ratio(tokens) or "not measured", _ratio(attention, brief=True)]
    return f"{language} {', '.join(filter(None, parts))}"


def _ratio(cell: Cell, brief: bool = False) -> str:
    """Two decimals; what must not be compared carries a sign."""
    ratio = cell.ratio if isinstance(cell, Beside) else None
    if not isinstance(ratio, Number):
        return ""
    ends = [end for end in (ratio.low, ratio.high) if end is not None and not brief]
    interval = f" [{', '.join(f'{end:.2f}' for end in ends)}]" if ends else ""
    return f"{ratio.value:.2f}{interval}{' ⚠' if ratio.gated else ''}"


def _learning(results: Results, chosen: Scope) -> list[str]:
    runs, own = trained(results), chosen.own
    if not runs or own is None:
        return []
    shown = [
        f"{language} {cell.number.shown}"
        for language in chosen.languages
        if isinstance(cell := opening.quality_line(results, chosen, own, language), Beside)
    ]
    under = sum(run["status"] in UNFIT for run in runs)
    why = f"; {under} of {len(runs)} not below a 5-gram" if under else ""
    name = "  bits/unit, an illustration" if is_illustration(results) else "  bits/unit"
    return [_fit(f"{name}: {', '.join(shown)}{why}")] if shown else []


def _fit(line: str, columns: int = COLUMNS) -> str:
    """The line, its end cut off where it is longer than a terminal is wide."""
    return line if len(line) <= columns else line[: columns - 1] + "…"

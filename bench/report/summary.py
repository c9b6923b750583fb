"""The last five lines in the terminal: the headline numbers, and where the report is."""

from __future__ import annotations

from pathlib import Path

from bench.report.data import Results, load
from bench.report.document import Beside, Cell
from bench.report.number import Number
from bench.report.scope import Scenario, Scope, is_illustration, label, scope, trained
from bench.report.sections import opening


def closing_lines(folder: Path) -> str:
    """At most five lines for people: what the same content costs, and where to read on.

    Raises InputError as `data.load` does.
    """
    results = load(folder)
    chosen = scope(results)
    lines = [*_prices(results, chosen), *_learning(results, chosen)]
    return "\n".join([*_headed(results, chosen, lines), f"report: {folder / 'report.html'} "
                      f"(as Markdown: {folder / 'REPORT.md'})"])  # fmt: skip


def _headed(results: Results, chosen: Scope, lines: list[str]) -> list[str]:
    if not chosen.scenarios:
        return ["no tokens were measured in this run"]
    about = chosen.scenarios[0]
    row = results.row("tokenization", **about.where)
    units = f", {row['n_units']:,} units" if row and row["n_units"] else ""
    head = f"The same content, relative to {label(chosen.reference)} ({about.corpus}{units}):"
    return [head, *lines]


def _prices(results: Results, chosen: Scope) -> list[str]:
    width = max((len(one.family) for one in chosen.scenarios), default=0)
    return [
        f"  {one.family:<{width}}  " + "; ".join(_language(results, chosen, one, language)
                                              for language in chosen.others)
        for one in chosen.scenarios[:2]
    ]  # fmt: skip


def _language(results: Results, chosen: Scope, scenario: Scenario, language: str) -> str:
    tokens = opening.tokens_line(results, chosen, scenario, language)
    attention = opening.attention_line(results, chosen, scenario, language)
    parts = [f"tokens {_ratio(tokens)}" if _ratio(tokens) else "tokens not measured"]
    if _ratio(attention):
        parts.append(f"attention {_ratio(attention, brief=True)}")
    return f"{label(language)} {', '.join(parts)}"


def _ratio(cell: Cell, brief: bool = False) -> str:
    ratio = cell.ratio if isinstance(cell, Beside) else None
    if not isinstance(ratio, Number):
        return ""
    interval = "" if brief or not ratio.interval else f" {ratio.interval}"
    return f"×{ratio.shown}{interval}{' (not comparable)' if ratio.gated else ''}"


def _learning(results: Results, chosen: Scope) -> list[str]:
    runs, own = trained(results), chosen.own
    if not runs or own is None:
        return []
    shown = [
        f"{label(language)} {cell.number.shown}"
        for language in chosen.languages
        if isinstance(cell := opening.quality_line(results, chosen, own, language), Beside)
    ]
    under = sum(run["status"] in ("undertrained", "diverged") for run in runs)
    why = f"; {under} of {len(runs)} runs are not below a 5-gram" if under else ""
    name = "  learning, an illustration" if is_illustration(results) else "  learning"
    return [f"{name}: {', '.join(shown)} bits per unit{why}"] if shown else []

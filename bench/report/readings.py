"""Numbers that several sections show: bits of a run or of its seeds, peaks, costs."""

from __future__ import annotations

import re
from dataclasses import replace

from bench.arm_names import PRIMARY
from bench.report.data import Results, Row
from bench.report.document import Beside, Cell, Missing
from bench.report.number import Number, number
from bench.report.reasons import reason
from bench.report.scope import Scenario, is_floor
from bench.report.text import Text, listed, say
from bench.segmentation import SEGMENTERS

QUOTED = {one.name: place for place, one in enumerate(SEGMENTERS)}
UNFIT = ("undertrained", "diverged")  # shown, and marked as not to be compared


def of_first_arm(rows: list[Row]) -> list[Row]:
    """Floors and the finished runs of the primary arm; of every arm where there is no primary one.

    Other arms have other rates, lengths or stages: their bits do not stand for a model's.
    """
    whole = [row for row in rows if row["stage"] in (None, "main")]
    wanted = {row["arm"] for row in whole if is_floor(row)} | {PRIMARY}
    first = [row for row in whole if row["arm"] in wanted]
    return first if any(row["arm"] == PRIMARY for row in first) else whole


def bits(row: Row) -> Number:
    """Held-out bits per unit of a run, as a number."""
    return Number(
        row["bits_per_unit"],
        "bits/unit",
        row["bits_ci_low"],
        row["bits_ci_high"],
        n_units=row["n_units"],
        n_documents=row["n_documents"],
        k_eff=row["k_eff"],
        signature=row["signature"],
        file="training.csv",
        gated=row["status"] in UNFIT,
        note=_run(row),
    )


def mean_bits(rows: list[Row]) -> Number:
    """Held-out bits per unit, mean over the runs, as a number; its ends are means of theirs.

    The interval is over documents, which all of them read: seeds have no part in it.
    """
    if not rows[1:]:
        return bits(rows[0])
    known = all(row["bits_ci_low"] is not None for row in rows)
    return replace(
        bits(rows[0]),
        value=mean(rows, "bits_per_unit"),
        low=mean(rows, "bits_ci_low") if known else None,
        high=mean(rows, "bits_ci_high") if known else None,
        signature=re.sub(r"\bseed:\d+", f"seeds:{len(rows)}", rows[0]["signature"]),
        gated=any(row["status"] in UNFIT for row in rows),
        note=say("{model}, mean of {n} seeds; interval over documents",
                 model=rows[0]["model"], n=len(rows)),
    )  # fmt: skip


def _run(row: Row) -> Text:
    """The model of a run, and whether it learned enough."""
    return listed([reason(row[name]) for name in ("model", "status") if row[name]])


def mean(rows: list[Row], column: str) -> float:
    """The mean of a column that every one of the rows has a value in."""
    return float(sum(row[column] for row in rows)) / len(rows)


def memory_number(row: Row) -> Number:
    """Mean predicted bytes over batches, as a number."""
    return Number(
        row["bytes_mean"],
        "byte",
        row["ci_low"],
        row["ci_high"],
        signature=row["signature"],
        file="memory.csv",
        note=say(
            "{model}, {units} units a batch, {layout}, {precision}, mean of {batches} batches",
            model=row["model"], units=str(row["batch_units"]), layout=row["layout"],
            precision=row["precision"], batches=str(row["n_batches"]),
        ),
    )  # fmt: skip


def memory_ratio(row: Row, other: Row | None) -> Number | None:
    """A language's mean over the reference's; nothing for the reference itself."""
    if other is None or other is row or not other["bytes_mean"]:
        return None
    value = row["bytes_mean"] / other["bytes_mean"]
    note = say("ratio of the two means over the same batches of units")
    return replace(memory_number(row), value=value, unit="ratio", low=None, high=None, note=note)


def cost(
    results: Results, scenario: Scenario, language: str, name: str, context: str = "unit"
) -> Cell:  # fmt: skip
    """A cost of a language in the scenario's model, beside its ratio to the reference."""
    where = {**scenario.where, "model": scenario.model, "context": context, "language": language}
    rows = results.rows("costs", cost=name, **where)
    found = number(exact(rows), "costs.csv")
    ratio = number(exact(results.rows("costs", cost=f"{name}_ratio", **where)), "costs.csv")
    return Beside(found, ratio) if found else Missing(say("no such cost in this run"))


def exact(rows: list[Row]) -> Row | None:
    """The row of the convention that reports use; costs of another kind have one row alone."""
    return next((row for row in rows if row["convention"] == "exact"), rows[0] if rows else None)


def primary(rows: list[Row]) -> Row | None:
    """The row to show where a metric has variants: of several segmenters the one to quote."""
    held = [row for row in rows if row["value"] is not None]
    order = {"default": -1, **QUOTED}
    return min(held, key=lambda row: order.get(row["variant"], len(order)), default=None)

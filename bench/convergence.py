"""Learning curves to comparisons: compute to a target, area under the curve, bits at equal cost.

A pure function of the rows of training.csv and curves.csv. Only annealed points are read, and
between them r is linear in the logarithm of the cost; outside them nothing is guessed. With
H0 = bits per unit of the order-0 character floor on validation, and b* the lowest annealed bits of
any run on that corpus and language, r(C) = (H0 - b(C)) / (H0 - b*): 0 is knowing the characters,
1 is the best model at hand.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.signature import parse, signature

Row = Mapping[str, Any]
TARGETS = (0.5, 0.8, 0.9)
AXES = {
    "units": ("units_seen", "content"),
    "tokens": ("tokens_seen", "token"),
    "flops": ("flops_useful", "flop"),
}
"""Axis -> the column of curves.csv it reads, and the budget that comparing along it equalises."""
FLOOR = "floor-"


def judge(training: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows of training.csv with their status: a run not below its KN-5 is `undertrained`.

    The floor is that of the same corpus, vocabulary, language and split. A finished run beside
    which no KN-5 was computed has no status; a diverged one stays `diverged`.
    """
    rows = [dict(row) for row in training]
    floors = {_setting(row): row["bits_per_unit"] for row in rows if row["model"] == "floor-kn5"}
    for row in rows:
        if not row["model"].startswith(FLOOR) and row.get("status") != "diverged":
            floor = floors.get(_setting(row))
            row["status"] = None if floor is None else _status(row["bits_per_unit"], floor)
    return rows


def rows(
    training: Iterable[Row], curves: Iterable[Row], reference: str = "en"
) -> list[dict[str, Any]]:
    """Rows of convergence.csv; none for arms without annealed points or without an H0.

    Values are geometric means over seeds. An interval needs five seeds and the documents'
    variance, which the rows do not carry: these are points.
    """
    arms = _arms(list(training), list(curves))
    found: list[dict[str, Any]] = []
    for name, languages in sorted(arms.items()):
        for language, runs in sorted(languages.items()):
            against = languages.get(reference) if language != reference else None
            found += _of_language(name, language, runs)
            found += _of_pair(name, language, reference, runs, against) if against else []
    return found


@dataclass(frozen=True)
class _Run:
    """One run's annealed points in rising order: costs by axis, bits and r."""

    seed: int
    costs: Mapping[str, tuple[float, ...]]
    bits: tuple[float, ...]
    r: tuple[float, ...]
    corpus: str
    status: str

    def cost_of(self, target: float, axis: str) -> float | None:
        """Cost at which r reaches the target, on the segment where it first does."""
        logs = [math.log(cost) for cost in self.costs[axis]]
        for i in range(1, len(logs)):
            before, after = self.r[i - 1], self.r[i]
            if before < target <= after:
                share = (target - before) / (after - before)
                return math.exp(logs[i - 1] + share * (logs[i] - logs[i - 1]))
        return None

    def bound(self, target: float, axis: str) -> tuple[float | None, float | None]:
        """What is known of a cost that was not met: it is above the last, or below the first."""
        if self.r[0] >= target:
            return None, self.costs[axis][0]
        return self.costs[axis][-1], None

    def bits_at(self, cost: float, axis: str) -> float | None:
        """Bits per unit at a cost within the curve."""
        return _interpolate(math.log(cost), [math.log(c) for c in self.costs[axis]], self.bits)

    def area(self, axis: str) -> float:
        """Mean of r over the logarithm of the cost, trapezoids between the points."""
        logs = [math.log(cost) for cost in self.costs[axis]]
        sums = sum(
            (logs[i] - logs[i - 1]) * (self.r[i] + self.r[i - 1]) / 2 for i in range(1, len(logs))
        )
        return sums / (logs[-1] - logs[0])


_Arms = dict[str, dict[str, list[_Run]]]


def _of_language(arm: str, language: str, runs: Sequence[_Run]) -> Iterator[dict[str, Any]]:
    for axis in AXES:
        for target in TARGETS:
            costs = [run.cost_of(target, axis) for run in runs]
            row = _row(arm, language, None, axis, "content", "cost_to_target", f"r={target}", runs)
            yield {**row, **_geometric(costs, [run.bound(target, axis) for run in runs])}
    if all(len(run.r) > 1 for run in runs):
        mean = sum(run.area("units") for run in runs) / len(runs)
        row = _row(arm, language, None, "units", "content", "mean_r", "none", runs)
        yield {**row, "value": mean, "censored": False}


def _of_pair(
    arm: str, language: str, reference: str, runs: Sequence[_Run], others: Sequence[_Run]
) -> Iterator[dict[str, Any]]:
    """Ratios to the reference language, seeds paired."""
    by_seed = {run.seed: run for run in others}
    pairs = [(run, by_seed[run.seed]) for run in runs if run.seed in by_seed]
    if not pairs:
        return
    both = [run for pair in pairs for run in pair]
    for axis, (_, budget) in AXES.items():
        for target in TARGETS:
            costs = [(a.cost_of(target, axis), b.cost_of(target, axis)) for a, b in pairs]
            ratios = [a / b if a is not None and b is not None else None for a, b in costs]
            row = _row(arm, language, reference, axis, "content", "cost_to_target_ratio",
                       f"r={target}", both)  # fmt: skip
            yield {**row, "n_seeds": len(pairs), **_geometric(ratios)}
        bits = [_bits_ratio(a, b, axis) for a, b in pairs]
        row = _row(arm, language, reference, axis, budget, "bits_ratio", "none", both)
        yield {**row, "n_seeds": len(pairs), **_geometric(bits)}


def _bits_ratio(run: _Run, other: _Run, axis: str) -> float | None:
    """Bits per unit over the other's at the largest cost that both have reached."""
    cost = min(run.costs[axis][-1], other.costs[axis][-1])
    mine, theirs = run.bits_at(cost, axis), other.bits_at(cost, axis)
    return mine / theirs if mine is not None and theirs is not None else None


def _geometric(
    values: Sequence[float | None], bounds: Sequence[tuple[float | None, float | None]] = ()
) -> dict[str, Any]:
    """Geometric mean over seeds, or what bounds it from below or above if a seed is censored."""
    known = [value for value in values if value is not None]
    if len(known) == len(values):
        return {"value": math.exp(sum(map(math.log, known)) / len(known)), "censored": False}
    lows = [low for low, _ in bounds if low is not None]
    highs = [high for _, high in bounds if high is not None]
    return {
        "value": None,
        "censored": True,
        "ci_low": min(lows) if lows else None,
        "ci_high": max(highs) if highs and not lows else None,
    }


def _row(
    arm: str, language: str, reference: str | None, axis: str, budget: str, measure: str,
    target: str, runs: Sequence[_Run],
) -> dict[str, Any]:  # fmt: skip
    statuses = sorted({run.status for run in runs})
    signed = signature(
        corp=runs[0].corpus, split="validation", arm=arm, lang=language, ref=reference or "none",
        est=f"{measure}.{axis}.{target}", seeds=len({run.seed for run in runs}),
        status="+".join(statuses),
    )  # fmt: skip
    return {
        "arm": arm,
        "language": language,
        "reference": reference,
        "axis": axis,
        "budget": budget,
        "measure": measure,
        "target": target,
        "ci_method": "none",
        "n_seeds": len({run.seed for run in runs}),
        "signature": signed,
    }


def _arms(training: list[Row], curves: list[Row]) -> _Arms:
    """Runs by arm and language, with r; runs without an H0 or annealed points are left out."""
    points = defaultdict(list)
    for point in curves:
        if point["annealed"] and point["bits_per_unit"] is not None:
            points[point["run_id"]].append(point)
    runs = [row for row in training if points[row["run_id"]] and row.get("status") != "diverged"]
    floors = {
        _content(row): row["bits_per_unit"]
        for row in training
        if row["model"] == "floor-order0" and row["split"] == "validation"
    }
    best: dict[tuple[str, str], float] = defaultdict(lambda: math.inf)
    for row in runs:
        lowest = min(point["bits_per_unit"] for point in points[row["run_id"]])
        best[_content(row)] = min(best[_content(row)], lowest)
    arms: _Arms = defaultdict(lambda: defaultdict(list))
    for row in sorted(runs, key=lambda row: str(row["run_id"])):
        top = floors.get(_content(row))
        if top is not None and top > best[_content(row)]:
            made = _run(row, points[row["run_id"]], top, best[_content(row)])
            arms[_arm(row)][row["language"]].append(made)
    return arms


def _run(row: Row, points: list[Row], top: float, best: float) -> _Run:
    ordered = sorted(points, key=lambda point: float(point["units_seen"]))
    bits = tuple(float(point["bits_per_unit"]) for point in ordered)
    costs = {
        axis: tuple(float(point[column]) for point in ordered) for axis, (column, _) in AXES.items()
    }
    r = tuple((top - b) / (top - best) for b in bits)
    corpus = str(parse(row["signature"]).get("corp", row["corpus"]))
    status = str(row.get("status") or "unjudged")
    return _Run(row["seed"], costs, bits, r, corpus, status)


def _interpolate(x: float, xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Linear between points, None outside them."""
    tolerance = 1e-12 * max(1.0, abs(x))
    if not xs[0] - tolerance <= x <= xs[-1] + tolerance:
        return None
    for i in range(1, len(xs)):
        if x <= xs[i]:
            share = (x - xs[i - 1]) / (xs[i] - xs[i - 1])
            return ys[i - 1] + max(0.0, share) * (ys[i] - ys[i - 1])
    return ys[-1]


def _arm(row: Row) -> str:
    parts = [row["arm"], row["model"], row["corpus"], row["vocabulary_family"]]
    stage = row.get("stage")
    lr = f"{row['lr']:g}"
    return "/".join([*parts, f"lr{lr}", *([stage] if stage not in (None, "main") else [])])


def _content(row: Row) -> tuple[str, str]:
    return row["corpus"], row["language"]


def _setting(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("corpus", "vocabulary", "language", "split"))


def _status(bits: float, floor: float) -> str:
    return "ok" if bits < floor else "undertrained"

"""From finished cells to the result files of a run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench import convergence, manifest
from bench.cell import Cell, in_order
from bench.errors import InputError
from bench.machine import processor
from bench.plan import Plan
from bench.results import data_package, write_json, write_table
from bench.schema import TABLES
from bench.store import Finished, Store

ROWS, UNITS = "rows.json", "units.npz"
Tables = dict[str, list[dict[str, Any]]]


def assemble(plan: Plan, store: Store, folder: Path) -> None:
    """Write every CSV file, `datapackage.json` and `manifest.json` of the plan's run.

    Raises InputError if a cell of the plan is not finished (another shard's, for instance).
    """
    finished = [(cell, _require(store, cell)) for cell in in_order(plan.cells)]
    tables = collect(finished)
    tables["training"] = convergence.judge(tables["training"])
    tables["convergence"] += convergence.rows(
        tables["training"],
        tables["curves"],
        plan.profile.reference,
        evidence(finished),
        against=_against(plan),
    )
    tables["timings"] = list(_timings(finished))
    for name, rows in tables.items():
        write_table(folder, name, rows)
    package = data_package(plan.profile.name, (table.file for table in TABLES.values()))
    write_json(folder / "datapackage.json", package)
    manifest.write(plan, finished, folder)


def collect(finished: list[tuple[Cell, Finished]]) -> Tables:
    """All rows that the cells hold, by table; an empty cell has none."""
    tables: Tables = {name: [] for name in TABLES}
    for _, result in finished:
        if not result.empty and (result.folder / ROWS).is_file():
            for name, rows in result.json(ROWS).items():
                tables[name] += rows
    return tables


def evidence(finished: list[tuple[Cell, Finished]]) -> convergence.Evidence:
    """The bits of every held-out unit that finished runs and floors have kept."""
    from bench.training.result import RunResult

    done = [(cell.kind, result) for cell, result in finished if not result.empty]
    runs = [RunResult.load(result.folder) for kind, result in done if kind == "training"]
    floors: dict[str, Any] = {}
    for kind, result in done:
        if kind == "floor":
            with np.load(result.folder / UNITS, allow_pickle=False) as arrays:
                floors |= {name: arrays[name] for name in arrays.files}
    return convergence.Evidence.of(runs, floors)


def _against(plan: Plan) -> dict[str, tuple[str, ...]]:
    training = plan.profile.training
    return {arm.name: arm.against for arm in training.arms} if training else {}


def _require(store: Store, cell: Cell) -> Finished:
    done = store.get(cell)
    if done is None:
        raise InputError(f"cell {cell.label!r} is not finished: run the other shards first")
    return done


def _timings(finished: list[tuple[Cell, Finished]]) -> Iterator[dict[str, Any]]:
    device = processor()
    for cell, result in finished:
        for timing in result.record.get("timings", ()):
            yield {"cell": cell.label, "device": device, **timing}

"""From finished cells to the result files of a run."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import convergence, manifest
from bench.cell import Cell, in_order
from bench.claims import definition
from bench.claims.gather import gathered
from bench.claims.reading import tested
from bench.costs import shapes
from bench.errors import InputError
from bench.machine import processor
from bench.plan import Plan
from bench.results import data_package, write_json, write_table
from bench.schema import TABLES
from bench.store import Finished, Store

ROWS, UNITS = "rows.json", "units.npz"

if TYPE_CHECKING:
    from bench.measured import Measured
    from bench.training.result import RunResult

Tables = dict[str, list[dict[str, Any]]]


def assemble(plan: Plan, store: Store, folder: Path) -> None:
    """Write every CSV file, `datapackage.json` and `manifest.json` of the plan's run.

    Raises InputError if a cell of the plan is not finished (another shard's, for instance).
    """
    finished = [(cell, _require(store, cell)) for cell in in_order(plan.cells)]
    tables, runs = collect(finished), training_runs(finished)
    tables["training"] = convergence.judge(tables["training"])
    prices, at_common = charges(finished, store), convergence.at_common(tables["convergence"])
    tables["convergence"] += convergence.charge_rows(prices)
    tables["convergence"] += convergence.rows(
        tables["training"],
        tables["curves"],
        plan.profile.reference,
        evidence(finished, (run for _, run in runs)),
        against=_against(plan),
        charges=_charged(plan, prices),
        at_common=at_common,
    )
    tables["evidence"] += gathered(
        tokenizations(finished, store),
        ((_require(store, cell.inputs[0]), run) for cell, run in runs),
        tables["training"],
        [shapes.load(model) for model in plan.profile.costs.models],
        plan.profile.reference,
        at_common,
    )
    tables["timings"] = list(_timings(finished))
    for name, rows in tables.items():
        write_table(folder, name, rows)
    write_table(folder, "claims", tested(folder, definition.load()))  # on what the files hold
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


def training_runs(finished: list[tuple[Cell, Finished]]) -> list[tuple[Cell, "RunResult"]]:
    """What finished training cells hold."""
    from bench.training.result import RunResult

    done = [(cell, result) for cell, result in finished if not result.empty]
    return [(cell, RunResult.load(at.folder)) for cell, at in done if cell.kind == "training"]


def tokenizations(finished: list[tuple[Cell, Finished]], store: Store) -> "list[Measured]":
    """What finished tokenization cells hold, with the corpus of each."""
    from bench.measured import Measured

    return [
        Measured(_require(store, cell.inputs[0]), result)
        for cell, result in finished
        if cell.kind == "tokenization" and not result.empty
    ]


def evidence(
    finished: list[tuple[Cell, Finished]], runs: "Iterable[RunResult]"
) -> convergence.Evidence:
    """The bits of every held-out unit that finished runs and floors have kept."""
    floors: dict[str, Any] = {}
    for cell, result in finished:
        if cell.kind == "floor" and not result.empty:
            with np.load(result.folder / UNITS, allow_pickle=False) as arrays:
                floors |= {name: arrays[name] for name in arrays.files}
    return convergence.Evidence.of(runs, floors)


def charges(finished: list[tuple[Cell, Finished]], store: Store) -> list[convergence.Charge]:
    """What the vocabularies that finished cells trained cost, in bits per unit of their text."""
    from bench.measured import open_corpus
    from bench.vocabularies.charges import charges as of_family

    found = []
    for cell, result in finished:
        if cell.kind == "vocabulary" and not result.empty:
            corpus = open_corpus(_require(store, cell.inputs[0]))
            corp = f"{corpus.name}@{corpus.content_hash[:8]}"
            units = len(corpus.select(str(cell.params["split"])))
            family = str(cell.params["family"])
            for language, bits in of_family(result.folder, units).items():
                found.append(convergence.Charge(corpus.name, corp, family, language, bits, units))
    return found


def _charged(
    plan: Plan, prices: Iterable[convergence.Charge]
) -> dict[tuple[str, str], float] | None:
    """Charges by family and language, where a profile compares vocabularies."""
    training = plan.profile.training
    if training is None or not any(arm.vocabularies for arm in training.arms):
        return None
    of_corpus = [one for one in prices if one.corpus == training.corpus]
    return {(one.family, one.language): one.bits for one in of_corpus} or None


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
            planned = {"predicted_seconds": cell.price} if timing["phase"] == "cell" else {}
            yield {"cell": cell.label, "device": device, **planned, **timing}

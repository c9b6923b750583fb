"""`manifest.json`: what a results folder was made from, and the hash of every file in it.

It holds no time and no host, so two equal runs write the same manifest. Texts of one's own stand
with the path that the profile has.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench import __version__
from bench.cell import Cell, canonical
from bench.errors import CheckFailed, InputError
from bench.machine import versions
from bench.plan import Plan
from bench.results import write_json, write_table
from bench.schema import TABLES
from bench.store import Finished, file_digest

NAME = "manifest.json"
REPORT = "REPORT.md"
UNHASHED = {NAME, "timings.csv"}
OF_A_RUN = {"datapackage.json", *(table.file for table in TABLES.values())}


def write(plan: Plan, finished: list[tuple[Cell, Finished]], folder: Path) -> None:
    """Describe the run: profile, versions, corpora, vocabularies, cells, what is missing.

    A report in the folder is an earlier run's: `refresh` vouches for the one that is built next.
    """
    profile = plan.profile.model_dump(mode="json")
    sources = {one.name: list(one.facts) for one in (*plan.sources.corpora,
                                                     *plan.sources.vocabularies)}  # fmt: skip
    description = {
        "babeltoll": __version__,
        "profile": profile,
        "profile_sha256": hashlib.sha256(canonical(profile).encode()).hexdigest(),
        "versions": versions(),
        "sources": sources,
        "skipped": {one.name: one.skipped for one in plan.sources.skipped},
        "empty": {
            cell.label: result.empty
            for cell, result in finished
            if result.empty and not result.inherited
        },
        "unfinished": list(plan.unfinished),
        "corpora": _facts(finished, "corpus"),
        "vocabularies": _facts(finished, "vocabulary") | _facts(finished, "tokenization"),
        "notes": _facts(finished, "metrics"),
        "runs": _runs(finished),
        "forecast": {cell.label: dict(cell.predicted) for cell, _ in finished if cell.predicted},
        "cells": {cell.label: cell.key for cell, _ in finished},
    }
    ours = {file: digest for file, digest in hashes(folder).items() if file in OF_A_RUN}
    write_json(folder / NAME, {**description, "files": ours})


def refresh(folder: Path) -> None:
    """Hash the folder's files again, after the report was rebuilt.

    What the run wrote keeps the hash that it gave it: one edited or removed by hand stays visible.
    """
    before = read(folder)
    kept = {file: digest for file, digest in before["files"].items() if file in OF_A_RUN}
    write_json(folder / NAME, {**before, "files": {**hashes(folder), **kept}})


def rewrite(folder: Path, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a table anew from other tables of its folder, and hash it again where a manifest is.

    The other hashes stay. InputError for a damaged manifest, before anything is written.
    """
    before = read(folder) if (folder / NAME).is_file() else None
    path = write_table(folder, table, rows)
    if before is not None:
        files = {**before["files"], path.name: file_digest(path)}
        write_json(folder / NAME, {**before, "files": files})


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a results folder. Raises InputError where there is none."""
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if not all(isinstance(part, dict) for part in (found, found["files"], found["cells"])):
            raise ValueError("no object of files and cells")
        if wrong := [key for key in found["cells"].values() if not _is_key(key)]:
            raise ValueError(f"{wrong[0]!r} is no key of a cell")
        return dict(found)
    except FileNotFoundError:
        raise InputError(
            f"{folder} holds no {NAME}: name a folder that `bench run` wrote"
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{folder / NAME} is not a manifest ({error}): restore the file") from None


def _is_key(value: object) -> bool:
    """A SHA-256 in hex: what a key is, and no path that could lead out of the store."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every result file, by its name relative to the folder.

    What is hashed elsewhere is left out: other runs' folders, and cells, each with its record.
    """
    others = [path.parent for path in folder.glob(f"*/{NAME}")] + [folder / "cells"]
    files = (path for path in folder.rglob("*") if path.is_file()
             and not any(path.is_relative_to(other) for other in others))  # fmt: skip
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {
        name: file_digest(path)
        for name, path in sorted(named.items())
        if name not in UNHASHED and not path.name.startswith(".")
    }


def verify(folder: Path) -> str:
    """Recheck every hash; says how many files hold. Raises CheckFailed naming what does not."""
    expected, found = read(folder)["files"], hashes(folder)
    broken = [name for name in expected if found.get(name) != expected[name]]
    if broken:
        state = "differs" if broken[0] in found else "is missing"
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise CheckFailed(f"{folder / broken[0]} {state}{more}: rebuild with `bench report` if you "
                          "changed the report, else run again")  # fmt: skip
    if REPORT in found and REPORT not in expected:
        raise CheckFailed(f"{folder / REPORT} is of an earlier run: `bench report {folder}` builds "
                          "that of these tables")  # fmt: skip
    return f"{len(expected)} files hold what the manifest says"


def _runs(finished: list[tuple[Cell, Finished]]) -> dict[str, str]:
    """By the label of a training cell, the run_id of its last stage (in its last language)."""
    found = {}
    for cell, result in finished:
        if cell.kind == "training" and not result.empty:
            rows = result.json("rows.json").get("training", ())
            if rows:
                found[cell.label] = rows[-1]["run_id"]
    return found


def _facts(finished: list[tuple[Cell, Finished]], kind: str) -> dict[str, Any]:
    held = ((cell, result) for cell, result in finished if cell.kind == kind and not result.empty)
    return {
        cell.label: result.json("facts.json")
        for cell, result in held
        if (result.folder / "facts.json").is_file()
    }

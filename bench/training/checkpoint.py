"""A run that was stopped, on disk: one safetensors file with its JSON in the header. No pickle.

The file holds the trainer, the trunk that a decay branch left (if it was in one), the points so
far and the test results of finished stages. It is written whole or not at all.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import InputError
from bench.training.loop import Counters, Snapshot

if TYPE_CHECKING:
    from torch import Tensor

FILE = "checkpoint.safetensors"
FORMAT = 1


@dataclass
class Progress:
    """Where a run stands: stage, leg, and what it has found so far."""

    stage: int = 0
    leg: int = 0
    trainer: Snapshot | None = None
    trunk: Snapshot | None = None
    points: list[dict[str, Any]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    bits: dict[str, "Tensor"] = field(default_factory=dict)
    measured: dict[str, float] = field(default_factory=dict)  # by the clock; in no result


def save(folder: Path, progress: Progress, identity: str) -> None:
    """Write the progress of the run that `identity` names, atomically."""
    from safetensors.torch import save as encode

    snapshots = {"trainer": progress.trainer, "trunk": progress.trunk}
    tensors: dict[str, Tensor] = {f"bits.{name}": one for name, one in progress.bits.items()}
    about: dict[str, Any] = {"format": FORMAT, "identity": identity}
    about |= {name: getattr(progress, name) for name in _PLAIN}
    for name, snapshot in snapshots.items():
        if snapshot:
            about[name] = snapshot.numbers()
            tensors |= {f"{name}.{key}": one for key, one in snapshot.tensors.items()}
    _write(folder / FILE, encode(tensors, {"progress": json.dumps(about, sort_keys=True)}))


def load(folder: Path, identity: str) -> Progress | None:
    """The progress saved in a folder; None if there is none.

    Raises InputError if it is damaged, or another configuration's.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as opened:
            about = json.loads(opened.metadata()["progress"])
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        if (about["identity"], about["format"]) == (identity, FORMAT):
            return _progress(about, tensors)
    except _DAMAGED as error:
        raise InputError(f"{path} is damaged ({error}): delete it to start again") from None
    except SafetensorError as error:
        raise InputError(f"{path} is damaged ({error}): delete it to start again") from None
    raise InputError(f"{path} is the checkpoint of another configuration or data: name another "
                     "folder, or delete it to start again")  # fmt: skip


def remove(folder: Path) -> None:
    """Delete the checkpoint of a run that has finished."""
    (folder / FILE).unlink(missing_ok=True)


_PLAIN = ("stage", "leg", "points", "stages", "measured")
_DAMAGED = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


def _progress(about: Mapping[str, Any], tensors: Mapping[str, "Tensor"]) -> Progress:
    """Raises one of `_DAMAGED` for a value of another kind than a run writes."""
    counters = [value for name in ("trainer", "trunk") for value in about.get(name, {}).values()]
    if not all(type(one) is int and one >= 0 for one in (about["stage"], about["leg"], *counters)):
        raise ValueError("a count that is none")
    if not all(isinstance(one, dict) for one in (*about["points"], *about["stages"])):
        raise ValueError("a point or a stage that is no object")
    found = Progress(**{name: about[name] for name in _PLAIN})
    found.bits = _part(tensors, "bits.")
    for name in ("trainer", "trunk"):
        if name in about:
            snapshot = Snapshot(Counters(**about[name]), _part(tensors, f"{name}."))
            setattr(found, name, snapshot)
    return found


def _part(tensors: Mapping[str, "Tensor"], prefix: str) -> dict[str, "Tensor"]:
    return {
        name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)
    }


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"cannot write {path} ({error.strerror}): free space there") from None

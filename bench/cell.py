"""A cell: one measurement, named by the hash of everything that determines its result."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A kind of cell: where its function is, and the version of its code.

    Raise `version` whenever the function's results change: it is part of every key.
    """

    function: str
    version: int


KINDS: Mapping[str, Kind] = {
    "corpus": Kind("bench.cells:corpus", 1),
    "derived": Kind("bench.cells:derived", 2),
    "text": Kind("bench.cells:text", 1),
    "vocabulary": Kind("bench.cells:vocabulary", 1),
    "tokenization": Kind("bench.cells:tokenization", 1),
    "metrics": Kind("bench.cells:metrics", 3),
    "costs": Kind("bench.cost_cells:costs", 6),
    "memory": Kind("bench.cost_cells:memory", 5),
    "step": Kind("bench.measured_step:step", 1),
    "floor": Kind("bench.cells:floor", 3),
    "training": Kind("bench.cells:training", 4),
    "rates": Kind("bench.cells:rates", 1),
    "probe": Kind("bench.scale.probe:probe", 1),
}


@dataclass(frozen=True)
class Cell:
    """One measurement: a pure function of its parameters and of other cells' results.

    `params` are JSON values; whatever changes the result (precision, threads, a package's hash)
    must be among them. Outside the key: `label`, for people; `price`, the predicted seconds of one
    core, which orders the cells; `where`, the place on this machine of files that `params` hold the
    hash of; `turn`, for a run that takes several sittings: cells of an earlier turn begin first;
    `predicted`, the tokens and FLOPs that a training run is expected to see.
    """

    kind: str
    params: Mapping[str, Any]
    inputs: tuple["Cell", ...] = ()
    label: str = ""
    price: float = 1.0
    where: Mapping[str, str] = field(default_factory=dict)
    turn: int = 0
    predicted: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """SHA-256 over kind, declared code version, parameters and the inputs' keys."""
        return hashlib.sha256(canonical(self.identity).encode()).hexdigest()

    @property
    def identity(self) -> dict[str, Any]:
        """What the key is made of."""
        return {
            "kind": self.kind,
            "version": KINDS[self.kind].version,
            "params": dict(self.params),
            "inputs": [cell.key for cell in self.inputs],
        }

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cell) and other.key == self.key


_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)  # made once: json.dumps makes one a call


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values, equal text. NaN is refused."""
    return _CANONICAL.encode(value)


def in_order(cells: tuple[Cell, ...]) -> Iterator[Cell]:
    """Every cell once, each after its inputs."""
    seen: set[str] = set()

    def visit(cell: Cell) -> Iterator[Cell]:
        if cell.key not in seen:
            seen.add(cell.key)
            for needed in cell.inputs:
                yield from visit(needed)
            yield cell

    for cell in cells:
        yield from visit(cell)

"""The bits of every held-out unit that runs and floors have kept, by run_id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.training.result import RunResult, annealed_bits, test_bits
from bench.training.rows import run_id

Array = NDArray[Any]


@dataclass(frozen=True)
class Held:
    """One run and language: units' bits on validation at each annealed point, and on test."""

    validation_documents: Array  # [validation units]
    validation: Array  # [annealed points, validation units]
    test_documents: Array  # [test units]
    test: Array | None  # [test units]; None for a run that diverged


@dataclass(frozen=True)
class Evidence:
    """What was kept of runs by run_id, and of floors by the run_id of their row."""

    runs: Mapping[str, Held] = field(default_factory=dict)
    floors: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def of(
        cls, results: Iterable[RunResult], floors: Mapping[str, Array] | None = None
    ) -> "Evidence":
        """The evidence of finished runs."""
        runs = {name: held for result in results for name, held in _held(result)}
        return cls(runs, floors or {})


def _held(result: RunResult) -> Iterable[tuple[str, Held]]:
    arrays = result.arrays
    for stage in result.stages:
        name = stage["name"]
        points = [one for one in result.points if one["stage"] == name and one["annealed"]]
        for language in result.about["spec"]["languages"]:
            names = [annealed_bits(name, language, i) for i in range(len(points))]
            yield (
                run_id(result, name, language),
                Held(
                    arrays["validation.documents"],
                    np.array([arrays[one] for one in names if one in arrays], np.float64),
                    arrays["documents"],
                    arrays.get(test_bits(name, language)),
                ),
            )

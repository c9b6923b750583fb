"""Training on the same content in each language."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.training.data import RunData, prepare
    from bench.training.floors import floor
    from bench.training.models import model_fields
    from bench.training.result import RunResult
    from bench.training.run import Stopped, run
    from bench.training.spec import Budget, Optimiser, RunSpec, Schedule, Stage

_HOMES = {
    "Budget": "spec",
    "Optimiser": "spec",
    "RunData": "data",
    "RunResult": "result",
    "RunSpec": "spec",
    "Schedule": "spec",
    "Stage": "spec",
    "Stopped": "run",
    "floor": "floors",
    "model_fields": "models",
    "prepare": "data",
    "run": "run",
}

__all__ = [
    "Budget",
    "Optimiser",
    "RunData",
    "RunResult",
    "RunSpec",
    "Schedule",
    "Stage",
    "Stopped",
    "floor",
    "model_fields",
    "prepare",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

"""A training run as data. An arm, a budget, a sweep or a growth stage is another spec, no new code.

A run has one or more stages. A stage has a model, a budget, an optimiser and a schedule; a stage
after the first goes on from the model before it, grown to the stage's number of slots.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from bench.errors import InputError

BudgetKind = Literal["content", "token", "flop"]
Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class Budget:
    """How much a stage may learn from: `content` in epochs, `token` and `flop` in their number.

    Tokens and FLOPs are counted without padding. Never a time: a budget means the same anywhere.
    """

    kind: BudgetKind = "content"
    amount: float = 1.0


@dataclass(frozen=True)
class Optimiser:
    """AdamW with decoupled weight decay on matrices; the gradient's norm is clipped.

    The loss is `loss_scale` × nats per unit in every arm, so that no language's gradients weigh
    more for having shorter tokens. 0.05 brings it near nats per token, where clip = 1 is usual.
    """

    lr: float = 1.5e-3
    betas: tuple[float, float] = (0.9, 0.95)
    epsilon: float = 1e-8
    weight_decay: float = 0.1
    clip: float = 1.0
    loss_scale: float = 0.05


@dataclass(frozen=True)
class Schedule:
    """Warm-up, then `cosine` to the end, or `wsd`: constant, with a decay branch at each budget.

    `warmup` is a share of the stage's steps. Under `wsd` a branch to the share b of the budget
    leaves the trunk at b·(1 - decay) and decays to `final` × peak as 1 - √progress (Hägele et al.
    2024, arXiv 2405.18392); its end is an annealed point. `cosine` has one, at its end.
    """

    kind: Literal["cosine", "wsd"] = "wsd"
    warmup: float = 0.05
    decay: float = 0.2
    final: float = 0.01
    budgets: tuple[float, ...] = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)


GROWTH = frozenset({"slots", "projection_slots", "ffn_slots", "method"})
METHODS = ("preserve", "released", "zero_keys", "zero_values")


@dataclass(frozen=True)
class Stage:
    """One model trained for one budget.

    The first stage has a `model`: the fields of a tokenformer config without its vocabulary, its
    `architecture` named. A later one has a `growth` instead, the arguments of `tokenformer.grow`
    (slots, and perhaps a method), and may `carry` the optimizer's moments of the old slots.
    """

    model: Mapping[str, Any] = field(default_factory=dict)
    budget: Budget = Budget()
    optimiser: Optimiser = Optimiser()
    schedule: Schedule = Schedule()
    name: str = "main"
    growth: Mapping[str, Any] = field(default_factory=dict)
    moments: Literal["reset", "carry"] = "reset"


@dataclass(frozen=True)
class RunSpec:
    """Everything that determines a run's result, beside its data.

    `languages` has one entry, or several for one model on all of them. `evaluations` are log-spaced
    points on the validation split; annealed points come on top. `chunk_tokens` bounds a forward
    pass: it changes memory, speed and the last bits. Threads are part of what fixes the last bit.
    """

    model: str
    languages: tuple[str, ...]
    stages: tuple[Stage, ...]
    seed: int = 0
    arm: str = "primary"
    context_units: int = 16
    batch_units: int = 32
    chunk_tokens: int = 1024
    evaluations: int = 6
    precision: Precision = "fp32"
    threads: int = 1
    device: str = "cpu"

    def __post_init__(self) -> None:
        check(self)

    def at_rate(self, lr: float) -> "RunSpec":
        """The same run with another peak learning rate, in every stage."""
        stages = [replace(one, optimiser=replace(one.optimiser, lr=lr)) for one in self.stages]
        return replace(self, stages=tuple(stages))

    def to_dict(self) -> dict[str, Any]:
        """The spec as plain JSON values."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return values

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of the spec."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def check(spec: RunSpec) -> None:
    """Refuse, naming the field, what no run can do."""
    _check_numbers(spec)
    if not spec.stages or not spec.languages:
        raise InputError("training: a run needs a stage and a language: name them")
    if len(set(spec.languages)) < len(spec.languages):
        raise InputError(f"training: {', '.join(spec.languages)}: name each language once")
    if spec.precision not in ("fp32", "bf16"):
        raise InputError(f"training: unknown precision {spec.precision!r}: use fp32 or bf16")
    for number, stage in enumerate(spec.stages):
        _check_stage(stage)
        if bool(stage.growth) != bool(number) or bool(stage.model) == bool(number):
            raise InputError(f"training: stage {stage.name!r}: the first stage has a model, every "
                             "later one a growth: give that and nothing else")  # fmt: skip
    if len({stage.name for stage in spec.stages}) < len(spec.stages):
        raise InputError("training: two stages have one name: rename one")


def _check_numbers(spec: RunSpec) -> None:
    least = {"context_units": 1, "batch_units": 2, "chunk_tokens": 1, "evaluations": 1,
             "threads": 1}  # fmt: skip
    for name, lowest in least.items():
        if getattr(spec, name) < lowest:
            raise InputError(f"training: {name} is {getattr(spec, name)}: give at least {lowest}")
    if spec.batch_units < 2 * spec.context_units and spec.context_units > 1:
        raise InputError(f"training: batch_units {spec.batch_units} is below twice context_units "
                         f"{spec.context_units}: give a larger batch")  # fmt: skip
    if not 0 <= spec.seed < 2**63:
        raise InputError(f"training: seed {spec.seed}: give one from 0 to 2^63 - 1")


def _check_stage(stage: Stage) -> None:
    budget = stage.budget
    if not 0 < budget.amount < math.inf or budget.kind not in ("content", "token", "flop"):
        raise InputError(f"training: a {budget.kind} budget of {budget.amount}: give a positive "
                         "number of epochs (content), tokens or FLOPs")  # fmt: skip
    if not 0 < stage.optimiser.lr < 1:
        raise InputError(f"training: lr is {stage.optimiser.lr}: give one between 0 and 1")
    _check_growth(stage)
    _check_schedule(stage.schedule)


def _check_growth(stage: Stage) -> None:
    unknown = sorted(set(stage.growth) - GROWTH)
    if not unknown and stage.growth.get("method", "preserve") in METHODS:
        return
    said = unknown[0] if unknown else f"method {stage.growth['method']!r}"
    raise InputError(f"training: stage {stage.name!r}: no growth by {said}: give slots, "
                     "projection_slots, ffn_slots, and a method other than anneal")  # fmt: skip


def _check_schedule(schedule: Schedule) -> None:
    if not 0 <= schedule.warmup < 1 or not 0 < schedule.decay <= 1:
        raise InputError("training: warmup and decay are shares of the budget: give 0 to 1")
    shares = schedule.budgets
    if not shares or sorted(set(shares)) != list(shares) or shares[0] <= 0 or shares[-1] != 1:
        raise InputError(f"training: budgets {shares} must rise to 1.0: give shares of the budget")

"""The `[slurm]` section of a profile: where each kind of cell runs, and what it may take.

Read by the Slurm executor alone: nothing here changes a result, so nothing here is in a key.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bench.cell import KINDS

Positive = Annotated[int, Field(gt=0)]


class Resources(BaseModel):
    """What one job asks for; a kind of cell takes over what it does not set itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partition: str | None = None
    minutes: Positive = 60
    cpus: Positive = 1
    gpus: Annotated[int, Field(ge=0)] = 0
    memory_gb: Annotated[float, Field(gt=0)] = 4.0
    constraint: str | None = None


class Slurm(Resources):
    """Resources of every job, those of some kinds of cells, and how jobs are handled.

    Cells whose predicted seconds add up to `pack_seconds` share a job. A job that was killed is
    tried again `retries` times: with twice the memory if that is what it was killed for.
    """

    account: str | None = None
    qos: str | None = None
    retries: Annotated[int, Field(ge=0)] = 2
    pack_seconds: Annotated[float, Field(ge=0)] = 120.0
    array_parallelism: Positive = 256
    poll_seconds: Annotated[float, Field(gt=0)] = 5.0
    signal_seconds: Positive = 90
    setup: tuple[str, ...] = ()
    options: dict[str, str | int] = {}
    kinds: dict[str, Resources] = {}

    @model_validator(mode="after")
    def _known_kinds(self) -> "Slurm":
        if unknown := sorted(set(self.kinds) - set(KINDS)):
            raise ValueError(f"slurm.kinds names {unknown[0]!r}: choose {', '.join(KINDS)}")
        return self

    def resources(self, kind: str) -> Resources:
        """What a job of that kind of cell asks for."""
        common = {name: getattr(self, name) for name in Resources.model_fields}
        own = self.kinds[kind].model_dump(exclude_unset=True) if kind in self.kinds else {}
        return Resources(**common | own)

"""The `[gpus]` section of a profile: what `bench plan` prices training runs for.

Nothing here changes what is run or its result, so nothing here is in a key.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bench.costs.inference import DEVICES


class Gpus(BaseModel):
    """Devices by their names in bench/costs/inference.py, and the share of their peak assumed.

    `utilisation` is model FLOPs over the data sheet's dense bf16 peak: an assumption of whoever
    writes the profile, until they have measured it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    devices: Annotated[tuple[str, ...], Field(max_length=3)] = ()
    utilisation: Annotated[float, Field(gt=0, le=1)] = 0.4

    @field_validator("devices")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(names) - set(DEVICES)):
            raise ValueError(f"no device {unknown[0]!r}: use one of {', '.join(DEVICES)}")
        return names

    def seconds(self, flops: float, name: str) -> float:
        """Seconds of that many bf16 FLOPs on one such device."""
        return flops / (DEVICES[name].peak * self.utilisation)

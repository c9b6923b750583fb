"""The `[costs]` section of a profile: model shapes, conventions, and the user's price table."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from bench.costs.flops import CONVENTIONS
from bench.costs.prices import Prices, read_prices

Names = tuple[str, ...]


def _file_name(given: object) -> object:
    if given is not None and not isinstance(given, str):
        raise ValueError("name the file of a price table")
    return given


class Costs(BaseModel):
    """For which model shapes token counts are turned into FLOPs and bytes, and how.

    `conventions` are those of docs/costs.md that FLOPs are counted by, `exact` among them.
    `prices` names a price table beside the profile; once `priced`, it is the table itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: Names = ()
    conventions: Names = ("exact",)
    prices: Annotated[Path | Prices | None, BeforeValidator(_file_name)] = None

    @field_validator("conventions")
    @classmethod
    def _known(cls, wanted: Names) -> Names:
        known = ", ".join(CONVENTIONS)
        if unknown := sorted(set(wanted) - set(CONVENTIONS)):
            raise ValueError(f"unknown FLOP convention {unknown[0]!r}: use {known}")
        if "exact" not in wanted:
            raise ValueError("lacks 'exact', which the report and the claims use: add it")
        if len(set(wanted)) < len(wanted):
            raise ValueError("names a convention twice: name each once")
        return wanted

    @model_serializer(mode="wrap")
    def _as_ever(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Defaults of later keys are left out: a profile without them keeps its hash."""
        kept: dict[str, Any] = dump(self)
        for key in ("conventions", "prices"):
            if getattr(self, key) == Costs.model_fields[key].default:
                del kept[key]
        return kept

    def priced(self, folder: Path, vocabularies: Iterable[str]) -> "Costs":
        """The same with the price table read from `folder`.

        Raises InputError for a malformed table and for one that lacks one of the vocabularies.
        """
        if not isinstance(self.prices, Path):
            return self
        prices = read_prices(folder / self.prices)
        for vocabulary in vocabularies:
            prices.of(vocabulary)
        return self.model_copy(update={"prices": prices})


def shape_name(model: str) -> str:
    """The name of a model shape: its card's, or its file's without folder and ending."""
    return Path(model).stem if model.endswith(".toml") else model

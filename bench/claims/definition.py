"""What a claim is: words, parts with bounds, a family, settings, literature; read from TOML.

The file names statistics, languages and settings, never a path. Anybody's file may add claims about
statistics that exist, without code; docs/claims.md lists them.
"""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bench.errors import InputError

Test = Literal["below", "at_most", "above", "at_least", "within"]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
Pattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.,:+=*@/ -]+$", max_length=120)]
Words = Annotated[str, Field(min_length=1, max_length=600)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Selection(_Frozen):
    """Which statistic of which rows: patterns of names, `*` for any; what is not said may be any.

    `arm` and `against` are those of convergence.csv: `primary/*`, `glyphs/*`.
    """

    statistic: Identifier | Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    language: Pattern
    reference: Pattern = "*"
    context: Pattern = "*"
    target: Pattern = "*"
    model: Pattern = "*"
    arm: Pattern = "*"
    against: Pattern = "*"


class Part(Selection):
    """A statistic and its bound. With `over`, the statistic is divided by another one."""

    over: Selection | None = None
    below: Positive | None = None
    at_most: Positive | None = None
    above: Positive | None = None
    at_least: Positive | None = None
    within: tuple[Positive, Positive] | None = None
    equal_within: Annotated[float, Field(gt=1, le=10)] | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> "Part":
        names = ("below", "at_most", "above", "at_least", "within", "equal_within")
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise ValueError(f"give one of {', '.join(names)}")
        if self.within and self.within[0] >= self.within[1]:
            raise ValueError("within must rise")
        return self

    @property
    def test(self) -> Test:
        """The kind of test."""
        sided: tuple[Test, ...] = ("below", "at_most", "above", "at_least")
        return next((name for name in sided if getattr(self, name) is not None), "within")

    @property
    def bounds(self) -> tuple[float, float | None]:
        """The bound, or both of a range: `equal_within = 1.05` is 1/1.05 to 1.05."""
        if self.equal_within is not None:
            return 1.0 / self.equal_within, self.equal_within
        return self.within or (float(getattr(self, self.test)), None)


class Case(_Frozen):
    """One hypothesis of a claim: all of its parts together."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9 _.=-]*$", max_length=60)] = "all"
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]


class Place(_Frozen):
    """A setting, by patterns."""

    corpus: Pattern = "*"
    vocabulary: Pattern = "*"
    model: Pattern = "*"
    context: Pattern = "*"
    variant: Pattern = "*"


class Literature(_Frozen):
    """A published figure, and where it stands."""

    figure: Words
    source: Words


class Claim(_Frozen):
    """A belief put to the test. `primary` settings are its endpoints, fixed before a run is made.

    `vocabularies` restricts the settings; `largest` keeps, of families that differ only in their
    size, the largest. `untested` says why there is no verdict.
    """

    id: Identifier
    words: Words
    family: Identifier
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]
    primary: tuple[Place, ...] = ()
    vocabularies: tuple[Pattern, ...] = ("*",)
    largest: bool = False
    untested: Words | None = None
    note: Words | None = None
    literature: tuple[Literature, ...] = ()

    @model_validator(mode="after")
    def _cases_have_names(self) -> "Claim":
        names = [case.name for case in self.cases]
        if len(set(names)) < len(names):
            raise ValueError("cases must have names of their own")
        return self


class _File(_Frozen):
    claim: Annotated[tuple[Claim, ...], Field(min_length=1)]


def load(path: Path | None = None) -> tuple[Claim, ...]:
    """The suite's claims, or those of a TOML file.

    Raises InputError in one line that names the file, the claim and what is wrong with it.
    """
    text, place = _read(path)
    try:
        written = tomllib.loads(text)
        claims = _File.model_validate(written).claim
    except ValidationError as error:
        raise InputError(f"{place}: {_first(error, written)}") from None
    except (ValueError, RecursionError) as error:  # of TOML, and of a number of 4,300 digits
        raise InputError(f"{place} is not TOML: {error}") from None
    names = [claim.id for claim in claims]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{place}: two claims are called {twice[0]!r}: rename one")
    return claims


def _read(path: Path | None) -> tuple[str, str]:
    if path is None:
        packaged = resources.files("bench") / "claims.toml"
        return packaged.read_text(encoding="utf-8"), "bench/claims.toml"
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except FileNotFoundError:
        raise InputError(f"no file {path}: give the path of claims in TOML") from None
    except (UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path} cannot be read as UTF-8 text: {error}") from None


def _first(error: ValidationError, written: dict[str, Any]) -> str:
    problem: Any = error.errors(include_url=False)[0]
    place = list(problem["loc"])
    where = ".".join(str(part) for part in place)
    if len(place) > 1 and place[0] == "claim" and isinstance(place[1], int):
        found = written["claim"][place[1]]
        name = found.get("id", place[1] + 1) if isinstance(found, dict) else place[1] + 1
        where = ".".join([f"claim {name}", *map(str, place[2:])])
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key: remove it, or see docs/claims.md for the keys"
    if problem["type"] == "missing":
        return f"{where}: is missing: see docs/claims.md"
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}: see docs/claims.md"

"""A profile: everything a run is asked to do, read from TOML and checked before anything starts."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bench import arm_names
from bench.cost_section import Costs, shape_name
from bench.errors import InputError
from bench.gpus import Gpus
from bench.slurm import Slurm

Names = tuple[str, ...]
Positive = Annotated[int, Field(gt=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Vocabularies(_Frozen):
    """Which vocabularies are measured, and on what the trained ones are trained."""

    published: Names = ()
    controls: Names = ("bytes", "characters")
    trained: Names = ()
    trained_on: str | None = None
    words: Names = ()


class Memory(_Frozen):
    """Predicted peak memory of one training step on the same units in each language."""

    models: Names = ()
    corpora: Names = ()
    vocabularies: Names = ()
    batch_units: Positive = 16
    batches: Annotated[int, Field(ge=30)] = 30
    precision: Literal["fp32", "bf16"] = "bf16"
    layouts: tuple[Literal["padded", "packed"], ...] = ("padded", "packed")
    measured: bool = False  # also take real steps on this machine, for timings.csv
    seed: Annotated[int, Field(ge=0)] = 0


class Sweep(_Frozen):
    """Learning rates tried for the primary arm; validation chooses one for all languages."""

    lrs: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(min_length=3)]
    epochs: Annotated[float, Field(gt=0)] = 1.0
    seed: Annotated[int, Field(ge=0)] = 0


class _Learning(_Frozen):
    """What an arm may set for itself.

    `slice` is a share of the train units; `occurring` leaves of a vocabulary the ids that occur.
    """

    context_units: Positive = 8
    batch_units: Positive = 64
    slice: Annotated[float, Field(gt=0, le=1)] = 1.0
    occurring: bool = False
    epochs: Annotated[float, Field(gt=0)] = 1.0
    budget: Literal["content", "token", "flop"] = "content"
    amount: Annotated[float, Field(gt=0)] | None = None
    schedule: Literal["wsd", "cosine"] = "wsd"
    budgets: Annotated[tuple[float, ...], Field(min_length=1)] = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.02
    weight_decay: Annotated[float, Field(ge=0, lt=1)] = 0.1
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.95  # of AdamW: small steps want more memory
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    residual_init: Literal["released", "zero"] = "released"  # of what writes to the residual stream
    evaluations: Positive = 6


class Arm(_Frozen):
    """One thing changed from the primary arm; whatever is not given is the primary's.

    `languages` may name writings derived from the corpus' own. `growth` are shares of the model's
    slots, one stage each, in equal parts of the content. `together` is one model on all languages.
    `floors_only` trains none: the floors of the arm's vocabularies alone.
    `against` are arms it is compared with beside the primary one. Without `lr`, an arm takes the
    common rate of the primary sweep for its model.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    models: Names = ()
    vocabularies: Names = ()
    languages: Names = ()
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (0, 1, 2)
    lr: Annotated[float, Field(gt=0, lt=1)] | None = None
    growth: Annotated[tuple[float, ...], Field(max_length=8)] = ()
    together: bool = False
    floors_only: bool = False
    against: Names = ()
    changes: dict[str, Any] = {}

    @model_validator(mode="after")
    def _consistent(self) -> "Arm":
        if unknown := sorted(set(self.changes) - set(_Learning.model_fields)):
            known = ", ".join(sorted(_Learning.model_fields))
            raise ValueError(f"changes names {unknown[0]!r}: an arm can change {known}")
        if self.growth and (list(self.growth) != sorted(set(self.growth)) or self.growth[-1] != 1):
            raise ValueError(f"growth {list(self.growth)} must rise to 1")
        return self


class Training(_Learning):
    """Small models on the same content in each language: the primary arm, and others beside it.

    `early` are shares of the primary arm's budget below its first, read off short runs of their own
    on the same path: they lead its curve further down and leave its runs as they are.
    """

    corpus: str
    models: Names
    vocabularies: Names
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (0,)
    lr: Annotated[float, Field(gt=0, lt=1)] = 3e-3
    sweep: Sweep | None = None
    arms: tuple[Arm, ...] = ()
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    threads: Positive = 1
    device: Literal["cpu", "cuda"] = "cpu"
    chunk_tokens: Positive = 1024  # of a forward pass: memory, speed and the last bits
    floors: Names = ("floor-order0", "floor-kn5", "floor-xz")
    early: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "Training":
        if (self.budget == "content") == (self.amount is not None):
            raise ValueError("amount is the tokens or FLOPs of a token or flop budget: give it "
                             "with those and only with those")  # fmt: skip
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} must differ: equal ones are one run")
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names) or arm_names.RESERVED & set(names):
            raise ValueError("arms must have names of their own, none of "
                             f"{sorted(arm_names.RESERVED)}")  # fmt: skip
        if auxiliary := [name for name in names if arm_names.is_auxiliary(name)]:
            raise ValueError(f"arm {auxiliary[0]!r}: names in -early are given to the runs of "
                             "training.early: choose another")  # fmt: skip
        self._refuse_early()
        for arm in self.arms:
            self.changed(arm)
            if unknown := sorted(set(arm.against) - {arm_names.PRIMARY, *names}):
                raise ValueError(f"arm {arm.name!r} is against {unknown[0]!r}, which is no arm")
        return self

    def _refuse_early(self) -> None:
        if not self.early:
            return
        first = self.budgets[0]
        if self.schedule != "wsd" or not 0 < min(self.early) <= max(self.early) < first:
            raise ValueError(f"early {list(self.early)} must be shares above 0 and below the first "
                             f"of budgets, {first:g}, of schedule wsd")  # fmt: skip
        if self.warmup >= first:
            raise ValueError(f"early needs a warm-up, {self.warmup:g}, that ends before the first "
                             f"of budgets, {first:g}")  # fmt: skip

    def changed(self, arm: Arm) -> "Training":
        """The section as an arm runs it: its changes made, no arms or early runs of its own."""
        own = {"models": arm.models or self.models, "seeds": arm.seeds, "early": (),
               "vocabularies": arm.vocabularies or self.vocabularies, "arms": ()}  # fmt: skip
        return Training.model_validate({**self.model_dump(), **arm.changes, **own})


class OwnText(_Frozen):
    """The user's own parallel text: a file per language, a unit a line, beside the profile."""

    texts: dict[str, Path]
    documents: Path | None = None

    def below(self, folder: Path) -> "OwnText":
        """The same with relative paths taken from `folder`."""
        texts = {language: folder / path for language, path in self.texts.items()}
        return OwnText(texts=texts, documents=folder / self.documents if self.documents else None)


Part = TypeVar("Part", Costs, Memory, Training, Arm)  # what names models


class Profile(_Frozen):
    """One run of the suite. Every field is declared here; an unknown one is refused."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    description: str
    corpora: Annotated[Names, Field(min_length=1)]
    languages: Annotated[Names, Field(min_length=2)] = ("en", "ru", "zh")
    reference: str = "en"
    vocabularies: Vocabularies = Vocabularies()
    costs: Costs = Costs()
    memory: Memory = Memory()
    training: Training | None = None
    own: dict[str, OwnText] = {}
    slurm: Annotated[Slurm, Field(exclude=True)] = Slurm()  # where cells run is in no result
    gpus: Annotated[Gpus, Field(exclude=True)] = Gpus()  # nor is what a plan prices for

    @model_validator(mode="after")
    def _consistent(self) -> "Profile":
        if self.reference not in self.languages:
            raise ValueError(f"reference {self.reference!r} is not among languages")
        named = {*self.corpora, self.vocabularies.trained_on or self.corpora[0]}
        if self.training and self.training.corpus not in self.corpora:
            raise ValueError(f"training.corpus {self.training.corpus!r} is not among corpora")
        if named - set(self.corpora):
            raise ValueError("vocabularies.trained_on is not among corpora")
        if set(self.memory.corpora) - set(self.corpora):
            raise ValueError(f"memory.corpora {list(self.memory.corpora)} are not among corpora")
        self._refuse_unknown_vocabularies()
        return self

    def _refuse_unknown_vocabularies(self) -> None:
        wanted = self.vocabularies
        known = {*wanted.published, *wanted.controls, *wanted.trained}
        users = {"training.vocabularies": self.training.vocabularies if self.training else ()}
        for arm in self.training.arms if self.training else ():
            users[f"training.arms, {arm.name}: vocabularies"] = arm.vocabularies
        users |= {
            "memory.vocabularies": self.memory.vocabularies,
            "vocabularies.words": wanted.words,
        }
        for key, names in users.items():
            if unknown := sorted(set(names) - known):
                raise ValueError(f"{key} names {unknown[0]!r}, which is not under [vocabularies]")


def names() -> tuple[str, ...]:
    """The profiles that come with the suite."""
    folder = resources.files("bench") / "profiles"
    return tuple(
        sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))
    )


def load(profile: str) -> Profile:
    """Read a profile by name, or from a TOML file.

    Raises InputError in one line that names the file, the key and what is wrong with it.
    """
    text, place = _read(profile)
    try:
        found = Profile.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise InputError(f"{place}: {_first(error)}") from None
    except (ValueError, RecursionError) as error:  # of TOML, and of a number of 4,300 digits
        raise InputError(f"{place} is not TOML: {error}") from None
    folder = Path(profile).parent
    _refuse_twins(found, place)
    found = _below(found, folder)
    _refuse_outside(found, folder, place)
    return found.model_copy(update={"costs": _priced(found, folder, place)})


def _below(found: Profile, folder: Path) -> Profile:
    """The same with texts and model shapes of the user's own taken from `folder`."""
    training = found.training and _models_below(found.training, folder)
    if training:
        arms = tuple(_models_below(arm, folder) for arm in training.arms)
        training = training.model_copy(update={"arms": arms})
    changes = {
        "own": {name: text.below(folder) for name, text in found.own.items()},
        "costs": _models_below(found.costs, folder),
        "memory": _models_below(found.memory, folder),
        "training": training,
    }
    return found.model_copy(update=changes)


def _models_below(part: Part, folder: Path) -> Part:
    models = (str(folder / one) if one.endswith(".toml") else one for one in part.models)
    return part.model_copy(update={"models": tuple(models)})


def _priced(found: Profile, folder: Path, place: str) -> Costs:
    """The costs with their price table, which must hold every vocabulary that has costs."""
    wanted = found.vocabularies
    try:
        return found.costs.priced(folder, (*wanted.published, *wanted.trained))
    except InputError as error:
        raise InputError(f"{place}: costs.prices: {error}") from None


def _refuse_outside(found: Profile, folder: Path, place: str) -> None:
    """A profile that others made may read what lies beside it, and nothing else of the user's."""
    own = found.own.values()
    texts = [path for text in own for path in (*text.texts.values(), text.documents)]
    texts += [folder / found.costs.prices] if isinstance(found.costs.prices, Path) else []
    shapes = [Path(one) for one in _models(found) if one.endswith(".toml")]
    for path in (*filter(None, texts), *shapes):
        if "\0" in str(path) or not path.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{place}: {path} lies outside {folder.resolve()}: put what a profile "
                             "names beside the profile")  # fmt: skip


def _models(found: Profile) -> list[str]:
    """Every model that a profile names."""
    arms = found.training.arms if found.training else ()
    trained = (one for part in (found.training, *arms) if part for one in part.models)
    return [*found.costs.models, *found.memory.models, *trained]


def _refuse_twins(found: Profile, place: str) -> None:
    """Rows know a model by its name alone, and two of one name would be one."""
    named: dict[str, str] = {}
    for model in _models(found):
        if named.setdefault(shape_name(model), model) != model:
            raise InputError(f"{place}: {named[shape_name(model)]} and {model} are two models of "
                             "one name: name the files apart")  # fmt: skip


def _read(profile: str) -> tuple[str, str]:
    if profile in names():
        packaged = resources.files("bench") / "profiles" / f"{profile}.toml"
        return packaged.read_text(encoding="utf-8"), f"profile {profile}"
    path = Path(profile)
    if path.suffix != ".toml":
        raise InputError(f"no profile {profile!r}: choose {', '.join(names())}, or give a .toml "
                         "file")  # fmt: skip
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except FileNotFoundError:
        raise InputError(f"no file {path}: give the path of a profile in TOML") from None
    except (UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path} cannot be read as UTF-8 text: {error}") from None


def _first(error: ValidationError) -> str:
    problem: Any = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown key {where!r}: remove it, or see bench/profiles/default.toml for the keys"
    said = problem["msg"].removeprefix("Value error, ")
    if isinstance(problem["input"], dict):  # a whole section is no help, and pages long
        return f"{where}: {said}" if where else said
    return f"{where}: {said} (given {problem['input']!r})" if where else said

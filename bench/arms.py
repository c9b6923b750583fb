"""From a profile's training section to its cells: floors, the sweep, and the runs of every arm.

The primary arm is the section itself. Another arm is the same section with something changed, so
whatever is not said is equal. The rate of a run is data: where the profile asks for a sweep, a
`rates` cell reads its runs and the runs of the arms read that cell.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.arm_names import BEST, PRIMARY, SWEEP, early
from bench.cell import Cell
from bench.cost_section import shape_name
from bench.costs import shapes
from bench.errors import InputError
from bench.forecast import FLOOR_SECONDS, Forecaster
from bench.profile import Arm, Profile, Training
from bench.training.models import model_fields
from bench.training.spec import Budget, Optimiser, Precision, RunSpec, Schedule, Stage
from corpora.derived import DERIVATIONS

Turn = Callable[[str, int], int]
"""(model, place of the seed) -> the turn of a run."""
Reader = Callable[[str, Cell], tuple[tuple[Cell, ...], dict[str, Any]]]
"""(family, corpus) -> the vocabulary cells to read, and what else names the vocabulary."""


@dataclass(frozen=True)
class _Reading:
    """What every run of an arm with one family reads: cells, and parameters that say which."""

    inputs: tuple[Cell, ...]
    params: dict[str, Any]


class Arms:
    """The cells of the training section; `read` finds the vocabulary of a family."""

    def __init__(self, profile: Profile, corpus: Cell, read: Reader, forecast: Forecaster) -> None:
        if profile.training is None:
            raise ValueError("the profile trains nothing")
        self.profile, self.corpus, self.read = profile, corpus, read
        self.training, self.forecast = profile.training, forecast

    def cells(self) -> list[Cell]:
        """Every cell whose rows the results hold, in turn. Sweeps come as inputs of what they
        choose for."""
        primary = Arm(name=PRIMARY, seeds=self.training.seeds)
        found = list(self._arm(primary, "common", self._first_turns))
        last = 2 * len(self.training.models) + len(primary.seeds)

        def later(model: str, place: int) -> int:
            return last + place

        if self.training.sweep:
            best = primary.model_copy(update={"name": BEST})
            found += self._arm(best, "best", later)
        for arm in self.training.arms:
            found += self._arm(arm, "common", later)
        return sorted(found, key=lambda cell: cell.turn)

    def _first_turns(self, model: str, place: int) -> int:
        """A model's sweep and its first seed, the next model's, then the other seeds of all."""
        models = self.training.models
        return 2 * models.index(model) + 2 if place == 0 else 2 * len(models) + place

    def _arm(self, arm: Arm, rate: str, turn: Turn) -> Iterator[Cell]:
        settings = self.training.changed(arm)
        languages = arm.languages or self.profile.languages
        for family in settings.vocabularies:
            reading = self._reading(settings, family, languages)
            for language in languages:
                floors = self._floors(arm, settings, reading, language)
                yield replace(floors, turn=turn(settings.models[0], 0))
            together = [tuple(languages)] if arm.together else [(one,) for one in languages]
            for model in () if arm.floors_only else settings.models:
                for read in together:
                    for place, seed in enumerate(arm.seeds):
                        for one, its in self._with_early(arm, settings):
                            made = self._run(one, its, reading, model, read, seed, rate)
                            yield replace(made, turn=turn(model, place))

    def _with_early(self, arm: Arm, settings: Training) -> Iterator[tuple[Arm, Training]]:
        """An arm and, beside a primary one, the runs that are annealed before its first budget.

        Those take the same steps at the same rates, to that budget and no further.
        """
        yield arm, settings
        if arm.name in (PRIMARY, BEST) and self.training.early:
            first = settings.budgets[0]
            shorter = {
                "epochs": settings.epochs * first,
                "amount": settings.amount and settings.amount * first,
                "warmup": settings.warmup / first,
                "budgets": (*(share / first for share in self.training.early), 1.0),
                "evaluations": 1,
            }
            named = arm.model_copy(update={"name": early(arm.name)})
            yield named, settings.model_copy(update=shorter)

    def _reading(self, settings: Training, family: str, languages: Sequence[str]) -> _Reading:
        """The profile's own languages decide together what content is read; derived ones too."""
        derived = [one for one in languages if one not in self.profile.languages]
        shared = tuple(languages) if derived else self.profile.languages
        corpus = self._derived(shared) if derived else self.corpus
        vocabulary, named = self.read(family, corpus)
        params = {
            "family": family,
            "languages": list(shared),
            "reference": self.profile.reference,
            "slice": settings.slice,
            "occurring": settings.occurring,
            **named,
        }
        return _Reading((corpus, *vocabulary), params)

    def _derived(self, languages: tuple[str, ...]) -> Cell:
        known = {*self.profile.languages, *DERIVATIONS}
        if unknown := sorted(set(languages) - known):
            raise InputError(f"training.arms: no language {unknown[0]!r}: use one of "
                             f"{', '.join(sorted(known))}")  # fmt: skip
        name = self.training.corpus
        label = f"{name} in {', '.join(languages)}"
        price = self.forecast.corpus(name)
        return Cell("derived", {"languages": list(languages)}, (self.corpus,), label, price)

    def _floors(self, arm: Arm, settings: Training, reading: _Reading, language: str) -> Cell:
        params = {
            **reading.params,
            "language": language,
            "floors": list(settings.floors),
            "context_units": settings.context_units,
        }
        label = f"floors {language} {reading.params['family']}"
        label = label if arm.name == PRIMARY else f"{arm.name}: {label}"
        return Cell("floor", params, reading.inputs, label, FLOOR_SECONDS)

    def _run(
        self, arm: Arm, settings: Training, reading: _Reading, model: str,
        languages: tuple[str, ...], seed: int, rate: str,
    ) -> Cell:  # fmt: skip
        spec = run_spec(settings, model, languages, seed, self.forecast.precision, arm)
        chosen, named = self._rates(arm, model), {}
        if chosen:
            named = {"rate": rate}
        params = {**reading.params, "spec": spec.to_dict(), **named}
        label = f"{shape_name(model)} {'+'.join(languages)} {reading.params['family']} seed {seed}"
        label = label if arm.name == PRIMARY else f"{arm.name}: {label}"
        inputs = (*reading.inputs, *chosen)
        return self._priced(params, inputs, label, settings, languages, model)

    def _rates(self, arm: Arm, model: str) -> tuple[Cell, ...]:
        """The cell that chooses the rate of an arm's runs; none where the profile states one.

        Every arm takes the rate that was chosen for its model with the primary vocabulary.
        """
        if not self.training.sweep or arm.lr or model not in self.training.models:
            return ()
        family = self.training.vocabularies[0]
        runs = tuple(self._sweep(family, model))
        params = {"model": shape_name(model), "corpus": self.training.corpus, "family": family}
        return (Cell("rates", params, runs, f"rates for {shape_name(model)} {family}"),)

    def _sweep(self, family: str, model: str) -> Iterator[Cell]:
        """One run a language and rate, all of one seed, annealed once at its end.

        Each warms up over as many steps as the arm that takes its rate, at most half of its own.
        """
        sweep = self.training.sweep
        if sweep is None:
            return
        warmup = min(0.5, self.training.warmup * self.training.epochs / sweep.epochs)
        shorter = {"epochs": sweep.epochs, "schedule": "cosine", "warmup": warmup}
        settings = self.training.model_copy(update=shorter)
        reading = self._reading(settings, family, self.profile.languages)
        for language in self.profile.languages:
            for lr in sweep.lrs:
                arm = Arm(name=SWEEP, lr=lr)
                spec = run_spec(
                    settings, model, (language,), sweep.seed, self.forecast.precision, arm
                )
                label = f"sweep: {shape_name(model)} {language} {family} lr {lr:g}"
                params = {**reading.params, "spec": spec.to_dict()}
                turn = 2 * self.training.models.index(model) + 1
                only = (language,)
                made = self._priced(params, reading.inputs, label, settings, only, model)
                yield replace(made, turn=turn)

    def _priced(
        self, params: dict[str, Any], inputs: tuple[Cell, ...], label: str, settings: Training,
        languages: tuple[str, ...], model: str,
    ) -> Cell:  # fmt: skip
        """The cell of a run, with what it is foreseen to see and to take."""
        family = str(params["family"])
        prices = [self.forecast.price(settings, one, model, family) for one in languages]
        tokens, flops = sum(one.tokens for one in prices), sum(one.flops for one in prices)
        return Cell(
            "training",
            params,
            inputs,
            label,
            sum(one.seconds for one in prices),
            predicted={"tokens": float(tokens), "flops": flops},
        )


def run_spec(
    settings: Training, model: str, languages: tuple[str, ...], seed: int, precision: Precision,
    arm: Arm,
) -> RunSpec:  # fmt: skip
    """The run that a profile asks for, with everything that determines its result."""
    return RunSpec(
        shape_name(model),
        languages,
        tuple(_stages(settings, model, arm)),
        seed=seed,
        arm=arm.name,
        context_units=settings.context_units,
        batch_units=settings.batch_units,
        evaluations=settings.evaluations,
        precision=precision,
        threads=settings.threads,
        device=settings.device,
        chunk_tokens=settings.chunk_tokens,
    )


def _stages(settings: Training, model: str, arm: Arm) -> Iterator[Stage]:
    """One stage; or one a share of the slots, with equal parts of the budget."""
    fields = model_fields(model, settings.dropout, settings.residual_init)
    amount = settings.amount or settings.epochs
    whole = Stage(
        fields,
        Budget(settings.budget, amount),
        Optimiser(arm.lr or settings.lr, (0.9, settings.beta2), weight_decay=settings.weight_decay),
        Schedule(settings.schedule, warmup=settings.warmup, budgets=tuple(settings.budgets)),
    )
    if not arm.growth:
        yield whole
        return
    if shapes.load(model).family != "tokenformer":
        raise InputError(f"arm {arm.name!r} grows {model}: only a tokenformer grows")
    part = replace(whole, budget=replace(whole.budget, amount=amount / len(arm.growth)))
    for number, share in enumerate(arm.growth):
        slots = {name: max(1, round(share * fields[name])) for name in ("slots", "ffn_slots")}
        last = number == len(arm.growth) - 1
        schedule = part.schedule if last else replace(part.schedule, budgets=(1.0,))
        yield replace(
            part,
            model={} if number else {**fields, **slots},
            growth=slots if number else {},
            schedule=schedule,
            name="main" if last else f"slots-{slots['slots']}",
        )

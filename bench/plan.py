"""From a profile to its cells: pure, before anything is computed.

The plan is the one place that says what depends on what. Whatever a cell's result depends on
stands in its parameters or in its inputs; what only people need stands in its label.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.cell import Cell, canonical
from bench.costs import shapes
from bench.forecast import FLOOR_SECONDS, MEMORY_SECONDS, Forecaster
from bench.profile import Profile, Training
from bench.sources import Source, Sources
from bench.training.models import model_fields
from bench.training.spec import Budget, Optimiser, Precision, RunSpec, Schedule, Stage
from corpora.library import recipe


@dataclass(frozen=True)
class Plan:
    """The cells whose rows make the result files; their inputs hang on them."""

    profile: Profile
    sources: Sources
    cells: tuple[Cell, ...]


def plan(profile: Profile, sources: Sources, precision: Precision) -> Plan:
    """All cells of a profile. `precision` is what `auto` means on this machine."""
    planner = _Planner(profile, sources, precision)
    return Plan(profile, sources, tuple(planner.cells()))


class _Planner:
    def __init__(self, profile: Profile, sources: Sources, precision: Precision) -> None:
        self.profile, self.precision = profile, precision
        self.forecast = Forecaster(profile)
        self.corpora = {one.name: self._corpus(one) for one in sources.corpora if not one.skipped}
        self.published = [one for one in sources.vocabularies if not one.skipped]

    def cells(self) -> Iterator[Cell]:
        for name, corpus in self.corpora.items():
            for tokenization in self._tokenizations(name, corpus):
                yield from self._measurements(corpus, tokenization)
        training = self.profile.training
        if training and training.corpus in self.corpora:
            yield from self._learning(training)

    def _corpus(self, source: Source) -> Cell:
        params = {
            "name": source.name,
            "artifacts": list(source.facts),
            "recipe": "user's files" if source.own else recipe(source.name),
            "languages": list(self.profile.languages),
        }
        price = self.forecast.corpus(source.name)
        return Cell("corpus", params, (), f"corpus {source.name}", price, source.where)

    def _tokenizations(self, name: str, corpus: Cell) -> Iterator[Cell]:
        wanted = self.profile.vocabularies
        for control in wanted.controls:
            yield self._tokenization(name, corpus, control, "all", {"control": control})
        for source in self.published:
            facts = {"published": source.name, "sha256": source.facts[0]["sha256"]}
            yield self._tokenization(name, corpus, source.name, "all", facts)
        for family in wanted.trained if self._trained_on in self.corpora else ():
            yield self._trained(name, corpus, family)

    @property
    def _trained_on(self) -> str:
        return self.profile.vocabularies.trained_on or self.profile.corpora[0]

    def _trained(self, name: str, corpus: Cell, family: str) -> Cell:
        """A vocabulary is measured on text it was not trained on: the test split of its corpus."""
        split = "test" if name == self._trained_on else "all"
        return self._tokenization(name, corpus, family, split, {}, self._vocabulary(family))

    def _vocabulary(self, family: str) -> Cell:
        params = {"family": family, "split": "train"}
        source = self.corpora[self._trained_on]
        seconds = self.forecast.vocabulary(self._trained_on)
        return Cell("vocabulary", params, (source,), f"train {family}", seconds)

    def _tokenization(
        self, name: str, corpus: Cell, family: str, split: str, facts: dict[str, Any],
        vocabulary: Cell | None = None,
    ) -> Cell:  # fmt: skip
        params = {"family": family, "split": split, "mode": "unit", **facts}
        inputs = (corpus, vocabulary) if vocabulary else (corpus,)
        label = f"tokenize {name} {split} with {family}"
        return Cell("tokenization", params, inputs, label, self.forecast.tokenization(name))

    def _measurements(self, corpus: Cell, tokenization: Cell) -> Iterator[Cell]:
        about = tokenization.label.removeprefix("tokenize ")
        split = tokenization.params["split"]
        text = Cell("text", {"split": split}, (corpus,), f"text of {corpus.label} {split}")
        reference = {"reference": self.profile.reference}
        yield self._metrics(corpus, text, tokenization, about)
        models = self.profile.costs.models
        if models and "control" not in tokenization.params:
            params = {**reference, "models": {shape_name(one): shape_digest(one) for one in models}}
            where = {shape_name(one): one for one in models}
            inputs = (corpus, tokenization)
            yield Cell("costs", params, inputs, f"costs {about}", 2.0, where)
        yield from self._memory(corpus, tokenization, about)

    def _metrics(self, corpus: Cell, text: Cell, tokenization: Cell, about: str) -> Cell:
        family = tokenization.params["family"]
        params = {
            "reference": self.profile.reference,
            "words": family in self.profile.vocabularies.words,
        }
        inputs = (corpus, text, tokenization, *tokenization.inputs[1:])
        return Cell("metrics", params, inputs, f"metrics {about}", 10.0 if params["words"] else 1.0)

    def _memory(self, corpus: Cell, tokenization: Cell, about: str) -> Iterator[Cell]:
        wanted = self.profile.memory
        if tokenization.params["family"] not in wanted.vocabularies:
            return
        if corpus.params["name"] not in wanted.corpora:
            return
        settings = wanted.model_dump(mode="json", exclude={"models", "corpora", "vocabularies"})
        for model in wanted.models:
            name = shape_name(model)
            params = {**settings, "model": name, "shape": shape_digest(model)}
            inputs, label = (corpus, tokenization), f"memory {name} {about}"
            yield Cell("memory", params, inputs, label, MEMORY_SECONDS, {name: model})

    def _learning(self, training: Training) -> Iterator[Cell]:
        for family in training.vocabularies:
            inputs, shared = self._reading(training, family)
            for language in self.profile.languages:
                yield self._floors(training, inputs, {**shared, "language": language})
                for model in training.models:
                    for seed in training.seeds:
                        yield self._run(training, inputs, shared, language, model, seed)

    def _reading(self, training: Training, family: str) -> tuple[tuple[Cell, ...], dict[str, Any]]:
        """What a run reads: its corpus, and a vocabulary trained here or published."""
        corpus = self.corpora[training.corpus]
        shared = {
            "family": family,
            "languages": list(self.profile.languages),
            "reference": self.profile.reference,
            "slice": training.slice,
        }
        if family in self.profile.vocabularies.trained:
            return (corpus, self._vocabulary(family)), shared
        facts = next(one.facts[0] for one in self.published if one.name == family)
        return (corpus,), {**shared, "sha256": facts["sha256"]}

    def _floors(self, training: Training, inputs: tuple[Cell, ...], shared: dict[str, Any]) -> Cell:
        params = {
            **shared,
            "floors": list(training.floors),
            "context_units": training.context_units,
        }
        label = f"floors {shared['language']} {shared['family']}"
        return Cell("floor", params, inputs, label, FLOOR_SECONDS)

    def _run(
        self, training: Training, inputs: tuple[Cell, ...], shared: dict[str, Any],
        language: str, model: str, seed: int,
    ) -> Cell:  # fmt: skip
        spec = run_spec(training, model, language, seed, self._precision(training))
        label = f"{shape_name(model)} {language} {shared['family']} seed {seed}"
        price = self.forecast.run(training, language, model)
        return Cell("training", {**shared, "spec": spec.to_dict()}, inputs, label, price)

    def _precision(self, training: Training) -> Precision:
        return self.precision if training.precision == "auto" else training.precision


def shape_name(model: str) -> str:
    """The name of a model shape: its card's, or its file's without folder and ending."""
    return Path(model).stem if model.endswith(".toml") else model


def shape_digest(model: str) -> str:
    """SHA-256 of a model shape's sizes: what stands in a key, whatever the card is called."""
    return hashlib.sha256(canonical(asdict(shapes.load(model))).encode()).hexdigest()


def run_spec(
    training: Training, model: str, language: str, seed: int, precision: Precision
) -> RunSpec:
    """The run that a profile asks for, with everything that determines its result."""
    optimiser = Optimiser(lr=training.lr, weight_decay=training.weight_decay)
    schedule = Schedule(training.schedule, warmup=training.warmup)
    stage = Stage(
        model_fields(model, training.dropout),
        Budget("content", training.epochs),
        optimiser,
        schedule,
    )
    return RunSpec(
        shape_name(model),
        (language,),
        (stage,),
        seed=seed,
        context_units=training.context_units,
        batch_units=training.batch_units,
        evaluations=training.evaluations,
        precision=precision,
        threads=training.threads,
    )

"""From a profile to its cells: pure, before anything is computed.

The plan is the one place that says what depends on what. Whatever a cell's result depends on
stands in its parameters or in its inputs; what only people need stands in its label.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.cell import Cell
from bench.forecast import Forecaster
from bench.profile import Profile, Training
from bench.sources import Source, Sources


@dataclass(frozen=True)
class Plan:
    """The cells whose rows make the result files; their inputs hang on them."""

    profile: Profile
    sources: Sources
    cells: tuple[Cell, ...]


def plan(profile: Profile, sources: Sources, precision: str) -> Plan:
    """All cells of a profile. `precision` is what `auto` means on this machine."""
    planner = _Planner(profile, sources, precision)
    return Plan(profile, sources, tuple(planner.cells()))


class _Planner:
    def __init__(self, profile: Profile, sources: Sources, precision: str) -> None:
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
        seconds = self.forecast.vocabulary(self._trained_on, family)
        return Cell("vocabulary", params, (source,), f"train {family}", seconds)

    def _tokenization(
        self, name: str, corpus: Cell, family: str, split: str, facts: dict[str, Any],
        vocabulary: Cell | None = None,
    ) -> Cell:  # fmt: skip
        params = {"family": family, "split": split, "mode": "unit", **facts}
        inputs = (corpus, vocabulary) if vocabulary else (corpus,)
        label = f"tokenize {name} {split} with {family}"
        return Cell("tokenization", params, inputs, label, self.forecast.tokenization(name, split))

    def _measurements(self, corpus: Cell, tokenization: Cell) -> Iterator[Cell]:
        about = tokenization.label.removeprefix("tokenize ")
        split = tokenization.params["split"]
        text = Cell("text", {"split": split}, (corpus,), f"text of {corpus.label} {split}")
        reference = {"reference": self.profile.reference}
        yield Cell("metrics", reference, (corpus, text, tokenization), f"metrics {about}", 2.0)
        models = self.profile.costs.models
        if models and "control" not in tokenization.params:
            params = {**reference, "models": list(models)}
            yield Cell("costs", params, (corpus, tokenization), f"costs {about}", 2.0)
        yield from self._memory(corpus, tokenization, about)

    def _memory(self, corpus: Cell, tokenization: Cell, about: str) -> Iterator[Cell]:
        wanted = self.profile.memory
        if tokenization.params["family"] not in wanted.vocabularies:
            return
        settings = wanted.model_dump(mode="json", exclude={"models", "vocabularies"})
        for model in wanted.models:
            params = {**settings, "model": model, "reference": self.profile.reference}
            label = f"memory {model} {about}"
            yield Cell("memory", params, (corpus, tokenization), label, 20.0)

    def _learning(self, training: Training) -> Iterator[Cell]:
        for family in training.vocabularies:
            for language in self.profile.languages:
                for floor in training.floors:
                    yield self._run("floor", training, family, language, floor, None)
                for model in training.models:
                    for seed in training.seeds:
                        yield self._run("training", training, family, language, model, seed)

    def _run(
        self, kind: str, training: Training, family: str, language: str, model: str,
        seed: int | None,
    ) -> Cell:  # fmt: skip
        corpus = self.corpora[training.corpus]
        tokenizations = self._content(training.corpus, corpus, family)
        shared = {"slice", "context_units"}
        exclude = {"models", "vocabularies", "seeds", "floors", "corpus"}
        settings = training.model_dump(mode="json", exclude=exclude)
        if kind == "floor":
            settings = {key: settings[key] for key in sorted(shared)}
        else:
            settings |= {"seed": seed, "precision": self._precision(training)}
        params = {**settings, "model": model, "language": language, "family": family}
        label = f"{model} {language} {family}" + ("" if seed is None else f" seed {seed}")
        seconds = self.forecast.run(training, language, model)
        return Cell(kind, params, (corpus, *tokenizations), label, seconds)

    def _content(self, name: str, corpus: Cell, family: str) -> tuple[Cell, ...]:
        """The vocabulary a model reads with, trained here or published."""
        if family in self.profile.vocabularies.trained:
            return (self._vocabulary(family),)
        facts = next(source.facts[0] for source in self.published if source.name == family)
        params = {"published": family, "sha256": facts["sha256"]}
        return (self._tokenization(name, corpus, family, "all", params),)

    def _precision(self, training: Training) -> str:
        return self.precision if training.precision == "auto" else training.precision

"""From a profile to its cells: pure, before anything is computed.

The plan is the one place that says what depends on what. Whatever a cell's result depends on
stands in its parameters or in its inputs; what only people need stands in its label.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.arms import Arms
from bench.cell import Cell
from bench.cost_section import Costs, shape_name
from bench.costs import shapes
from bench.costs.flops import CONVENTIONS, items
from bench.costs.prices import Prices
from bench.forecast import MEASURED_SECONDS, MEMORY_SECONDS, Forecaster
from bench.profile import Profile
from bench.segmentation import missing
from bench.sources import Source, Sources
from bench.training.spec import Precision
from corpora.cards import card
from corpora.library import recipe


@dataclass(frozen=True)
class Plan:
    """The cells whose rows make the result files; their inputs hang on them.

    `unfinished` are the labels of cells that a report so far goes without.
    """

    profile: Profile
    sources: Sources
    cells: tuple[Cell, ...]
    unfinished: tuple[str, ...] = ()


def plan(
    profile: Profile, sources: Sources, precision: Precision, rate: float | None = None
) -> Plan:
    """All cells of a profile. `precision` is what `auto` means on this machine.

    `rate` is the machine's, of matrix products; it enters prices and no result.
    """
    planner = _Planner(profile, sources, precision, rate)
    return Plan(profile, sources, tuple(planner.cells()))


class _Planner:
    def __init__(
        self, profile: Profile, sources: Sources, precision: Precision, rate: float | None
    ) -> None:
        self.profile, self.precision = profile, precision
        self.forecast = Forecaster(profile, precision, rate)
        self.corpora = {one.name: self._corpus(one) for one in sources.corpora if not one.skipped}
        self.published = [one for one in sources.vocabularies if not one.skipped]

    def cells(self) -> Iterator[Cell]:
        for name, corpus in self.corpora.items():
            for tokenization in self._tokenizations(name, corpus):
                yield from self._measurements(corpus, tokenization)
        training = self.profile.training
        if training and training.corpus in self.corpora:
            corpus = self.corpora[training.corpus]
            yield from Arms(self.profile, corpus, self._reading, self.forecast).cells()

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
        for family in wanted.trained if self._held_out(name) else ():
            yield self._trained(name, corpus, family)

    @property
    def _trained_on(self) -> str:
        return self.profile.vocabularies.trained_on or self.profile.corpora[0]

    def _held_out(self, name: str) -> bool:
        """Whether text of this corpus was kept from the trained vocabularies; a pool's parts are
        in it, split otherwise than alone."""
        source = self._trained_on
        pooled = source not in self.profile.own and name in card(source).parts
        return source in self.corpora and not pooled

    def _trained(self, name: str, corpus: Cell, family: str) -> Cell:
        """A vocabulary is measured on text it was not trained on: the test split of its corpus."""
        split = "test" if name == self._trained_on else "all"
        return self._tokenization(name, corpus, family, split, {}, self._vocabulary(family))

    def _vocabulary(self, family: str, corpus: Cell | None = None) -> Cell:
        params = {"family": family, "split": "train"}
        source = corpus or self.corpora[self._trained_on]
        seconds = self.forecast.vocabulary(self._trained_on)
        label = f"train {family}" + (f" on {corpus.label}" if corpus else "")
        return Cell("vocabulary", params, (source,), label, seconds)

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
        costs = self.profile.costs
        if (costs.models or costs.prices) and "control" not in tokenization.params:
            params = cost_params(costs, tokenization.params["family"]) | reference
            where = {shape_name(one): one for one in costs.models}
            inputs = (corpus, tokenization)
            yield Cell("costs", params, inputs, f"costs {about}", 2.0, where)
        yield from self._memory(corpus, tokenization, about)

    def _metrics(self, corpus: Cell, text: Cell, tokenization: Cell, about: str) -> Cell:
        family = tokenization.params["family"]
        params = {
            "reference": self.profile.reference,
            "words": family in self.profile.vocabularies.words,
        }
        if params["words"] and (without := missing(self.profile.languages)):
            params["without"] = without  # with them it is another cell, and has their rows
        inputs = (corpus, text, tokenization, *tokenization.inputs[1:])
        return Cell("metrics", params, inputs, f"metrics {about}", 10.0 if params["words"] else 1.0)

    def _memory(self, corpus: Cell, tokenization: Cell, about: str) -> Iterator[Cell]:
        wanted = self.profile.memory
        if tokenization.params["family"] not in wanted.vocabularies:
            return
        if corpus.params["name"] not in wanted.corpora:
            return
        settings = wanted.model_dump(
            mode="json", exclude={"models", "corpora", "vocabularies", "measured"}
        )
        for model in wanted.models:
            name = shape_name(model)
            shape = {"model": name, "shape": shape_digest(model)}
            params = {**settings, **shape, "reference": self.profile.reference}
            inputs, label = (corpus, tokenization), f"memory {name} {about}"
            yield Cell("memory", params, inputs, label, MEMORY_SECONDS, {name: model})
            if wanted.measured:
                label = f"step {name} {about}"
                yield Cell("step", params, inputs, label, MEASURED_SECONDS, {name: model})

    def _reading(self, family: str, corpus: Cell) -> tuple[tuple[Cell, ...], dict[str, Any]]:
        """The vocabulary that a run reads: trained on that corpus, published, or a control."""
        wanted = self.profile.vocabularies
        if family in wanted.trained:
            rewritten = corpus if corpus.kind == "derived" else None
            return (self._vocabulary(family, rewritten),), {}
        if family in wanted.controls:
            return (), {"control": family}
        facts = next(one.facts[0] for one in self.published if one.name == family)
        return (), {"sha256": facts["sha256"]}


def cost_params(costs: Costs, vocabulary: str) -> dict[str, Any]:
    """What the costs of a vocabulary depend on; a default that came later is left out of the key.

    Of a price table, only the vocabulary's own price. Raises InputError where a convention does
    not describe a shape.
    """
    made: dict[str, Any] = {"models": {shape_name(one): shape_digest(one) for one in costs.models}}
    conventions = [one for one in CONVENTIONS if one in costs.conventions]
    for model in costs.models:
        for convention in conventions:
            items(shapes.load(model), convention)
    if conventions != ["exact"]:
        made["conventions"] = conventions
    if isinstance(costs.prices, Prices):
        price = costs.prices.of(vocabulary)
        made["price"] = {"per_million_tokens": price, "currency": costs.prices.currency}
    return made


def shape_digest(model: str) -> str:
    """SHA-256 of a model shape's sizes: what stands in a key, whatever the card is called."""
    return shapes.digest(shapes.load(model))

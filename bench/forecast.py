"""What a profile will cost, before anything runs: tokens, FLOPs and seconds.

Prices are rough by design: they order the cells and size a coffee break. Sizes come from the data
cards, or from the files where the text is the user's own; the rates below were read off runs on
two cores of a server and are no promise about another machine. A training run is priced by its
FLOPs over this machine's own rate of matrix products (bench/costs/plan.py).
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.profile import Profile, Training
from bench.training.spec import Precision, Schedule
from corpora.derived import DERIVATIONS

if TYPE_CHECKING:
    from bench.costs.plan import Price

DECAY = Schedule().decay

# Read off the timings of a `quick` run: one core, seconds per MB of text, tokens per kB.
BUILD_SECONDS_PER_MB = 1.6
ENCODE_SECONDS_PER_MB = 0.15
TRAIN_VOCABULARY_SECONDS_PER_MB = 0.4
TOKENS_PER_KB = {"en": 239.0, "ru": 130.0, "zh": 203.0}  # the end of a unit included
DEFAULT_TOKENS_PER_KB = 230.0
TRAIN_SHARE = 0.77  # of a corpus, in bytes
GROWTH_OF_DERIVED = {"en-2byte": 1.8, "en-3byte": 3.0, "zh-pinyin": 2.0}  # bytes over the source's
SIZE_WITH_MOST_MERGES = 4096  # of the vocabularies that the tokens per kB were read off
OCCURRING_IDS = 12_000  # of a published vocabulary, in one language of our corpora
MATRIX_RATE = {"fp32": 1e11, "bf16": 4e11}  # FLOPs a second of one core, where none was measured
OVERHEAD = 1.1  # padding, and looks at validation
STARTING_SECONDS = 5.0
MEMORY_SECONDS = 8.0
MEASURED_SECONDS = 40.0
FLOOR_SECONDS = 6.0


class Forecaster:
    """Predicted seconds of one core for the cells of a profile."""

    def __init__(
        self, profile: Profile, precision: Precision = "fp32", rate: float | None = None
    ) -> None:
        """`precision` is what the machine multiplies, `rate` its matrix products' FLOPs a second.

        Both are of one core. Where bf16 is not multiplied its products are those of fp32, and so
        is the share of their rate that a step reaches.
        """
        wanted = profile.training.precision if profile.training else "auto"
        self.profile = profile
        self.precision: Precision = precision if wanted == "auto" else wanted
        self.multiplied: Precision = "fp32" if wanted == "fp32" else precision
        self.rate = rate or MATRIX_RATE[self.precision]

    def kilobytes(self, name: str, language: str) -> float:
        """Text of one language of a corpus, kB of UTF-8; of a derived one by its source."""
        if language in DERIVATIONS:
            source = DERIVATIONS[language].source
            return self.kilobytes(name, source) * GROWTH_OF_DERIVED[language]
        own = self.profile.own.get(name)
        if own:
            return own.texts[language].stat().st_size / 1e3
        import corpora

        sizes = corpora.card(name).counts.get("kB", {})
        return float(sizes.get(language, 1000.0))

    def megabytes(self, name: str) -> float:
        """Text of all the profile's languages of a corpus, MB."""
        return sum(self.kilobytes(name, one) for one in self.profile.languages) / 1e3

    def corpus(self, name: str) -> float:
        """Seconds to build a corpus."""
        return 1 + BUILD_SECONDS_PER_MB * self.megabytes(name)

    def vocabulary(self, name: str) -> float:
        """Seconds to train a family of vocabularies."""
        return 1 + TRAIN_VOCABULARY_SECONDS_PER_MB * self.megabytes(name)

    def tokenization(self, name: str) -> float:
        """Seconds to encode a corpus; loading a vocabulary is about a second of it."""
        return 1 + ENCODE_SECONDS_PER_MB * self.megabytes(name)

    def tokens(self, training: Training, language: str, family: str | None = None) -> float:
        """Tokens that a run sees on its way, padding and decay branches excluded."""
        name = family or training.vocabularies[0]
        if training.budget == "token":
            return training.amount or 0.0
        share = TRAIN_SHARE * training.slice * training.epochs
        if name in ("bytes", "characters"):
            return 1000 * share * self.kilobytes(training.corpus, language)
        plain = DERIVATIONS[language].source if language in DERIVATIONS else language
        rate = TOKENS_PER_KB.get(plain, DEFAULT_TOKENS_PER_KB)
        shorter = float((SIZE_WITH_MOST_MERGES / ids_of(name, training.occurring)) ** 0.15)
        return rate * share * self.kilobytes(training.corpus, plain) * max(0.7, shorter)

    def price(
        self, training: Training, language: str, model: str, family: str | None = None
    ) -> "Price":
        """Tokens, FLOPs and seconds of one run; ends of units are tokens that it learns.

        Tokens and FLOPs are those of the run's own path. Seconds count what else it computes: the
        branches that anneal at the smaller budgets, padding, and looks at validation.
        """
        from bench.costs import shapes
        from bench.costs.plan import training_price

        name = family or training.vocabularies[0]
        shape = shapes.load(model).with_vocabulary(ids_of(name, training.occurring) + 1)
        content = training.model_copy(update={"budget": "content", "epochs": 1.0, "amount": None})
        once = self.tokens(content, language, name)
        count = max(1, round(self.units(training) / self._context(training)))
        passing = training_price(
            shape, [max(1, round(once / count))] * count, self.rate, precision=self.multiplied
        )
        price = passing.times(_passes(training, passing))
        return replace(price, seconds=STARTING_SECONDS + beyond(training) * price.seconds)

    def units(self, training: Training) -> float:
        """Units of meaning of the train split that a run reads, once."""
        own = self.profile.own.get(training.corpus)
        if own:
            lines = next(iter(own.texts.values())).read_bytes().count(b"\n")
            return TRAIN_SHARE * training.slice * lines
        import corpora

        counts = corpora.card(training.corpus).counts
        train = counts.get("splits", {}).get("train", {})
        return float(training.slice * train.get("units", TRAIN_SHARE * counts.get("units", 1000)))

    def _context(self, training: Training) -> int:
        """Units of a sequence: one where the corpus has no natural order."""
        import corpora

        own = training.corpus in self.profile.own
        ordered = own or corpora.card(training.corpus).order == "natural"
        return training.context_units if ordered else 1


def _passes(training: Training, once: "Price") -> float:
    """Passes over the content that the budget buys."""
    if training.amount is None:
        return training.epochs
    return training.amount / (once.tokens if training.budget == "token" else once.flops)


def beyond(training: Training) -> float:
    """What a run computes over what its own path does: branches, padding, looks at validation."""
    return OVERHEAD * (1 + _branches(training))


def _branches(training: Training) -> float:
    """Steps of branches that are read and thrown away, as a share of the run's own."""
    if training.schedule == "cosine":
        return 0.0
    return DECAY * sum(share for share in training.budgets if share < 1)


def ids_of(family: str, occurring: bool = False) -> int:
    """Ids of a vocabulary, as far as its name or its card tells."""
    from bench import vocabularies
    from bench.vocabularies.cards import card

    if vocabularies.is_trained_name(family):
        return vocabularies.parse(family).size
    if family in ("bytes", "characters"):
        return 256 if family == "bytes" else 8000
    return OCCURRING_IDS if occurring else card(family).size

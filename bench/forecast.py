"""What a profile will cost, before anything runs: tokens, FLOPs and seconds.

Prices are rough by design: they order the cells and size a coffee break. Sizes come from the data
cards, or from the files where the text is the user's own; the rates below were read off runs on
two cores of a server and are no promise about another machine.
"""

from bench.profile import Profile, Training
from bench.training.spec import Schedule
from corpora.derived import DERIVATIONS

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
EVALUATIONS = 0.05  # share of a run's time, see docs/training.md
TRAINING_FLOPS_PER_SECOND = 5e10
MEMORY_SECONDS = 8.0
FLOOR_SECONDS = 6.0


class Forecaster:
    """Predicted seconds of one core for the cells of a profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

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
        shorter = float((SIZE_WITH_MOST_MERGES / _ids(name, training)) ** 0.15)
        return rate * share * self.kilobytes(training.corpus, plain) * max(0.7, shorter)

    def flops(
        self, training: Training, language: str, model: str, family: str | None = None
    ) -> float:
        """Training FLOPs of a run, by 6N a token (Kaplan et al. 2020), logits included in N."""
        if training.budget == "flop":
            return training.amount or 0.0
        from bench.costs import shapes

        shape = shapes.load(model)
        ids = _ids(family or training.vocabularies[0], training) + 1
        each = 6.0 * (shape.body + ids * shape.width)
        return each * self.tokens(training, language, family)

    def run(
        self, training: Training, language: str, model: str, family: str | None = None
    ) -> float:
        """Seconds of a training run on one core, its decay branches and evaluations included."""
        earlier = sum(training.budgets) - 1 if training.schedule == "wsd" else 0.0
        more = 1 + DECAY * earlier + EVALUATIONS
        return 5 + more * self.flops(training, language, model, family) / TRAINING_FLOPS_PER_SECOND


def _ids(family: str, training: Training) -> int:
    """Ids of a vocabulary, as far as its name tells."""
    from bench import vocabularies

    if vocabularies.is_trained_name(family):
        return vocabularies.parse(family).size
    if family in ("bytes", "characters"):
        return 256 if family == "bytes" else 8000
    return OCCURRING_IDS if training.occurring else 50_000

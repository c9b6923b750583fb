"""What a profile will cost, before anything runs: tokens, FLOPs and seconds.

Prices are rough by design: they order the cells and size a coffee break. Sizes come from the data
cards, or from the files where the text is the user's own; the rates below were read off runs on
two cores of a server and are no promise about another machine.
"""

from bench.profile import Profile, Training

# Read off the timings of a `quick` run: one core, seconds per MB of text, tokens per kB.
BUILD_SECONDS_PER_MB = 1.6
ENCODE_SECONDS_PER_MB = 0.15
TRAIN_VOCABULARY_SECONDS_PER_MB = 0.4
TOKENS_PER_KB = {"en": 260.0, "ru": 145.0, "zh": 230.0}
DEFAULT_TOKENS_PER_KB = 250.0
TRAINING_FLOPS_PER_SECOND = 5e10
MEMORY_SECONDS = 8.0
FLOOR_SECONDS = 6.0


class Forecaster:
    """Predicted seconds of one core for the cells of a profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def kilobytes(self, name: str, language: str) -> float:
        """Text of one language of a corpus, kB of UTF-8."""
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

    def tokens(self, training: Training, language: str) -> float:
        """Tokens that a run sees, padding excluded."""
        rate = TOKENS_PER_KB.get(language, DEFAULT_TOKENS_PER_KB)
        share = 0.8 * training.slice * training.epochs  # four fifths of a corpus are for training
        return rate * share * self.kilobytes(training.corpus, language)

    def flops(self, training: Training, language: str, model: str) -> float:
        """Training FLOPs of a run, by 6N a token (Kaplan et al. 2020), logits included in N."""
        from bench.costs import shapes

        shape = shapes.load(model)
        return 6.0 * (shape.body + shape.embedding) * self.tokens(training, language)

    def run(self, training: Training, language: str, model: str) -> float:
        """Seconds of a training run on one core."""
        return 5 + self.flops(training, language, model) / TRAINING_FLOPS_PER_SECOND

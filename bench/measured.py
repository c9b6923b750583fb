"""A finished tokenization beside its corpus: what cells and results read of the two together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bench.signature import signature
from bench.store import Finished

if TYPE_CHECKING:
    from bench.tokenization import TokenStatistics, VocabularyFacts
    from corpora.parallel import ParallelCorpus

CORPUS, STATISTICS = "corpus.arrow", "tokens.npz"


@dataclass(frozen=True)
class Measured:
    """A corpus and its tokenization, with what rows say about them."""

    corpus: Finished
    tokens: Finished

    @cached_property
    def whole(self) -> "ParallelCorpus":
        """The corpus with all its splits."""
        return open_corpus(self.corpus)

    @cached_property
    def part(self) -> "ParallelCorpus":
        """The split that was tokenized."""
        return self.whole.select(self.split)

    @cached_property
    def statistics(self) -> "TokenStatistics":
        """Token counts, histograms, gates."""
        from bench.tokenization import TokenStatistics

        return TokenStatistics.load(self.tokens.folder / STATISTICS)

    @property
    def split(self) -> str:
        """Name of the split."""
        return str(self.tokens.record["params"]["split"])

    @property
    def mode(self) -> str:
        """unit or joined."""
        return str(self.tokens.record["params"]["mode"])

    @property
    def family(self) -> str:
        """Name of the vocabulary family."""
        return str(self.tokens.record["params"]["family"])

    def complete(self, row: dict[str, Any], **how: str | float) -> dict[str, Any]:
        """A row of costs or memory with what it is about, and its signature."""
        facts = self._facts(row["language"])
        return {
            "corpus": self.whole.name,
            "split": self.split,
            "vocabulary": facts.name,
            "vocabulary_family": self.family,
            "signature": self._signed((row["language"],), how),
            **row,
        }

    def about(self, *languages: str, **how: str | float) -> dict[str, Any]:
        """What a row of evidence.csv says of a statistic that rests on these languages."""
        from bench.metrics.rows import comparable, status

        return {
            "corpus": self.whole.name,
            "split": self.split,
            "vocabulary_family": self.family,
            "language": languages[0],
            "comparable": comparable(self.statistics, languages),
            "status": status(self.statistics, languages),
            "signature": self._signed(languages, how),
        }

    def _signed(self, languages: Sequence[str], how: Mapping[str, str | float]) -> str:
        facts = [self._facts(language) for language in languages]
        named = dict.fromkeys(f"{one.name}@{one.digest[:8]}" for one in facts)
        return signature(
            corp=f"{self.whole.name}@{self.whole.content_hash[:8]}",
            split=self.split,
            n=self.part.n_units,
            mode=self.mode,
            vocab="+".join(named),
            **how,
        )

    def _facts(self, language: str) -> "VocabularyFacts":
        return self.statistics.vocabularies[self.statistics.languages.index(language)]


def open_corpus(finished: Finished) -> "ParallelCorpus":
    """The corpus that a finished cell holds."""
    import corpora

    return corpora.ParallelCorpus.open(finished.folder / CORPUS)

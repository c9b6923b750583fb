"""Which learning rate a comparison is made at: chosen on validation, the same for all languages.

The common rate minimises the mean over languages of log(bits / best bits), so that no language is
served better than another by its choice; each language's own best stands beside it. A verdict that
changes between the two is no verdict.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import InputError
from bench.training.result import RunResult

Bits = Mapping[str, Mapping[float, float]]  # language -> learning rate -> validation bits per unit


@dataclass(frozen=True)
class Choice:
    """The rates of a sweep: one for all languages, and each language's best with its bits.

    `corp` is the corpus with its content, as signatures have it.
    """

    common: float
    best: Mapping[str, float]
    bits: Bits
    corp: str

    def loss(self, language: str) -> float:
        """Bits at the common rate over the language's lowest."""
        mine = self.bits[language]
        return mine[self.common] / mine[self.best[language]]

    @property
    def at_an_end(self) -> bool:
        """Whether the sweep should have gone on: a rate chosen is its lowest or its highest."""
        tried = sorted({rate for rates in self.bits.values() for rate in rates})
        return bool({self.common, *self.best.values()} & {tried[0], tried[-1]})


def choose(bits: Bits, corp: str) -> Choice:
    """The choice that a sweep's validation bits make; of equal rates the lowest.

    A rate at which a run diverged has bits of infinity. Raises InputError if no rate worked in
    every language.
    """
    best = {language: min(sorted(rates), key=rates.__getitem__) for language, rates in bits.items()}
    shared = sorted(set.intersection(*(set(rates) for rates in bits.values())))

    def mean_log_loss(rate: float) -> float:
        losses = [math.log(rates[rate] / rates[best[one]]) for one, rates in bits.items()]
        return sum(losses) / len(losses)

    working = [one for one in shared if all(math.isfinite(rates[one]) for rates in bits.values())]
    if not working:
        raise InputError("training.sweep: at no rate did every language learn: give lower rates")
    return Choice(min(working, key=mean_log_loss), best, bits, corp)


def of_runs(folders: Sequence[Path]) -> Choice:
    """The choice made by finished sweep runs, read from their last annealed points."""
    bits: dict[str, dict[float, float]] = {}
    corp = ""
    for folder in folders:
        result = RunResult.load(folder)
        corp = result.corp
        rate = float(result.about["spec"]["stages"][0]["optimiser"]["lr"])
        last = result.points[-1]["bits"] if result.status == "ok" else {}
        for language in result.about["spec"]["languages"]:
            bits.setdefault(language, {})[rate] = last.get(language) or math.inf
    return choose(bits, corp)

"""Do the intervals cover, and do the tests keep their level? On texts like those of the corpora.

    python -m bench.claims.simulation                      5,000 runs a case, several minutes
    python -m bench.claims.simulation --runs 20000 --documents "wesnoth test"

A simulated corpus has as many documents as a real one, of the same sizes. The tokens of a unit
vary from document to document and from unit to unit, as much as there; so do the ratios between
languages; a model's bits vary from seed to seed besides. The truth is known, so every interval and
every test can be held against it. What runs is what runs on results: estimates, `Distribution` and
`claim_rows`. Attention goes with squares of lengths, which live on the longest units, so for it
units are drawn from measured ones (`bench/claims/pairs.py`); where squares lie in too few documents
there is no test, and nothing is rejected.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from bench.claims.definition import Case, Claim, Part
from bench.claims.distribution import Distribution
from bench.claims.evidence import evidence_row
from bench.claims.facts import OK
from bench.claims.shapes import Shape, shapes
from bench.claims.table import claim_rows
from bench.claims.testable import testable
from bench.resampling import Clusters
from bench.schema import TABLES
from bench.statistics import (
    Estimate,
    estimates_of_sums,
    squares_estimates,
    training_contrast,
)

Floats = npt.NDArray[np.float64]
Columns = tuple[list[Floats], list[Floats]]  # [units] each
Outcome = tuple[float, ...]  # by WHATS: 1, 0, or NaN for an interval that there is none of

AT_ONCE = 50  # corpora that share a set of resamples
FEW = 0.05  # of runs with an interval: of fewer no share that covers is given
SEEDS = 5
SEED_SD = (0.0, 0.01, 0.05)  # of a model's bits over seeds, on the logarithm
HELD_OUT = ("libreoffice-help test", "wesnoth test", "quran test")  # where models are evaluated
TRUE = 1.3  # the ratio between languages; every bound is set on it


@dataclass(frozen=True)
class Squares:
    """A statistic of squared lengths, of units or of documents."""

    statistic: str
    context: str

    @property
    def excess(self) -> bool:
        """Whether it is over the squared premium."""
        return self.statistic == "attention_over_squared_premium"

    def truth(self, shape: Shape) -> float:
        """Its value over all that could be drawn."""
        pairs, by_document = shape.pairs, self.context == "document"
        value = pairs.squared_documents(shape.sizes) if by_document else pairs.squared()
        return value / pairs.linear() ** 2 if self.excess else value


ATTENTION = {
    "attention, units": Squares("attention_flops_ratio", "unit"),
    "attention, documents": Squares("attention_flops_ratio", "document"),
    "over squared premium": Squares("attention_over_squared_premium", "unit"),
}


@dataclass(frozen=True)
class Rate:
    """How often something happened in so many runs, and how often it should, in percent."""

    case: str
    shape: str
    k_eff: float
    what: str
    percent: float
    low: float
    high: float

    @property
    def kept(self) -> bool:
        """Whether it is within its bounds; of intervals that do not exist nothing is asked."""
        return bool(np.isnan(self.percent)) or self.low <= self.percent <= self.high


def simulate(runs: int = 5000, seed: int = 0, only: str | None = None) -> Iterator[Rate]:
    """Every case: token statistics and attention on every shape, training on the held-out ones.

    `only` names the documents of one shape; its rates are the same as among all.
    """
    known = [shape for shape in enumerate(shapes().values()) if only in (None, shape[1].name)]
    for place, shape in known:
        yield from token_statistics(shape, runs, np.random.default_rng([seed, place]))
    for place, shape in known:
        rng = np.random.default_rng([seed, place, 3])
        yield from token_statistics(shape, runs, rng, measured=True)
    for number, name in enumerate(ATTENTION):
        for place, shape in known:
            yield from attention(name, shape, runs, np.random.default_rng([seed, place, 2, number]))
    for place, shape in known:
        rng = np.random.default_rng([seed, place, 1])
        for seed_sd in SEED_SD if shape.name in HELD_OUT else ():
            yield from training_contrasts(shape, seed_sd, runs, rng)


def token_statistics(
    shape: Shape, runs: int, rng: np.random.Generator, measured: bool = False
) -> Iterator[Rate]:
    """Two premiums of one corpus: intervals, one-sided tests, and claims of several hypotheses.

    Lengths and ratios are lognormal, or drawn from measured ones.
    """
    seen: list[Outcome] = []
    draw = _measured if measured else _lognormal
    for _ in range(0, runs, AT_ONCE):
        columns = draw(shape, min(AT_ONCE, runs - len(seen)), rng)
        pairs = _premiums(shape, columns)
        seen += [
            _outcome(pair, status=testable(column[:, None]))
            for column, pair in zip(columns[0], pairs, strict=True)
        ]
    yield from _rates(f"token premium{', measured' if measured else ''}", shape, seen)


def attention(name: str, shape: Shape, runs: int, rng: np.random.Generator) -> Iterator[Rate]:
    """Two ratios of squared lengths, by units or by documents, as ATTENTION names them."""
    seen: list[Outcome] = []
    for _ in range(0, runs, AT_ONCE):
        how = ATTENTION[name]
        pairs = _squares(how, shape, min(AT_ONCE, runs - len(seen)), rng)
        seen += [_outcome(pair, how.statistic, how.context) for pair in pairs]
    yield from _rates(name, shape, seen)


def training_contrasts(
    shape: Shape, seed_sd: float, runs: int, rng: np.random.Generator
) -> Iterator[Rate]:
    """Two ratios of bits over five seeds, whose seeds differ by `seed_sd` on the logarithm."""
    seen = [_outcome(_contrasts(shape, seed_sd, rng)) for _ in range(runs)]
    yield from _rates(f"{SEEDS} seeds, sd {seed_sd:g}", shape, seen)


def _outcome(
    pair: Sequence[Estimate],
    statistic: str = "token_premium",
    context: str = "none",
    status: str = OK,
) -> Outcome:
    """What the first of two estimates says alone, and what claims on both of them say."""
    rows = [_row(one, statistic, context, language) | {"status": status}
            for one, language in zip(pair, "ab", strict=True)]  # fmt: skip
    known = Distribution.from_row(rows[0])
    assert known is not None
    if status != OK:
        known = replace(known, k_weight=-np.inf)  # of which there is no test
    return (known.tested, _covers(known), *_rejects(known), *_claims(rows))


def _lognormal(shape: Shape, count: int, rng: np.random.Generator) -> Columns:
    """Lengths of `count` corpora, and for each those in two more languages."""
    columns = [_lengths(shape, rng) for _ in range(count)]
    return columns, [column * _noise(shape, rng) * TRUE for column in columns for _ in range(2)]


def _measured(shape: Shape, count: int, rng: np.random.Generator) -> Columns:
    """The same out of measured pairs."""
    drawn = [shape.pairs.draw(shape.documents, 2, rng) for _ in range(count)]
    scale = TRUE / shape.pairs.linear()
    return [one for one, _ in drawn], [scale * other for _, both in drawn for other in both]


def _premiums(shape: Shape, columns: Columns) -> Iterator[list[Estimate]]:
    """Estimates of two ratios with the truth TRUE, for each corpus."""
    index, count = shape.documents, len(columns[0])
    by_document = [np.bincount(index, one) for side in columns for one in side]
    sums = np.stack(by_document, axis=1).astype(np.float64)

    def statistic(totals: Floats) -> Floats:
        return totals[:, count:] / np.repeat(totals[:, :count], 2, axis=1)

    found = estimates_of_sums(sums, Clusters.of(index), statistic)
    return (found[2 * place : 2 * place + 2] for place in range(count))


def _squares(
    how: Squares, shape: Shape, count: int, rng: np.random.Generator
) -> Iterator[list[Estimate]]:
    """Estimates of two ratios of squares with the truth TRUE, for each of `count` corpora."""
    index = shape.documents
    drawn = [shape.pairs.draw(index, 2, rng) for _ in range(count)]
    units = np.array([[length, *others] for length, others in drawn])  # [count, 3, units]
    tokens = _by_document(index, units)
    squares = tokens**2 if how.context == "document" else _by_document(index, units**2)
    sums = np.concatenate([squares, tokens], axis=1).reshape(6 * count, -1).T
    truth = how.truth(shape)

    def statistic(totals: Floats) -> Floats:
        by_corpus = totals.reshape(len(totals), count, 6)
        found = by_corpus[..., 1:3] / by_corpus[..., :1]
        if how.excess:
            found = found / (by_corpus[..., 4:] / by_corpus[..., 3:4]) ** 2
        return np.asarray(found.reshape(len(totals), -1) * (TRUE / truth))

    weights = np.repeat(squares[:, 0].T, 2, axis=1)
    found = squares_estimates(sums, Clusters.of(index), statistic, weights)
    return (found[2 * place : 2 * place + 2] for place in range(count))


def _by_document(index: npt.NDArray[np.int64], units: Floats) -> Floats:
    """Sums over the units of each document: [corpora, languages, units] to [..., documents]."""
    flat = units.reshape(-1, units.shape[-1])
    sums = [np.bincount(index, one) for one in flat]
    return np.array(sums, np.float64).reshape(*units.shape[:-1], -1)


def _contrasts(shape: Shape, seed_sd: float, rng: np.random.Generator) -> list[Estimate]:
    """Two ratios of bits per unit, [units, seeds] over [units, seeds]."""
    index = shape.documents
    bits = _lengths(shape, rng)[:, None] * np.ones(SEEDS)
    found = []
    for _ in range(2):
        seeds = np.exp(rng.normal(0.0, seed_sd, SEEDS))  # their mean logarithm is 0
        other = bits * (_noise(shape, rng) * TRUE)[:, None] * seeds
        found.append(training_contrast(other, bits, index))
    return found


def _lengths(shape: Shape, rng: np.random.Generator) -> Floats:
    """Tokens of each unit, or bits: [units]."""
    return np.asarray(np.exp(3.0 + _effects(shape, shape.length_sd, rng)))


def _noise(shape: Shape, rng: np.random.Generator) -> Floats:
    """A unit's ratio over the true one: its mean is 1, whatever the unit's length."""
    by_document, by_unit = shape.ratio_sd
    shift = (by_document**2 + by_unit**2) / 2
    return np.asarray(np.exp(_effects(shape, shape.ratio_sd, rng) - shift))


def _effects(shape: Shape, sd: tuple[float, float], rng: np.random.Generator) -> Floats:
    """A normal effect of each document, and one of each unit."""
    of_documents = rng.normal(0.0, sd[0], len(shape.sizes))
    return of_documents[shape.documents] + rng.normal(0.0, sd[1], int(shape.sizes.sum()))


def _covers(known: Distribution) -> float:
    low, high = known.interval(0.95) or (np.nan, np.nan)
    return float(low <= TRUE <= high) if known.tested else np.nan


def _rejects(known: Distribution) -> tuple[bool, bool]:
    """Both one-sided tests at 5%, each at a bound where its null just holds."""
    below, above = known.p_below(TRUE), known.p_above(TRUE)
    return below is not None and below <= 0.05, above is not None and above <= 0.05


def _claims(rows: Sequence[Mapping[str, object]]) -> tuple[bool, bool, bool]:
    """Whether a conjunction, an equivalence and a family gave a verdict that is wrong.

    Nulls hold just so: the bound is the truth. Of the conjunction one part is plainly true, which
    is when it errs most. Of the family of four claims, two say that a ratio is below it and two
    above.
    """
    tested = claim_rows(_about(str(rows[0]["statistic"])), rows, [])
    verdicts = {row["claim"]: row["verdict"] for row in tested}
    both, equal = (verdicts[name] == "supported" for name in ("conjunction", "equivalence"))
    return both, equal, any(verdicts[name] != "inconclusive" for name in FAMILY)


def _row(one: Estimate, statistic: str, context: str, language: str) -> dict[str, object]:
    about = {"corpus": "simulated", "split": "all", "vocabulary_family": "v", "language": language,
             "reference": "en", "comparable": True, "signature": "corp:simulated|v:0",
             "context": context}  # fmt: skip
    defaults = {"model": "none", "context": "none", "variant": "default", "status": "ok"}
    row = dict.fromkeys(TABLES["evidence"].names) | defaults
    return row | (evidence_row(statistic, about, one) or {})


@cache
def _about(statistic: str) -> tuple[Claim, ...]:
    """Claims about the statistic in two languages, all at the truth."""

    def claim(name: str, family: str, *parts: tuple[str, dict[str, float]]) -> Claim:
        made = (
            Part.model_validate({"statistic": statistic, "language": one, **bound})
            for one, bound in parts
        )
        return Claim(id=name, words=name, family=family, cases=(Case(parts=tuple(made)),))

    return (
        claim("conjunction", "conjunction", ("a", {"below": TRUE}), ("b", {"below": 2 * TRUE})),
        claim("equivalence", "equivalence", ("a", {"equal_within": TRUE})),
        claim("below-a", "family", ("a", {"below": TRUE})),
        claim("below-b", "family", ("b", {"below": TRUE})),
        claim("above-a", "family", ("a", {"above": TRUE})),
        claim("above-b", "family", ("b", {"above": TRUE})),
    )


FAMILY = ("below-a", "below-b", "above-a", "above-b")


def _rates(case: str, shape: Shape, seen: Sequence[Outcome]) -> Iterator[Rate]:
    table = np.array(seen, np.float64)
    tested = table[:, 0] == 1.0
    rates = table.mean(axis=0)
    rates[1] = table[tested, 1].mean() if tested.mean() >= FEW else np.nan
    for (what, (low, high)), rate in zip(WHATS.items(), rates, strict=True):
        lowest = low if tested.all() or what == "covers" else 0.0
        yield Rate(case, shape.name, shape.k_eff, what, float(100.0 * rate), lowest, high)


WHATS = {
    "tested": (0.0, 100.0),
    "covers": (93.0, 97.0),
    "below": (4.0, 6.0),
    "above": (4.0, 6.0),
    "conjunction": (0.0, 6.0),
    "equivalence": (0.0, 6.0),
    "family": (0.0, 6.0),
}


def table(rates: Iterator[Rate], say: Callable[[str], None]) -> bool:
    """Print a line a case as it is done, `!` where a rate is out of bounds; whether none is."""
    say(f"| case | documents | K_eff | {' | '.join(WHATS)} |")
    say("| --- | --- " + "| --: " * (1 + len(WHATS)) + "|")
    line: list[Rate] = []
    kept = True
    for rate in rates:
        line.append(rate)
        if len(line) == len(WHATS):
            cells = [_shown(one) for one in line]
            say(f"| {rate.case} | {rate.shape} | {rate.k_eff:.1f} | {' | '.join(cells)} |")
            kept = kept and all(one.kept for one in line)
            line = []
    return kept


def _shown(rate: Rate) -> str:
    if np.isnan(rate.percent):
        return "–"
    return f"{rate.percent:.1f}{'' if rate.kept else ' !'}"


def main() -> int:
    """Print the table; exit code 1 if a rate is out of its bounds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5000, help="runs of each case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--documents", choices=shapes(), help="only this corpus and split")
    given = parser.parse_args()
    rates = simulate(given.runs, given.seed, given.documents)
    return 0 if table(rates, lambda line: print(line, flush=True)) else 1


if __name__ == "__main__":
    raise SystemExit(main())

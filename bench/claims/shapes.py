"""Shapes of the corpora, on which the tests of claims are simulated: documents, and what varies.

They stand in a file beside this one, so that a simulation needs no corpus. `python -m
bench.claims.shapes` measures them again, on the corpora that this machine has, and prints the file.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import rankdata

from bench.claims.pairs import BANDS, Pairs
from bench.resampling import k_eff

if TYPE_CHECKING:
    from corpora.parallel import ParallelCorpus

FILE = "shapes.toml"
PAIRS = 400
VOCABULARY, LANGUAGE, REFERENCE = "o200k_base", "zh", "en"
MEASURED = (
    ("libreoffice-help", "all"),
    ("libreoffice-help", "test"),
    ("quran", "all"),
    ("debian-handbook", "all"),
    ("wesnoth", "test"),
    ("udhr", "all"),
    ("quran", "test"),
)


@dataclass(frozen=True)
class Shape:
    """Units of each document, and standard deviations of logarithms: (by document, by unit).

    `length_sd` are those of a unit's tokens in English, `ratio_sd` of Chinese tokens over English.
    `pairs` are units' tokens in English with those ratios, as they were measured.
    """

    name: str
    sizes: npt.NDArray[np.int64]
    length_sd: tuple[float, float]
    ratio_sd: tuple[float, float]
    pairs: Pairs

    @property
    def documents(self) -> npt.NDArray[np.int64]:
        """The document of each unit."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def k_eff(self) -> float:
        """The effective number of documents."""
        return k_eff(self.documents)


def shapes() -> dict[str, Shape]:
    """Every shape of the file, by corpus and split."""
    text = (resources.files("bench.claims") / FILE).read_text(encoding="utf-8")
    return {
        name: Shape(
            name,
            np.repeat(np.array(one["size"], np.int64), np.array(one["documents"], np.int64)),
            tuple(one["length_sd"]),
            tuple(one["ratio_sd"]),
            Pairs.of(one["tokens"], one["other_tokens"], tuple(one["alike"])),
        )
        for name, one in tomllib.loads(text).items()
    }


def spread(
    values: npt.NDArray[np.float64], documents: npt.NDArray[np.int64]
) -> tuple[float, float]:
    """Standard deviations of a one-way random effects model, (between, within), by ANOVA."""
    _, index, sizes = np.unique(documents, return_inverse=True, return_counts=True)
    means = np.bincount(index, values) / sizes
    within = float(((values - means[index]) ** 2).sum() / (len(values) - len(sizes)))
    between = float((sizes * (means - values.mean()) ** 2).sum() / (len(sizes) - 1))
    typical = (len(values) - (sizes**2).sum() / len(values)) / (len(sizes) - 1)
    return max(0.0, (between - within) / typical) ** 0.5, within**0.5


def alike(
    lengths: npt.NDArray[np.int64],
    others: npt.NDArray[np.int64],
    documents: npt.NDArray[np.int64],
) -> tuple[float, float]:
    """Correlations of two units of a document by normal scores, as `Pairs` takes them."""
    ratios = others / lengths
    rank = np.empty(len(ratios), np.int64)
    rank[np.lexsort((ratios, lengths))] = np.arange(len(ratios))
    band = rank * BANDS // len(rank)
    by_ratio = np.empty(len(ratios))
    for number in np.unique(band):
        by_ratio[band == number] = _scores(ratios[band == number])
    return _correlation(_scores(lengths), documents), _correlation(by_ratio, documents)


def _scores(values: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    ranks = rankdata(values)
    return np.asarray(ndtri((ranks - 0.5) / len(ranks)))


def _correlation(scores: npt.NDArray[np.float64], documents: npt.NDArray[np.int64]) -> float:
    between, within = spread(scores, documents)
    return between**2 / (between**2 + within**2)


def _lines() -> Iterator[str]:
    import corpora

    yield "# How many documents have so many units, and how their tokens vary with o200k_base:"
    yield "# Chinese over English. `tokens` and `other_tokens` are pairs of units, English and"
    yield "# Chinese, evenly out of all by length. Made by: python -m bench.claims.shapes"
    for name, split in MEASURED:
        part = corpora.load(name).select(split)
        documents = part.documents()
        size, count = np.unique(np.unique(documents, return_counts=True)[1], return_counts=True)
        lengths, others = _tokens(part)
        ratios = np.log(others / lengths)
        order = np.lexsort((ratios, lengths))
        even = order[((np.arange(PAIRS) + 0.5) / PAIRS * len(order)).astype(np.int64)]
        yield f'\n["{name} {split}"]'
        yield f"size = {size.tolist()}"
        yield f"documents = {count.tolist()}"
        yield f"length_sd = {_shown(spread(np.log(lengths), documents))}"
        yield f"ratio_sd = {_shown(spread(ratios, documents))}"
        yield f"alike = {_shown(alike(lengths, others, documents))}"
        yield f"tokens = {lengths[even].tolist()}"
        yield f"other_tokens = {others[even].tolist()}"


def _shown(pair: tuple[float, float]) -> str:
    return f"[{pair[0]:.3f}, {pair[1]:.3f}]"


def _tokens(part: "ParallelCorpus") -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Tokens of each unit in the reference and in the other language, at least one."""
    from bench import vocabularies
    from bench.tokenization import tokenize

    family = vocabularies.family_published(VOCABULARY, languages=part.languages)
    texts = {language: part.texts(language) for language in part.languages}
    tokens = np.maximum(tokenize(texts, family, "unit").tokens, 1)
    place = list(part.languages).index
    return tokens[:, place(REFERENCE)], tokens[:, place(LANGUAGE)]


if __name__ == "__main__":
    print("\n".join(_lines()))

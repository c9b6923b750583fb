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

from bench.resampling import k_eff

if TYPE_CHECKING:
    from corpora.parallel import ParallelCorpus

FILE = "shapes.toml"
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
    """

    name: str
    sizes: npt.NDArray[np.int64]
    length_sd: tuple[float, float]
    ratio_sd: tuple[float, float]

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


def _lines() -> Iterator[str]:
    import corpora

    yield "# How many documents have so many units, and how their tokens vary with o200k_base:"
    yield "# Chinese over English. Made by: python -m bench.claims.shapes"
    for name, split in MEASURED:
        part = corpora.load(name).select(split)
        size, count = np.unique(
            np.unique(part.documents(), return_counts=True)[1], return_counts=True
        )
        length, ratio = _spreads(part)
        yield f'\n["{name} {split}"]'
        yield f"size = {size.tolist()}"
        yield f"documents = {count.tolist()}"
        yield f"length_sd = [{length[0]:.3f}, {length[1]:.3f}]"
        yield f"ratio_sd = [{ratio[0]:.3f}, {ratio[1]:.3f}]"


def _spreads(part: "ParallelCorpus") -> tuple[tuple[float, float], tuple[float, float]]:
    from bench import vocabularies
    from bench.tokenization import tokenize

    family = vocabularies.family_published(VOCABULARY, languages=part.languages)
    texts = {language: part.texts(language) for language in part.languages}
    tokens = np.maximum(tokenize(texts, family, "unit").tokens, 1)
    logs = {one: np.log(tokens[:, list(part.languages).index(one)]) for one in part.languages}
    ratio = logs[LANGUAGE] - logs[REFERENCE]
    return spread(logs[REFERENCE], part.documents()), spread(ratio, part.documents())


if __name__ == "__main__":
    print("\n".join(_lines()))

"""Document sizes of the corpora: the shapes that the tests of claims are simulated on.

They stand in a file beside this one, so that a simulation needs no corpus. `python -m
bench.claims.shapes` measures them again, on the corpora that this machine has, and prints the file.
"""

import tomllib
from collections.abc import Iterator
from importlib import resources

import numpy as np
import numpy.typing as npt

FILE = "document_sizes.toml"
MEASURED = (
    ("libreoffice-help", "all"),
    ("libreoffice-help", "test"),
    ("quran", "all"),
    ("debian-handbook", "all"),
    ("wesnoth", "test"),
    ("udhr", "all"),
    ("quran", "test"),
)


def shapes() -> dict[str, npt.NDArray[np.int64]]:
    """Units of each document, by corpus and split, as they stand in the file."""
    text = (resources.files("bench.claims") / FILE).read_text(encoding="utf-8")
    return {
        name: np.repeat(
            np.array(one["size"], dtype=np.int64), np.array(one["documents"], dtype=np.int64)
        )
        for name, one in tomllib.loads(text).items()
    }


def documents(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The document of each unit."""
    return np.repeat(np.arange(len(sizes)), sizes)


def _lines() -> Iterator[str]:
    import corpora

    yield "# How many documents have so many units. Made by: python -m bench.claims.shapes"
    for name, split in MEASURED:
        part = corpora.load(name).select(split)
        units = np.unique(part.documents(), return_counts=True)[1]
        size, count = np.unique(units, return_counts=True)
        yield f'\n["{name} {split}"]'
        for key, values in (("size", size), ("documents", count)):
            yield f"{key} = [{', '.join(map(str, values.tolist()))}]"


if __name__ == "__main__":
    print("\n".join(_lines()))

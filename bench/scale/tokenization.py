"""Two processes beside one on tokenization cells: text made here, a vocabulary trained on it."""

import random
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bench.cell import Cell
from bench.plan import plan
from bench.profile import OwnText, Profile, Vocabularies
from bench.scale.measure import seconds
from bench.scale.stream import LANGUAGES
from bench.sources import resolve
from bench.store import Store

FAMILY = "bpe-2048-per-language"
WORDS = 5000


def two_workers(rounds: int, cells: int, units: int) -> str:
    """Seconds with one process over seconds with two, in turn; corpora and vocabulary are there."""
    with tempfile.TemporaryDirectory() as folder:
        store, wanted = Store(Path(folder) / "store"), _cells(Path(folder), cells, units)
        seconds([needed for cell in wanted for needed in cell.inputs], store, 2)
        took = [(_took(wanted, store, 1), _took(wanted, store, 2)) for _ in range(rounds)]
    ratios = [one / two for one, two in took]
    shown = ", ".join(f"{one:.1f} s / {two:.1f} s" for one, two in took)
    return (f"two processes are {statistics.median(ratios):.2f} x one on {len(wanted)} "
            f"tokenization cells of {units:,} units (rounds: {shown})")  # fmt: skip


def _cells(folder: Path, number: int, units: int) -> list[Cell]:
    """A tokenization cell for each of `number` texts, all with the vocabulary of one more."""
    names = [f"text-{one}" for one in range(number + 1)]
    own = {name: _written(folder / name, units, place) for place, name in enumerate(names)}
    wanted = Profile(
        name="scale", description="tokenization cells", corpora=tuple(names), languages=LANGUAGES,
        vocabularies=Vocabularies(controls=(), trained=(FAMILY,)), own=own,
    )  # fmt: skip
    made = plan(wanted, resolve(wanted, lambda line: None), "fp32").cells
    found = [needed for cell in made for needed in cell.inputs if needed.kind == "tokenization"]
    return [cell for cell in dict.fromkeys(found) if cell.params["split"] == "all"]


def _unit(rng: random.Random) -> dict[str, str]:
    """A dozen words out of many, small numbers more often, spelled in letters and in signs."""
    drawn = [int(WORDS * rng.random() ** 3) for _ in range(12)]
    return {"en": " ".join(map(_word, drawn)) + ".",
            "zh": "".join(chr(0x4E00 + one) for one in drawn) + "。"}  # fmt: skip


@cache
def _word(number: int) -> str:
    """A word of one to five syllables, the same for the same number."""
    rng = random.Random(number)
    syllables = [rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(5)]
    return "".join(syllables[: 1 + number % 5])


def _written(folder: Path, units: int, place: int) -> OwnText:
    folder.mkdir()
    paths = {language: folder / f"{language}.txt" for language in LANGUAGES}
    rng = random.Random(place)
    made = [_unit(rng) for _ in range(units)]
    for language, path in paths.items():
        path.write_text("".join(f"{one[language]}\n" for one in made), encoding="utf-8")
    documents = folder / "documents.txt"
    documents.write_text("".join(f"d{one // 20}\n" for one in range(units)), encoding="utf-8")
    return OwnText(texts=paths, documents=documents)


def _took(wanted: Sequence[Cell], store: Store, workers: int) -> float:
    """Seconds of the cells alone; their results are removed again.

    Raises ValueError for a cell without a result: it would be timed as if it had computed.
    """
    took = seconds(wanted, store, workers)
    for cell in wanted:
        if (done := store.get(cell)) is None or done.empty:
            raise ValueError(f"{cell.label}: {done.empty if done else 'not there'}")
        shutil.rmtree(store.folder(cell.key))
    return took

"""What a run leaves behind: JSON for what is counted, one npz for bits per unit of meaning."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.results import write_atomically, write_json
from bench.tokenization.files import DAMAGED
from bench.training.data import RunData

RESULT, UNITS = "result.json", "units.npz"
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class RunResult:
    """A finished run, or a diverged one.

    `about` says of what; `points` are evaluations on validation; `stages` what each stage saw and
    holds. `arrays` are `documents`, `bytes.<language>` and `english_characters` of the test units
    and their bits (`test_bits`, float64 [units], none for a stage that diverged), and for every
    annealed point the validation units' bits (`annealed_bits`, float32 [units]) beside
    `validation.documents`. `timings` are what the clock said: never part of what is saved beside
    the numbers.
    """

    about: Mapping[str, Any]
    status: str
    points: tuple[Mapping[str, Any], ...]
    stages: tuple[Mapping[str, Any], ...]
    arrays: Arrays
    timings: tuple[Mapping[str, Any], ...] = ()

    @property
    def corp(self) -> str:
        """The corpus with its content, as signatures have it."""
        return f"{self.about['corpus']}@{self.about['content_hash'][:8]}"

    def save(self, folder: Path) -> None:
        """Write result.json and units.npz; the same result, the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        values = {name: getattr(self, name) for name in ("about", "status", "points", "stages")}
        write_json(folder / RESULT, values)
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {name: self.arrays[name] for name in sorted(self.arrays)}
        np.savez(buffer, **arrays)
        write_atomically(folder / UNITS, buffer.getvalue())

    @classmethod
    def load(cls, folder: Path) -> "RunResult":
        """Read what `save` wrote. InputError if it is missing or damaged."""
        try:
            values = json.loads((folder / RESULT).read_text(encoding="utf-8"))
            with np.load(folder / UNITS, allow_pickle=False) as arrays:
                found = {name: arrays[name] for name in arrays.files}
            return cls(values["about"], values["status"], tuple(values["points"]),
                       tuple(values["stages"]), found)  # fmt: skip
        except DAMAGED as error:
            said = " ".join(str(error).split())
            raise InputError(f"{folder} holds no training run ({said}): train it again") from None


def test_bits(stage: str, language: str) -> str:
    """Name of the array of each test unit's bits at the end of a stage."""
    return f"bits.{stage}.{language}"


def annealed_bits(stage: str, language: str, number: int) -> str:
    """Name of the array of each validation unit's bits at a stage's annealed point."""
    return f"annealed.{stage}.{language}.{number:02d}"


def setting(data: RunData) -> dict[str, Any]:
    """What results say about the data they were made from."""
    return {
        "corpus": data.corpus,
        "content_hash": data.content_hash,
        "family": data.family,
        "reference": data.reference,
        "vocabularies": {
            one: {"name": facts.name, "digest": facts.digest, "size": facts.size}
            for one, facts in data.vocabularies.items()
        },
        "units": {name: split.units for name, split in data.splits.items()},
    }


def unit_arrays(data: RunData, split: str, languages: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Documents, source bytes and English characters of the units of a split."""
    part = data.splits[split]
    arrays: dict[str, NDArray[Any]] = {"documents": part.documents}
    arrays |= {f"bytes.{one}": part.bytes(one) for one in languages}
    if "en" in part.texts:
        arrays["english_characters"] = part.characters("en")
    return arrays

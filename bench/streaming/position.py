"""Where a stream stands, on disk: its sums and the place in the text, written together."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.streaming.sums import Documents, FamilySums, Sums
from bench.tokenization.files import read_npz, write_npz
from bench.tokenization.statistics import VocabularyFacts

FILE = "stream.npz"
_NAMED = {"columns", "document", "files", "hub", "config", "split", "shard"}  # what was read
FACTS = ("name", "kind", "digest", "size", "unk_id")


def save(folder: Path, sums: Sums, place: dict[str, Any], identity: dict[str, Any]) -> None:
    """Write `stream.npz`, whole or not at all. `place` is what `datasets` says of the stream."""
    arrays: dict[str, Any] = {"sizes": sums.sizes}
    families: dict[str, Any] = {}
    for number, (name, one) in enumerate(sorted(sums.families.items())):
        families[name] = [{key: getattr(facts, key) for key in FACTS} for facts in one.vocabularies]
        arrays |= {f"{number}.{key}": getattr(one, key) for key in ("tokens", "unknown", "lost")}
        for column, (histogram, facts) in enumerate(
            zip(one.histograms, one.vocabularies, strict=True)
        ):
            own = {"histogram": histogram, "bytes": facts.token_bytes, "partial": facts.partial,
                   "fallback": facts.fallback}  # fmt: skip
            arrays |= {f"{number}.{column}.{key}": array for key, array in own.items()}
    about = {"languages": sums.languages, "families": families, "dropped": sums.dropped,
             "documents": asdict(sums.documents), "finished": sums.finished, "place": place,
             "identity": identity}  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{FILE}.{os.getpid()}"
    try:
        write_npz(temporary, arrays, about)
        temporary.replace(folder / FILE)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(f"cannot write {folder / FILE} ({error.strerror}): free space there"
                         ) from None  # fmt: skip


def load(folder: Path) -> tuple[Sums, dict[str, Any], dict[str, Any]]:
    """Sums, place and identity. Raises InputError if the file is not there or is no such file.

    A file of before `finished` does not say so: reading on from it finds the end at once.
    """
    path = folder / FILE
    if not path.is_file():
        raise InputError(f"{path} is missing: name a folder that `bench stream` wrote")
    arrays, about = read_npz(path)
    try:
        families = {
            name: _family(arrays, number, facts)
            for number, (name, facts) in enumerate(_in_order(about["families"], arrays))
        }
        sums = Sums(tuple(about["languages"]), arrays["sizes"], families,
                    Documents(**about["documents"]), about["dropped"],
                    about.get("finished", False))  # fmt: skip
        _check(sums, about)
        return sums, about["place"], about["identity"]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        said = " ".join(str(error).split())  # a name in the file may hold anything
        raise InputError(f"{path} is not a stream's position ({said}): delete it") from None


def _check(sums: Sums, about: dict[str, Any]) -> None:
    """Raise TypeError for values of another kind, and arrays of another shape, than are written."""
    n, groups = len(sums.languages), len(sums.sizes)
    expected: list[tuple[NDArray[Any], tuple[int, ...]]] = [(sums.sizes, (groups, 1 + 2 * n))]
    for one in sums.families.values():
        expected += [(one.tokens, (groups, n)), (one.unknown, (n,)), (one.lost, (n,))]
        for histogram, facts in zip(one.histograms, one.vocabularies, strict=True):
            of_ids = (histogram, facts.token_bytes, facts.partial, facts.fallback)
            expected += [(array, (len(facts.token_bytes),)) for array in of_ids]
        if len(one.vocabularies) != n:
            raise TypeError("not a vocabulary for each language")
    for array, shape in expected:
        if array.shape != shape or array.dtype.kind not in "biu":
            raise TypeError(f"{array.dtype} {array.shape} where whole numbers {shape} belong")
    documents = sums.documents
    numbers = (sums.dropped, documents.number, documents.squares, documents.size)
    if not all(type(number) is int for number in numbers):
        raise TypeError("a count that is none")
    if type(sums.finished) is not bool:
        raise TypeError("finished or not")
    _check_origin(about)


def _check_origin(about: dict[str, Any]) -> None:
    if not all(isinstance(about[key], dict) for key in ("place", "identity")):
        raise TypeError("no place or no identity")
    if type(about["place"].get("read", 0)) is not int:
        raise TypeError("a place that is none")
    if lacking := _NAMED - about["identity"].keys():
        raise KeyError(min(lacking))
    if [type(number) for number in about["identity"]["shard"]] != [int, int]:
        raise TypeError("no part of a text")


def _in_order(families: dict[str, Any], arrays: dict[str, Any]) -> list[tuple[str, Any]]:
    """Names are written sorted; numbers were given in the order of `save`, which is sorted too."""
    if len(families) != sum(name.endswith(".tokens") for name in arrays):
        raise KeyError("families")
    return sorted(families.items())


def _family(arrays: dict[str, Any], number: int, facts: list[dict[str, Any]]) -> FamilySums:
    def of(column: int, key: str) -> Any:
        return arrays[f"{number}.{column}.{key}"]

    columns = range(len(facts))
    return FamilySums(
        arrays[f"{number}.tokens"],
        arrays[f"{number}.unknown"],
        arrays[f"{number}.lost"],
        histograms=tuple(of(column, "histogram") for column in columns),
        vocabularies=tuple(
            VocabularyFacts(
                **facts[column],
                token_bytes=of(column, "bytes"),
                partial=np.asarray(of(column, "partial"), bool),
                fallback=np.asarray(of(column, "fallback"), bool),
            )
            for column in columns
        ),
    )

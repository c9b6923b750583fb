"""From a corpus and a vocabulary family to the arrays that runs and floors read.

Everything that can be refused is refused here, before any compute is spent: splits that are too
small, a vocabulary that cannot encode the text, a language without a vocabulary.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError
from bench.training.batches import Ints, Stream

if TYPE_CHECKING:
    from bench.vocabularies.protocol import Encoding, Family, Vocabulary
    from corpora.parallel import ParallelCorpus

SPLITS = ("train", "validation", "test")
MINIMUM_UNITS = {"train": 64, "validation": 16, "test": 16}
# A curve reads validation a dozen times, forward only: at a twentieth of the train units that is a
# fifth of an epoch. No more than 1,024, so that looking stays under a tenth of the time of a run of
# some epochs; of one epoch with seven annealed points it is a fifth and more.
VALIDATION_SHARE, VALIDATION_UNITS = 1 / 20, 1024


@dataclass(frozen=True)
class VocabularyFacts:
    """What results say about a vocabulary; `size` tokens, so a model over it has size + 1 ids."""

    name: str
    digest: str
    size: int


@dataclass(frozen=True)
class Split:
    """The same units in every language: their documents, tokens, bytes and characters."""

    documents: Ints  # [units]
    streams: Mapping[str, Stream]
    texts: Mapping[str, tuple[str, ...]]

    @property
    def units(self) -> int:
        """How many units of meaning."""
        return len(self.documents)

    def bytes(self, language: str) -> Ints:
        """UTF-8 bytes of each unit's source text."""
        return np.array([len(text.encode()) for text in self.texts[language]], np.int64)

    def characters(self, language: str) -> Ints:
        """Code points of each unit's source text."""
        return np.array([len(text) for text in self.texts[language]], np.int64)


@dataclass(frozen=True)
class RunData:
    """What every run of one corpus and vocabulary family is given."""

    corpus: str
    content_hash: str
    order: str
    reference: str
    family: str
    vocabularies: Mapping[str, VocabularyFacts]
    splits: Mapping[str, Split]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that share the content."""
        return tuple(self.vocabularies)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything a run reads: documents and token streams of every split."""
        total = hashlib.sha256(f"{self.content_hash} {self.order}".encode())
        for part in self.splits.values():
            total.update(part.documents.tobytes())
            for stream in part.streams.values():
                total.update(stream.starts.tobytes() + stream.ids.tobytes())
        return total.hexdigest()

    def context_units(self, wanted: int) -> int:
        """Units of a sequence: as wanted, or one where the corpus has no natural order."""
        return wanted if self.order == "natural" else 1


def prepare(
    corpus: "ParallelCorpus",
    family: "Family",
    *,
    languages: Sequence[str] = (),
    reference: str = "en",
    train_share: float = 1.0,
    validation_units: int | None = None,
    occurring: bool = False,
) -> RunData:
    """Encode every split once, in every language of the comparison.

    `train_share` takes that share of the train units, by whole documents in the order of their
    ids' SHA-256, and validation about `validation_units` units in the same way (unless given, a
    twentieth of the train units, at most 1,024); test stays whole. Floors read the same units.
    `occurring` leaves of each vocabulary the ids that occur in a split, numbered anew.
    Raises InputError for what cannot be trained on.
    """
    named = tuple(languages) or tuple(corpus.languages)
    _check_family(family, named)
    parts = chosen(corpus, train_share, validation_units)
    facts = {
        one: VocabularyFacts(v.name, v.digest, v.size)
        for one, v in ((one, family.members[one]) for one in named)
    }
    splits = {name: _split(corpus.name, name, parts[name], family, named) for name in SPLITS}
    made = RunData(
        corpus.name, corpus.content_hash, corpus.order, reference, family.name, facts, splits
    )
    return only_occurring(made) if occurring else made


def chosen(
    corpus: "ParallelCorpus", train_share: float = 1.0, validation_units: int | None = None
) -> dict[str, "ParallelCorpus"]:
    """The splits with the units that a run reads, as `prepare` says.

    Raises InputError for a corpus or a share of it that is too small.
    """
    parts = {name: corpus.select(name) for name in SPLITS}
    parts["train"] = take_documents(parts["train"], train_share)
    wanted = validation_units or _validation_units(len(parts["train"]))
    few = wanted / max(1, len(parts["validation"]))
    parts["validation"] = take_documents(parts["validation"], few)
    for name, part in parts.items():
        _check_size(corpus.name, name, len(part))
    return parts


def only_occurring(data: RunData) -> RunData:
    """The same tokens over vocabularies of nothing but the ids that occur in a split.

    A published vocabulary serves a hundred languages; what a model of one pays for is what its
    text uses. Held-out ids count, or held-out text could not be scored: they are few, and the same
    in every arm of a language.
    """
    facts, streams = {}, {name: dict(part.streams) for name, part in data.splits.items()}
    for language, vocabulary in data.vocabularies.items():
        parts = {name: part.streams[language] for name, part in data.splits.items()}
        kept = np.unique(np.concatenate([one.ids for one in parts.values()]))
        kept = kept[kept != vocabulary.size]
        for name, stream in parts.items():
            ids = np.searchsorted(kept, stream.ids).astype(np.int32)  # EOU is past all: the last
            streams[name][language] = Stream(ids, stream.starts, len(kept))
        digest = hashlib.sha256(vocabulary.digest.encode() + kept.tobytes()).hexdigest()
        facts[language] = VocabularyFacts(f"{vocabulary.name}-occurring", digest, len(kept))
    splits = {name: replace(part, streams=streams[name]) for name, part in data.splits.items()}
    return replace(data, family=f"{data.family}-occurring", vocabularies=facts, splits=splits)


def _validation_units(train_units: int) -> int:
    least = MINIMUM_UNITS["validation"]
    return max(least, min(VALIDATION_UNITS, round(VALIDATION_SHARE * train_units)))


def take_documents(part: "ParallelCorpus", share: float) -> "ParallelCorpus":
    """Whole documents, in the order of their ids' SHA-256, until `share` of the units is there."""
    if share >= 1.0:
        return part
    names = part.table["document_id"].to_pylist()
    sizes: dict[str, int] = {}
    for name in names:
        sizes[name] = sizes.get(name, 0) + 1
    ranked = sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).digest())
    before = np.cumsum([0] + [sizes[name] for name in ranked])[:-1]
    taken = {name for name, seen in zip(ranked, before, strict=True) if seen < share * len(names)}
    kept = np.flatnonzero([name in taken for name in names])
    return replace(part, table=part.table.take(kept))


def _split(
    corpus: str, name: str, part: "ParallelCorpus", family: "Family", languages: Sequence[str]
) -> Split:
    texts = {one: tuple(part.texts(one)) for one in languages}
    streams = {}
    for one in languages:
        vocabulary = family.members[one]
        encoding = vocabulary.encode(texts[one])
        where = f"{one} {name} split of {corpus}"
        _check_encoding(vocabulary, encoding, part, where)
        _check_return(vocabulary, encoding, part, texts[one], where)
        streams[one] = Stream.of(encoding.ids, encoding.offsets, vocabulary.size)
    return Split(np.asarray(part.documents(), np.int64), streams, texts)


def _check_family(family: "Family", languages: Sequence[str]) -> None:
    for one in languages:
        if one not in family.members:
            raise InputError(f"vocabulary {family.name} serves no {one}: train one for it, or "
                             "choose a vocabulary that does")  # fmt: skip


def _check_size(corpus: str, split: str, units: int) -> None:
    least = MINIMUM_UNITS[split]
    if units < least:
        raise InputError(f"corpus {corpus}: its {split} split has {units} units and training needs "
                         f"{least}: use a larger corpus or a larger slice")  # fmt: skip


def _check_encoding(
    vocabulary: "Vocabulary", encoding: "Encoding", part: "ParallelCorpus", where: str
) -> None:
    unknown = _unknown(encoding.ids, vocabulary.unk_id)
    if unknown.any():
        unit = int(np.searchsorted(encoding.offsets, np.argmax(unknown), side="right")) - 1
        first = part.table["unit_id"][unit].as_py()
        raise InputError(f"vocabulary {vocabulary.name} cannot encode the {where}: "
                         f"{int(unknown.sum())} unknown tokens, the first in unit {first}: use one "
                         "with byte fallback")  # fmt: skip


def _check_return(
    vocabulary: "Vocabulary", encoding: "Encoding", part: "ParallelCorpus", texts: Sequence[str],
    where: str,
) -> None:  # fmt: skip
    """Bits of a coding that loses text are bits of another text."""
    lost = ~vocabulary.round_trips(texts, encoding)
    if lost.any():
        first = part.table["unit_id"][int(np.argmax(lost))].as_py()
        raise InputError(f"vocabulary {vocabulary.name} loses text of the {where}: "
                         f"{int(lost.sum())} units do not come back, the first is {first}: use one "
                         "with byte fallback")  # fmt: skip


def _unknown(ids: NDArray[np.integer], unk_id: int | None) -> NDArray[np.bool_]:
    return np.zeros(len(ids), bool) if unk_id is None else np.asarray(ids == unk_id)

"""The functions of the cells: inputs read, a room of the suite called, its result written.

Each takes a `Work` and writes into `work.folder`: arrays and text as the room saves them,
`rows.json` for rows of the result files, `facts.json` for the manifest. Nothing is computed here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import InputError
from bench.executors import Empty, Work
from bench.signature import signature
from bench.store import Finished, file_digest

if TYPE_CHECKING:
    from bench.tokenization import TokenStatistics
    from bench.vocabularies import Family
    from corpora.parallel import ParallelCorpus

CORPUS, TEXT, STATISTICS, ROWS = "corpus.arrow", "text.npz", "tokens.npz", "rows.json"


def corpus(work: Work) -> None:
    """Build a corpus from the packages whose hashes are in the parameters."""
    built = _own(work) if work.where else _packaged(work)
    built.save(work.folder / CORPUS)
    facts = {
        "order": built.order,
        "content_hash": built.content_hash,
        "sources": dict(built.sources),
        "counts": dict(built.counts),
        "drops": dict(built.drops),
        "units": built.n_units,
        "documents": built.n_documents,
    }
    _write(work, "facts.json", facts)


def text(work: Work) -> None:
    """Bytes and characters of every unit of a split, in every language."""
    from bench.tokenization import text_statistics

    source = _corpus(work.inputs[0]).select(work.params["split"])
    text_statistics(_texts(source)).save(work.folder / TEXT)


def vocabulary(work: Work) -> None:
    """Train a family of vocabularies on a split; empty where the text supports no such size."""
    from bench import vocabularies

    source = _corpus(work.inputs[0])
    if source.no_training:
        raise Empty(f"{source.name} offers no training split: {source.no_training}")
    texts = _texts(source.select(work.params["split"]))
    try:
        vocabularies.train(vocabularies.parse(work.params["family"]), texts, work.folder)
    except InputError as error:
        raise Empty(str(error)) from None


def tokenization(work: Work) -> None:
    """Encode a split once; leave the sufficient statistics."""
    from bench.tokenization import tokenize

    source = _corpus(work.inputs[0]).select(work.params["split"])
    statistics = tokenize(_texts(source), _family(work), work.params["mode"])
    statistics.save(work.folder / STATISTICS)
    members = {one.name: one for one in statistics.vocabularies}
    facts = {
        one.name: {"kind": one.kind, "sha256": one.digest, "size": one.size}
        for one in members.values()
    }
    _write(work, "facts.json", facts)


def metrics(work: Work) -> None:
    """Rows of tokenization.csv."""
    from bench.metrics.rows import Setting, metric_rows
    from bench.tokenization import TextStatistics

    measured = _Measured(work.inputs[0], work.inputs[2])
    setting = Setting(
        measured.whole.name,
        measured.whole.content_hash,
        measured.split,
        work.params["reference"],
        measured.mode,
    )
    texts = TextStatistics.load(work.inputs[1].folder / TEXT)
    statistics = {measured.family: measured.statistics}
    rows = metric_rows(setting, statistics, texts, measured.part.documents())
    _write(work, ROWS, {"tokenization": rows})


def costs(work: Work) -> None:
    """Rows of costs.csv for every model of the profile."""
    from bench.costs import shapes
    from bench.costs.contexts import lengths
    from bench.costs.table import cost_rows

    measured = _Measured(*work.inputs)
    statistics, part = measured.statistics, measured.part
    reference = work.params["reference"]
    counts = lengths(
        statistics.tokens, statistics.languages, reference, part.documents(), part.order
    )
    models = [shapes.load(model) for model in work.params["models"]]
    sizes = [one.size for one in statistics.vocabularies]
    rows = cost_rows(counts, models, sizes)
    _write(work, ROWS, {"costs": [measured.complete(row) for row in rows]})


def _packaged(work: Work) -> "ParallelCorpus":
    import corpora

    artifacts = corpora.fetch(work.params["name"])
    _refuse_changed(work, [artifact.sha256 for artifact in artifacts])
    return corpora.build(work.params["name"], artifacts)


def _own(work: Work) -> "ParallelCorpus":
    """The user's files, split by document as every corpus is."""
    import corpora
    from corpora.library import with_splits

    files = {name: Path(path) for name, path in work.where.items()}
    _refuse_changed(work, [file_digest(path) for path in files.values()])
    documents = files.pop("documents", None)
    read = corpora.read_user_files(files, documents)
    return with_splits(replace(read, name=work.params["name"], no_training=None))


def _refuse_changed(work: Work, found: list[str]) -> None:
    if found != [fact["sha256"] for fact in work.params["artifacts"]]:
        raise InputError(f"the sources of {work.params['name']} changed while running: run again")


@dataclass(frozen=True)
class _Measured:
    """A corpus and its tokenization, with what rows say about them."""

    corpus: Finished
    tokens: Finished

    @cached_property
    def whole(self) -> "ParallelCorpus":
        return _corpus(self.corpus)

    @cached_property
    def part(self) -> "ParallelCorpus":
        return self.whole.select(self.split)

    @cached_property
    def statistics(self) -> "TokenStatistics":
        from bench.tokenization import TokenStatistics

        return TokenStatistics.load(self.tokens.folder / STATISTICS)

    @property
    def split(self) -> str:
        return str(self.tokens.record["params"]["split"])

    @property
    def mode(self) -> str:
        return str(self.tokens.record["params"]["mode"])

    @property
    def family(self) -> str:
        return str(self.tokens.record["params"]["family"])

    def complete(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row of costs.csv with what it is about, and its signature."""
        facts = self.statistics.vocabularies[self.statistics.languages.index(row["language"])]
        signed = signature(
            corp=f"{self.whole.name}@{self.whole.content_hash[:8]}",
            split=self.split,
            n=row["n_units"],
            mode=self.mode,
            vocab=f"{facts.name}@{facts.digest[:8]}",
            model=row["model"],
            ctx=row["context"],
            est=f"{row['cost']}.{row['convention']}",
            ci=row["ci_method"],
            keff=float(row["k_eff"]),
        )
        return {
            "corpus": self.whole.name,
            "split": self.split,
            "vocabulary": facts.name,
            "vocabulary_family": self.family,
            "signature": signed,
            **row,
        }


def _corpus(finished: Finished) -> "ParallelCorpus":
    import corpora

    return corpora.ParallelCorpus.open(finished.folder / CORPUS)


def _texts(source: "ParallelCorpus") -> Mapping[str, Sequence[str]]:
    return {language: source.texts(language) for language in source.languages}


def _family(work: Work) -> "Family":
    """The vocabularies of a tokenization cell: trained (second input), published or a control."""
    from bench import vocabularies

    if len(work.inputs) > 1:
        return vocabularies.family_from_directory(work.inputs[1].folder, work.params["family"])
    languages = _corpus(work.inputs[0]).languages
    return vocabularies.family_published(work.params["family"], languages=languages)


def _write(work: Work, name: str, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
    (work.folder / name).write_text(text, encoding="utf-8")

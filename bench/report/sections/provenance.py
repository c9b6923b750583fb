"""What ran, what was skipped and why, and what to keep in mind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.report import reference
from bench.report.data import Results
from bench.report.document import Block, Cell, Missing, Paragraph, Section, Table
from bench.report.filled import matched
from bench.report.number import Number
from bench.report.scope import Scope
from bench.report.text import Text, code, known, listed, say, template, verbatim

FILES = ("manifest.json",)
AT_COMMON = template("the best rate for {language} is the common one, {rate}: see that arm")
DROPS = (
    template("absent"),
    template("untranslated"),
    template("duplicate"),
    template("unordered"),
    template("script"),
    template("length"),
    template("markup"),
    template("replacement"),
    template("boilerplate"),
    template("overlap"),
)
CAVEATS = (
    say("Most of these texts were written in English and translated. A translation keeps close to "
        "its source, so a result here means “given an English source” unless it also holds on a "
        "corpus that was not."),
    say("A premium is a property of a text and a vocabulary. Another domain moves it more than "
        "sampling does: read more than one corpus."),
    say("Intervals come from resampling documents, and hold for these vocabularies as trained. "
        "Training them on other text would move the numbers further."),
    say("FLOPs and memory are computed from lengths and shapes. Seconds depend on the machine and "
        "stand in timings.csv alone."),
)  # fmt: skip


def section(results: Results, scope: Scope) -> Section:
    """Corpora, vocabularies, what was skipped; caveats."""
    blocks: list[Block] = [Paragraph(text, "caution") for text in _cautions(results)]
    tables = (_skipped, _unfinished, _corpora, _vocabularies, _foreseen, _versions)
    blocks += [table for made in tables if (table := made(results)).rows]
    blocks.append(Paragraph(SAME))
    return Section("provenance", say("What ran, and what did not"), tuple(blocks))


def _cautions(results: Results) -> Iterator[Text]:
    """What is missing, older, edited by hand, or made from another text than the reference."""
    if results.absent:
        yield say(
            "Not in this folder, so not in this report: {names}. The run is older, unfinished, or "
            "measured less.",
            names=listed([code(name) for name in results.absent]),
        )  # fmt: skip
    if results.older:
        yield say(
            "Written by an older version, without these columns: {names}. What needs them is left "
            "out; the same profile, run again, writes them.",
            names=listed([code(name) for name in results.older]),
        )  # fmt: skip
    yield from unfinished(results)
    if results.edited:
        yield say(
            "Not as the run wrote them: {names}. Their hashes differ from those in {manifest}, so "
            "numbers from them are nobody's measurement.",
            names=listed([code(name) for name in results.edited]), manifest=code("manifest.json"),
        )  # fmt: skip
    for one in reference.differences(results.manifest):
        yield _another_text(one)


def unfinished(results: Results) -> Iterator[Text]:
    """That the run had not finished, where it had not."""
    if count := len(_labels(results)):
        yield say(
            "Written before its run had finished: {n} cells wait for training, and no table, chart "
            "or verdict here knows them.",
            n=count,
        )  # fmt: skip


def _another_text(one: reference.Difference) -> Text:
    moved = [
        say("{name} {here} (there {there})", name=code(name), here=here, there=there)
        for name, here, there in one.packages
    ]
    return say(
        "{corpus} is not the text of the reference results: content {here}, there {there}. "
        "Packages that differ: {packages}. Its numbers are right for this text, and differ from "
        "the reference for that reason.",
        corpus=code(one.corpus), here=code(one.here), there=code(one.there),
        packages=listed(moved) if moved else say("none"),
    )  # fmt: skip


def caveats() -> Section:
    """What a reader has to keep in mind."""
    return Section("caveats", say("Keep in mind"), tuple(Paragraph(text) for text in CAVEATS))


SAME = say(
    "Every value's signature says how it was made: corpus and hash, split, number of units, mode, "
    "vocabulary and hash, estimator, interval, effective number of documents, version. Equal "
    "signatures are comparable. `bench verify` rechecks every hash of this folder."
)


def _skipped(results: Results) -> Table:
    """Sources that could not be had, and cells that cannot exist, each with its reason."""
    skipped = _mapping(results.manifest, "skipped")
    empty = _mapping(results.manifest, "empty")
    lines: list[tuple[Cell, ...]] = [
        (code(name), say("skipped"), verbatim(str(reason))) for name, reason in skipped.items()
    ]
    lines += [(code(name), say("empty"), _why(str(why))) for name, why in empty.items()]
    head = (say("What"), say("State"), say("Why"))
    return Table("skipped", say("Not in this report"), head, tuple(lines), FILES)


def _why(words: str) -> Text:
    """Why a cell cannot exist."""
    return matched(AT_COMMON, words) or verbatim(words)


def _unfinished(results: Results) -> Table:
    """Cells that the run had still to compute, each once."""
    lines: tuple[tuple[Cell, ...], ...] = tuple((code(one),) for one in _labels(results))
    caption = say("Not computed yet")
    return Table("unfinished", caption, (say("What"),), lines, FILES, folded=True)


def _labels(results: Results) -> list[str]:
    found = results.manifest.get("unfinished")
    return list(dict.fromkeys(map(str, found))) if isinstance(found, list) else []


def _corpora(results: Results) -> Table:
    lines: list[tuple[Cell, ...]] = []
    for name, facts in _mapping(results.manifest, "corpora").items():
        if isinstance(facts, Mapping):
            lines.append((code(name.removeprefix("corpus ")), *_corpus(facts)))
    head = (say("Corpus"), say("Order"), say("Units"), say("Documents"), say("Dropped"),
            say("From"), say("Content hash"))  # fmt: skip
    return Table("corpora", say("Corpora"), head, tuple(lines), FILES)


def _corpus(facts: Mapping[str, Any]) -> list[Cell]:
    sources = [say("{name} {version}", name=code(name), version=str(version))
               for name, version in _mapping(facts, "sources").items()]  # fmt: skip
    drops = [say("{why}: {n}", why=known(why, DROPS), n=count if isinstance(count, int) else 0)
             for why, count in _mapping(facts, "drops").items() if count]  # fmt: skip
    digest = str(facts.get("content_hash", ""))
    return [
        verbatim(str(facts.get("order", ""))),
        _count(facts.get("units")),
        _count(facts.get("documents")),
        listed(drops) if drops else say("nothing"),
        _short(sources),
        code(digest[:8]) if digest else Missing(say("unknown")),
    ]


def _short(sources: list[Text]) -> Cell:
    """The first sources; how many more, where there are many."""
    if not sources:
        return Missing(say("unknown"))
    if len(sources) <= 4:
        return listed(sources)
    return say("{some} and {n} more", some=listed(sources[:3]), n=len(sources) - 3)


def _vocabularies(results: Results) -> Table:
    found: dict[str, Mapping[str, Any]] = {}
    for members in _mapping(results.manifest, "vocabularies").values():
        if isinstance(members, Mapping):
            found |= {name: one for name, one in members.items() if isinstance(one, Mapping)}
    lines: list[tuple[Cell, ...]] = [
        (code(name), verbatim(str(one.get("kind", ""))), _count(one.get("size")),
         code(str(one.get("sha256", ""))[:8]))
        for name, one in sorted(found.items())
    ]  # fmt: skip
    head = (say("Vocabulary"), say("Kind"), say("Size"), say("SHA-256"))
    return Table("vocabularies", say("Vocabularies"), head, tuple(lines), FILES, folded=True)


def _foreseen(results: Results) -> Table:
    """Tokens and FLOPs of training runs: what the plan foresaw, and what was counted."""
    lines: list[tuple[Cell, ...]] = []
    for label, foreseen in _mapping(results.manifest, "forecast").items():
        run = _mapping(results.manifest, "runs").get(label)
        rows = [row for row in results.rows("training", run_id=run) if row["tokens"]]
        if rows and isinstance(foreseen, Mapping):
            lines.append((
                code(label),
                Number(foreseen["tokens"], "tokens", file="manifest.json"),
                Number(rows[-1]["tokens"], "tokens", file="training.csv"),
                Number(foreseen["flops"], "FLOP", file="manifest.json"),
                Number(rows[-1]["flops_useful"], "FLOP", file="training.csv"),
            ))  # fmt: skip
    head = (say("Training run"), say("Tokens foreseen"), say("Tokens counted"),
            say("FLOPs foreseen"), say("FLOPs counted"))  # fmt: skip
    caption = say("What the plan foresaw, and what was counted. Seconds stand beside theirs in "
                  "timings.csv")  # fmt: skip
    files = ("manifest.json", "training.csv")
    return Table("foreseen", caption, head, tuple(lines), files, folded=True)


def _versions(results: Results) -> Table:
    versions = {"babeltoll": results.manifest.get("babeltoll"),
                **_mapping(results.manifest, "versions")}  # fmt: skip
    lines = [(code(name), verbatim(str(one))) for name, one in versions.items() if one]
    head = (say("Software"), say("Version"))
    return Table("versions", say("Software"), head, tuple(lines), FILES, folded=True)


def _count(value: Any) -> Cell:
    if isinstance(value, int):
        return Number(value, "tokens", file="manifest.json")
    return Missing(say("unknown"))


def _mapping(held: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = held.get(name)
    return found if isinstance(found, Mapping) else {}

"""One thing changed at a time: arms over the primary one, and one content in several writings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.report.data import Results, Row
from bench.report.document import Cell, Missing, Table
from bench.report.scope import Scope, language_name
from bench.report.sections.speed import (
    COMPUTE,
    CONTENT,
    FILES,
    TEST,
    Pair,
    arms,
    cell,
    is_primary,
    is_whole,
    pairs,
    parts,
    shown,
)
from bench.report.text import code, say, verbatim


def tables(results: Results, scope: Scope) -> Iterator[Table]:
    """Arms over the primary one at equal content; then texts that are no language's own."""
    yield _over_the_primary(results, scope)
    yield _writings(results, scope)


def _over_the_primary(results: Results, scope: Scope) -> Table:
    """A line an arm: its bits over the primary arm's of the same language, languages across."""
    lines = []
    for arm, other in pairs(results):
        found = [_ratio(results, (arm, other), one) for one in scope.languages]
        if is_primary(other) and is_whole(arm) and any(found):
            cells = (shown(row) or NOT_COMPARED for row in found)
            counts = _span(row["n_seeds"] for row in found if row)
            place = (*parts(arm), parts(other)[1])  # of what it stands over, the model may differ
            lines.append((*map(code, place), _epochs(results, scope, arm), counts, *cells))
    head = (say("Arm"), say("Model"), say("Vocabulary"), say("Relative to"), say("Epochs"),
            say("Seeds"), *map(language_name, scope.languages))  # fmt: skip
    caption = say("One thing changed: bits per unit on validation over the primary arm's, after "
                  "the same content")  # fmt: skip
    return Table("one_factor", caption, head, tuple(lines), FILES)


def _ratio(results: Results, pair: Pair, language: str) -> Row | None:
    return results.row("convergence", arm=pair[0], against=pair[1], language=language,
                       axis="units", measure="bits_ratio", target="none")  # fmt: skip


def _epochs(results: Results, scope: Scope, arm: str) -> Cell:
    """How often the arm saw the train split, from the least to the most of any language."""
    name, model, corpus, family = arm.split("/")
    runs = results.rows("training", arm=name, model=model, corpus=corpus, vocabulary_family=family,
                        language=scope.languages)  # fmt: skip
    most = {one: max((row["epochs"] for row in runs if row["language"] == one), default=0)
            for one in scope.languages}  # fmt: skip
    return _span(count for count in most.values() if count)


def _span(counts: Iterable[float]) -> Cell:
    ends = sorted(set(counts)) or [0]
    return verbatim("–".join(f"{one:.3g}" for one in dict.fromkeys((ends[0], ends[-1]))))


def _writings(results: Results, scope: Scope) -> Table:
    """A line a text of an arm that derives some: its measures over the reference language's."""
    measures = (CONTENT, COMPUTE, TEST)
    lines = []
    for arm in arms(results):
        texts = results.distinct("convergence", "language", arm=arm, reference=scope.reference)
        if any(one not in scope.languages for one in texts):
            for text in texts:
                cells = (cell(results, scope, (arm, "none"), one, text) for one in measures)
                values = (one or NOT_COMPARED for one in cells)
                lines.append((*map(code, parts(arm)), language_name(text), *values))
    head = (say("Arm"), say("Model"), say("Vocabulary"), say("Text"),
            *(one.title for one in measures))  # fmt: skip
    caption = say("The same content in other writings, relative to {language}",
                  language=language_name(scope.reference))  # fmt: skip
    return Table("writings", caption, head, tuple(lines), FILES)


NOT_COMPARED = Missing(say("not compared"))

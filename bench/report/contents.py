"""The whole report: its sections in order."""

from __future__ import annotations

from dataclasses import replace

from bench.report.charts import summary
from bench.report.data import Results
from bench.report.document import Document, Paragraph, Section
from bench.report.profile_words import DESCRIPTIONS
from bench.report.scope import Scope, scope
from bench.report.sections import (
    glyphs,
    learning,
    memory,
    opening,
    prices,
    provenance,
    tokens,
    verdicts,
)
from bench.report.text import Text, code, known, say


def document(results: Results) -> Document:
    """Everything there is to say about a results folder."""
    chosen = scope(results)
    title = say("Babel Toll: what a unit of meaning costs")
    lead = _lead(results)
    sections = (
        _opening(results, chosen),
        prices.price_section(results, chosen),
        tokens.section(results, chosen),
        prices.attention_section(results, chosen),
        memory.section(results, chosen),
        learning.section(results, chosen),
        learning.growth_section(results, chosen),
        glyphs.section(results, chosen),
        verdicts.section(results, chosen),
        provenance.section(results, chosen),
        provenance.caveats(),
    )
    return Document(title, lead, tuple(one for one in sections if one))


def _lead(results: Results) -> Text:
    name, about = results.profile.get("name"), results.profile.get("description")
    if not name:
        return say("Results {name}.", name=code(results.name))
    if not about:
        return say("Profile {name}.", name=code(str(name)))
    return say("Profile {name}: {about}.", name=code(str(name)),
               about=known(str(about).rstrip("."), DESCRIPTIONS))  # fmt: skip


def _opening(results: Results, chosen: Scope) -> Section:
    section, picture = opening.section(results, chosen), summary.chart(results, chosen)
    cautions = tuple(Paragraph(one, "caution") for one in provenance.unfinished(results))
    drawn = (picture,) if picture else ()
    return replace(section, blocks=(*cautions, *section.blocks, *drawn))

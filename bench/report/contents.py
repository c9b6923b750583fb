"""The whole report: its sections in order."""

from __future__ import annotations

from dataclasses import replace

from bench.report.charts import summary
from bench.report.data import Results
from bench.report.document import Document, Section
from bench.report.scope import Scope, scope
from bench.report.sections import learning, memory, opening, prices, provenance, tokens, verdicts
from bench.report.text import code, say, verbatim


def document(results: Results) -> Document:
    """Everything there is to say about a results folder."""
    chosen = scope(results)
    title = say("Babel Toll: what a unit of meaning costs")
    about = verbatim(str(results.profile.get("description") or ""))
    lead = say("Profile {name}. {about}", name=code(_name(results)), about=about)
    sections = (
        _opening(results, chosen),
        prices.price_section(results, chosen),
        tokens.section(results, chosen),
        prices.attention_section(results, chosen),
        memory.section(results, chosen),
        learning.section(results, chosen),
        learning.growth_section(results, chosen),
        verdicts.section(results, chosen),
        provenance.section(results, chosen),
        provenance.caveats(),
    )
    return Document(title, lead, tuple(one for one in sections if one))


def _name(results: Results) -> str:
    return str(results.profile.get("name") or results.name)


def _opening(results: Results, chosen: Scope) -> Section:
    section, picture = opening.section(results, chosen), summary.chart(results, chosen)
    return replace(section, blocks=section.blocks + ((picture,) if picture else ()))

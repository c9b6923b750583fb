"""The whole report: its sections in order."""

from __future__ import annotations

from dataclasses import replace

from bench.report import opening
from bench.report.charts import summary
from bench.report.data import Results
from bench.report.document import Document, Section
from bench.report.scope import Scope, scope
from bench.report.text import code, say


def document(results: Results) -> Document:
    """Everything there is to say about a results folder."""
    chosen = scope(results)
    title = say("Babel Toll: what a unit of meaning costs")
    lead = say("Run {name}.", name=code(str(results.profile.get("name") or results.name)))
    return Document(title, lead, (_opening(results, chosen),))


def _opening(results: Results, chosen: Scope) -> Section:
    section, picture = opening.section(results, chosen), summary.chart(results, chosen)
    blocks = section.blocks + ((picture,) if picture else ())
    return replace(section, blocks=blocks)

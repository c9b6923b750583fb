"""The report as one page that needs nothing else: no network, no other file, no script to read it.

Every number is a button that opens a popover of plain HTML with its interval, counts and signature.
Charts stand inside as SVG whose colours follow the page. The page's own policy allows no request
and no script but the one below, so that nothing in the results can act, whatever its name.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import resources
from itertools import count

from bench.report.charts import style
from bench.report.document import (
    Beside,
    Block,
    Cell,
    Chart,
    Document,
    Missing,
    Paragraph,
    Remarked,
    Section,
    Table,
)
from bench.report.number import Number
from bench.report.text import Text, Translate, say

LANGUAGES = {"en": "English", "ru": "Русский", "zh": "中文"}
LARGEST_INSIDE = 40_000  # bytes of a figure's rows that the page carries itself
Drawn = Mapping[str, bytes]


class Page:
    """Renders one document; keeps the number of popovers given out, for their ids."""

    def __init__(
        self,
        drawn: Drawn,
        rows: Callable[[Chart], bytes],
        translations: Mapping[str, Translate] | None = None,
    ) -> None:
        self.drawn, self.rows = drawn, rows
        self.translations: dict[str, Translate] = {"en": str, **(translations or {})}
        self.ids = count(1)

    def render(self, document: Document) -> str:
        """The whole page."""
        style_sheet, script = _resource("page.css"), _resource("page.js")
        contents = "".join(
            f'<li><a href="#{one.anchor}">{self.words(one.title)}</a></li>'
            for one in document.sections
        )
        sections = "\n".join(map(self._section, document.sections))
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">\n'
            f"<title>{attribute(document.title)}</title>\n<style>\n{style_sheet}</style>\n</head>\n"
            f"<body>\n<header>\n<h1>{self.words(document.title)}</h1>\n"
            f'<p class="lead">{self.words(document.lead)}</p>\n{self._switch()}'
            f"<nav><ul>{contents}</ul></nav>\n</header>\n<main>\n{sections}\n</main>\n"
            f"<footer>{self.words(FOOTER)}</footer>\n<script>{script}</script>\n</body>\n</html>\n"
        )

    def words(self, text: Text) -> str:
        """A text as HTML, in every language there is a translation for."""
        rendered = {
            language: _coded(text.render(translate, html.escape, html.escape))
            for language, translate in self.translations.items()
        }
        if len(set(rendered.values())) == 1:
            return rendered["en"]
        return "".join(
            f'<span class="t" lang="{language}">{one}</span>' for language, one in rendered.items()
        )

    def _switch(self) -> str:
        if len(self.translations) == 1:
            return ""
        choices = "".join(
            f'<label lang="{one}"><input type="radio" name="words" id="words-{one}"'
            f"{' checked' if one == 'en' else ''}> {LANGUAGES.get(one, one)}</label>"
            for one in self.translations
        )
        return f'<fieldset class="switch">{choices}</fieldset>\n'

    def _section(self, section: Section) -> str:
        blocks = "\n".join(self._blocks(section.blocks))
        title = self.words(section.title)
        return f'<section>\n<h2 id="{section.anchor}">{title}</h2>\n{blocks}\n</section>'

    def _blocks(self, blocks: tuple[Block, ...]) -> Iterator[str]:
        """Blocks in order; charts that follow one another share a row where there is room."""
        charts: list[str] = []
        for block in blocks:
            if isinstance(block, Chart):
                charts.append(self._chart(block))
                continue
            if charts:
                yield f'<div class="charts">{"".join(charts)}</div>'
                charts = []
            yield self._paragraph(block) if isinstance(block, Paragraph) else self._table(block)
        if charts:
            yield f'<div class="charts">{"".join(charts)}</div>'

    def _paragraph(self, paragraph: Paragraph) -> str:
        kind = f' class="{paragraph.kind}"' if paragraph.kind else ""
        return f"<p{kind}>{self.words(paragraph.text)}</p>"

    def _chart(self, chart: Chart) -> str:
        wide = self._picture(chart, chart.name)
        narrow = self._picture(chart, f"{chart.name}.narrow") if chart.narrow else ""
        whole = ' class="whole has-narrow"' if narrow else ""
        name = attribute(chart.title)
        return (
            f'<figure{whole}><div class="wide" role="img" aria-label="{name}">{wide}</div>'
            + (f'<div class="narrow" role="img" aria-label="{name}">{narrow}</div>'
               if narrow else "")
            + f"<figcaption><strong>{self.words(_sentence(chart.title))}</strong> "
            f"{self.words(chart.caption)} {self._rows_link(chart)}</figcaption></figure>"
        )  # fmt: skip

    def _picture(self, chart: Chart, name: str) -> str:
        prefix = re.sub(r"\W", "_", name) + "-"
        return style.inline_svg(self.drawn[name], prefix)

    def _rows_link(self, chart: Chart) -> str:
        name, data = f"{chart.name}.csv", self.rows(chart)
        href = f"figures/{name}"
        if len(data) <= LARGEST_INSIDE:
            href = "data:text/csv;base64," + base64.b64encode(data).decode()
        link = f'<a download="{html.escape(name)}" href="{href}">{html.escape(name)}</a>'
        return f"{self.words(ROWS)} {link}"

    def _table(self, table: Table) -> str:
        head = "".join(f'<th scope="col">{self.words(one)}</th>' for one in table.columns)
        rows = "\n".join(self._rows_of(table))
        links = ", ".join(f'<a href="{one}">{one}</a>' for one in table.files)
        source = f" {self.words(ROWS)} {links}" if links else ""
        name = f"table-{table.name}"
        caption = f"<strong>{self.words(_sentence(table.caption))}</strong>{source}"
        body = (
            f'<p class="caption" id="{name}-caption">{caption}</p><div class="scroll">'
            f'<table id="{name}" aria-labelledby="{name}-caption">'
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
        )
        if not table.folded:
            return body
        return f"<details><summary>{self.words(table.caption)}</summary>{body}</details>"

    def _rows_of(self, table: Table) -> Iterator[str]:
        before: Cell | None = None
        for place, row in enumerate(table.rows):
            gated = ' class="gated"' if place in table.gated else ""
            same = ' class="same"' if row[0] == before else ""
            mark = f' <span class="gate" title="{GATED}">⚠</span>' if gated else ""
            name = f'<span class="again">{self._content(row[0])}{mark}</span>'
            first = f'<th scope="row"{same}>{name}</th>'
            yield f"<tr{gated}>{first}{''.join(map(self._cell, row[1:]))}</tr>"
            before = row[0]

    def _cell(self, cell: Cell) -> str:
        number = cell.ratio or cell.number if isinstance(cell, Beside) else cell
        sort = f' data-v="{number.value:.12g}"' if isinstance(number, Number) else ""
        return f"<td{sort}>{self._content(cell)}</td>"

    def _content(self, cell: Cell) -> str:
        if isinstance(cell, Number):
            return self._number(cell)
        if isinstance(cell, Beside):
            ratio = cell.ratio and self._number(cell.ratio, "ratio")
            return self._number(cell.number) + (
                f'<span class="beside">{ratio}</span>' if ratio else ""
            )
        if isinstance(cell, Missing):
            return f'– <span class="missing">{self.words(cell.reason)}</span>'
        if isinstance(cell, Remarked):
            return f'{self.words(cell.text)}<span class="remark">{self.words(cell.remark)}</span>'
        return self.words(cell)

    def _number(self, number: Number, kind: str = "") -> str:
        place = f"n{next(self.ids)}"
        gate = f' <span class="gate" title="{GATED}">⚠</span>' if number.gated else ""
        interval = f' <span class="interval">{number.interval}</span>' if number.interval else ""
        classes = f"number {kind}".strip()
        title = html.escape(number.signature or str(number.note or number.file))
        return (
            f'<button class="{classes}" popovertarget="{place}" title="{title}">{number.shown}'
            f'</button>{interval}{gate}<div popover id="{place}">{self._facts(number)}</div>'
        )

    def _facts(self, number: Number) -> str:
        """What stands behind a number, under the names that the CSV files use."""
        ends = None if number.low is None or number.high is None else (number.low, number.high)
        facts: dict[str, Text | str | int | None] = {
            "value": f"{number.value:.12g} {number.unit}".strip(),
            f"{100 * number.level:.3g}% interval": f"{ends[0]:.12g} – {ends[1]:.12g}"
            if ends
            else "–",
            "ci_method": number.method,
            "n_units": number.n_units,
            "n_documents": number.n_documents,
            "k_eff": None if number.k_eff is None else f"{number.k_eff:.1f}",
            "note": number.note,
            "comparable": "false" if number.gated else None,
            "file": number.file,
            "signature": number.signature,
        }
        held = ((name, value) for name, value in facts.items() if value is not None and value != "")
        return "<dl>" + "".join(f"<dt>{name}<dd>{self._fact(one)}" for name, one in held) + "</dl>"

    def _fact(self, value: Text | str | int) -> str:
        return self.words(value) if isinstance(value, Text) else html.escape(str(value))


ROWS = say("Rows:")
GATED = "not to be compared: unknown tokens, text that does not come back, or undertrained"
FOOTER = say(
    "Made by Babel Toll from the result files beside this page. Click or tap a number for its "
    "interval, counts and signature; a column's head sorts."
)


def _sentence(text: Text) -> Text:
    """A title with a full stop, which is another sign in another language."""
    return say("{a}.", a=text)


def attribute(text: Text) -> str:
    """A text for an attribute: plain English, escaped."""
    return html.escape(str(text).replace("`", ""))


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


_coded = partial(re.sub, r"`([^`]*)`", r"<code>\1</code>")


def _resource(name: str) -> str:
    return (resources.files("bench.report") / "page" / name).read_text(encoding="utf-8")

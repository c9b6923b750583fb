"""The report's words in other languages, from one gettext catalog a language.

To renew them after words changed (Babel's `pybabel`, from the extra `dev`):

    POT=bench/report/locale/report.pot
    HOW="-k say -k template --no-wrap --sort-output --omit-header --add-location=file"
    pybabel extract $HOW -o $POT bench/report bench/claims/reasons.py
    pybabel update -D report --no-wrap -N -i $POT -d bench/report/locale

The `.po` files are read as they are, in 3 ms each: nothing compiled has to be kept beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from bench.report.text import Translate
from corpora.readers.messages import read_po

DOMAIN = "report"
LANGUAGES = ("ru", "zh")


def translations() -> dict[str, Translate]:
    """A translator by language; what a catalog lacks stays English."""
    return {language: _translator(_catalog(language)) for language in LANGUAGES}


def _translator(words: Mapping[str, str]) -> Translate:
    return lambda template: words.get(template, template)


def _catalog(language: str) -> dict[str, str]:
    folder = resources.files("bench.report") / "locale" / language / "LC_MESSAGES"
    text = (folder / f"{DOMAIN}.po").read_text(encoding="utf-8")
    return {message.source: message.translation for message in read_po(text)}

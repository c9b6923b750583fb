"""The report's words in other languages, from one gettext catalog.

To renew it after words changed (Babel's `pybabel`, from the extra `notebooks`):

    pybabel extract -k say -k template -o bench/report/locale/report.pot bench/report
    pybabel update  -D report -i bench/report/locale/report.pot -d bench/report/locale
    pybabel compile -D report -d bench/report/locale
"""

from __future__ import annotations

import gettext
from importlib import resources

from bench.report.text import Translate

DOMAIN = "report"
LANGUAGES = ("ru", "zh")


def translations() -> dict[str, Translate]:
    """A translator by language; what a catalog lacks stays English."""
    return {
        language: found.gettext
        for language in LANGUAGES
        if (found := _catalog(language)) is not None
    }


def _catalog(language: str) -> gettext.GNUTranslations | None:
    folder = resources.files("bench.report") / "locale" / language / "LC_MESSAGES"
    compiled = folder / f"{DOMAIN}.mo"
    if not compiled.is_file():
        return None
    with compiled.open("rb") as file:
        return gettext.GNUTranslations(file)

import ast
import re
import string
from pathlib import Path

import pytest

from bench import profile, report
from bench.claims import reasons
from bench.claims.definition import load
from bench.report.catalog import LANGUAGES, translations
from bench.report.claim_words import CASES, FIGURES, NOTES, SENTENCES, UNTESTED
from bench.report.profile_words import DESCRIPTIONS
from bench.report.sections import provenance
from corpora.gates import QUALITY, UNITS

ROOT = Path(report.__file__).parent


def templates():
    """Every template of ours: the first argument of each `say` and `template`."""
    found = set()
    for path in (*ROOT.rglob("*.py"), Path(reasons.__file__)):
        calls = (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call))
        marked = (c.args[0] for c in calls if getattr(c.func, "id", "") in ("say", "template"))
        found |= {words.value for words in marked if isinstance(words, ast.Constant)}
    return sorted(found)


def places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_keeps_its_places(language):
    translate = translations()[language]
    same = {"K_eff", "SHA-256", "Seed"}
    for template in templates():
        translated = translate(template)
        assert places(translated) == places(template), template
        words = template.translate(str.maketrans("", "", "{}:, .()"))
        if template not in same and places(template) != {words} and not only_places(template):
            assert translated != template, f"no {language} words for {template!r}: see catalog.py"


@pytest.mark.parametrize(("language", "foreign"), [("ru", "[\u4e00-\u9fff]"), ("zh", "[а-яА-Я]")])
def test_no_catalog_speaks_the_other_language(language, foreign):
    """Once twenty Chinese texts, the claims' page among them, were Russian."""
    translate = translations()[language]
    texts = (*templates(), *SENTENCES, *NOTES)
    assert not [text for text in texts if re.search(foreign, translate(text))]


def only_places(template):
    return not any(text.strip(" :;,.()") for text, *_ in string.Formatter().parse(template))


def test_the_sentences_of_claims_are_in_the_catalog_as_the_suite_has_them():
    """A sentence that changes is translated anew; a brace in it would be a place to fill."""
    claims = load()
    assert tuple(claim.words for claim in claims) == SENTENCES
    assert tuple(dict.fromkeys(claim.note for claim in claims if claim.note)) == NOTES
    assert tuple(claim.untested for claim in claims if claim.untested) == UNTESTED
    assert not any(places(sentence) for sentence in (*SENTENCES, *NOTES, *UNTESTED))


def test_what_stands_beside_the_claims_is_in_the_catalog_too():
    claims = load()
    cases = dict.fromkeys(case.name for claim in claims for case in claim.cases)
    assert tuple(name for name in cases if re.search("[ =]", name)) == CASES  # others are codes
    figures = [one.figure for claim in claims for one in claim.literature]
    assert tuple(dict.fromkeys(figures)) == FIGURES


def test_descriptions_of_packaged_profiles_are_in_the_catalog_as_they_stand_there():
    described = {profile.load(name).description.rstrip(".") for name in profile.names()}
    assert described == set(DESCRIPTIONS)


def test_what_units_are_dropped_for_has_words():
    assert {gate.reason for gate in (*UNITS, *QUALITY)} | {"overlap"} == set(provenance.DROPS)


def test_the_catalogs_are_read_as_babel_reads_them():
    pofile = pytest.importorskip("babel.messages.pofile", reason="pip install Babel")
    for language, translate in translations().items():
        source = ROOT / "locale" / language / "LC_MESSAGES" / "report.po"
        with source.open("rb") as file:
            for message in pofile.read_po(file):
                if message.id:
                    assert translate(message.id) == message.string


def test_the_page_has_a_switch_and_the_words_of_three_languages(built):
    source = (built / "report.html").read_text(encoding="utf-8")
    for language, word in (("en", "Tokens per word"), ("ru", "Токенов на слово"),
                           ("zh", "每词词元数")):  # fmt: skip
        assert f'id="words-{language}"' in source
        assert f'<span class="t" lang="{language}">{word}</span>' in source

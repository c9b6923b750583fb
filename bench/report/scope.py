"""What a report leads with: languages in order, the corpus, vocabularies and models."""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.data import Results, Row
from bench.report.text import Text, code, say, template, verbatim

ORDER = ("zh", "zh_hant", "ru")
NAMES = {
    "en": template("English"),
    "ru": template("Russian"),
    "zh": template("Chinese"),
    "zh_hant": template("Traditional Chinese"),
    "all": template("all languages"),
    "en-2byte": template("English in letters of two bytes"),
    "en-3byte": template("English in ideographs of three bytes"),
    "zh-pinyin": template("Chinese in pinyin"),
}
CONTROLS = ("bytes", "characters", "words")
EVERY_LANGUAGE = "all"
SHARED_FIRST = ("o200k_base", "qwen", "cl100k_base")
SERVED_FIRST = ("llama-3-8b", "qwen-2.5-7b", "llama-2-7b")
FLOORS = ("floor-order0", "floor-kn5", "floor-xz")
OPEN_PROFILES = ("quick", "default")  # their training is an illustration, never a finding


@dataclass(frozen=True)
class Scenario:
    """A setting that the opening table shows: who reads the text, and on which split of which."""

    title: Text
    corpus: str
    split: str
    family: str
    model: str | None

    @property
    def where(self) -> dict[str, str]:
        """The columns that pick its rows in tokenization.csv and costs.csv."""
        return {"corpus": self.corpus, "split": self.split, "vocabulary_family": self.family}


@dataclass(frozen=True)
class Scope:
    """What is led with, chosen once for the whole report."""

    languages: tuple[str, ...]
    reference: str
    corpora: tuple[str, ...]
    families: tuple[str, ...]
    scenarios: tuple[Scenario, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """The languages beside the reference."""
        return tuple(language for language in self.languages if language != self.reference)

    @property
    def corpus(self) -> str | None:
        """The corpus that is led with."""
        return self.corpora[0] if self.corpora else None

    @property
    def where_trained(self) -> dict[str, str]:
        """The columns of training.csv that pick its corpus: an arm may train on a rewritten one."""
        return {"corpus": self.own.corpus} if self.own else {}

    @property
    def shared(self) -> Scenario | None:
        """The scenario of a production vocabulary, or whichever there is."""
        return self.scenarios[-1] if self.scenarios else None

    @property
    def own(self) -> Scenario | None:
        """The scenario of the trained vocabularies, or whichever there is."""
        return self.scenarios[0] if self.scenarios else None


def scope(results: Results) -> Scope:
    """Choose what the report leads with: the profile's own choices, else what the tables hold."""
    languages = _languages(results)
    corpora = _ordered(results.distinct("tokenization", "corpus"), _wanted_corpora(results))
    families = _families(results)
    reference = _reference(results, languages)
    ordered = tuple(one for one in languages if one != reference)
    ordered += (reference,) if reference in languages else ()
    return Scope(ordered, reference, tuple(corpora), families, _scenarios(results, corpora))


def language_name(language: str) -> Text:
    """The language's name in words, or its code where we have none."""
    return say(NAMES[language]) if language in NAMES else verbatim(language)


def label(language: str) -> str:
    """The same for charts, in English, which every font can set."""
    return NAMES.get(language, language)


def is_illustration(results: Results) -> bool:
    """Whether training in this run may only illustrate: a small profile, or too few seeds."""
    seeds = {row["seed"] for row in results.runs() if row["seed"] is not None}
    return results.profile.get("name") in OPEN_PROFILES or len(seeds) < 5


ILLUSTRATION = say(
    "What this run trained is an illustration. Small models, a small budget and too few seeds "
    "rank languages by how slowly they learn. No verdict rests on it."
)


def trained(results: Results) -> list[Row]:
    """The runs in training.csv that are models, not floors."""
    return [row for row in results.runs() if not is_floor(row)]


def is_floor(row: Row) -> bool:
    """Whether a row of training.csv is a floor beside the models."""
    return str(row["model"]).startswith("floor-")


def _languages(results: Results) -> list[str]:
    """Those of the profile; not what one corpus has besides, nor writings that an arm derives."""
    found: list[str] = []
    for table in ("tokenization", "costs", "memory", "training"):
        found += results.distinct(table, "language")
    wanted = results.wanted("languages") or found
    held = [one for one in dict.fromkeys(found) if one != EVERY_LANGUAGE and one in wanted]
    return _ordered(held, ORDER)


def _reference(results: Results, languages: list[str]) -> str:
    declared = results.profile.get("reference")
    found = results.distinct("tokenization", "reference") + results.distinct("costs", "reference")
    return str(declared or (found[0] if found else "en" if "en" in languages else ""))


def _wanted_corpora(results: Results) -> tuple[str, ...]:
    training = results.wanted("training", "corpus")
    return (*((training,) if training else ()), *(results.wanted("corpora") or ()))


def _families(results: Results) -> tuple[str, ...]:
    wanted = results.wanted("vocabularies") or {}
    order = (*wanted.get("trained", ()), *wanted.get("published", ()))
    found = results.distinct("tokenization", "vocabulary_family")
    plain = [family for family in found if family not in CONTROLS]
    return tuple(_ordered(plain, order)) + tuple(one for one in CONTROLS if one in found)


def _scenarios(results: Results, corpora: list[str]) -> tuple[Scenario, ...]:
    found = [_own(results, corpora), _shared(results, corpora)]
    chosen = [one for one in found if one is not None]
    return tuple(chosen) or tuple(_any(results, corpora))


def _own(results: Results, corpora: list[str]) -> Scenario | None:
    wanted = results.wanted("training", "vocabularies") or results.wanted("vocabularies", "trained")
    models = results.wanted("training", "models") or results.wanted("costs", "models") or ()
    for family in wanted or ():
        title = say("Own vocabulary for each language ({family})", family=code(family))
        found = _scenario(results, corpora, family, tuple(models), title)
        if found:
            return found
    return None


def _shared(results: Results, corpora: list[str]) -> Scenario | None:
    published = results.wanted("vocabularies", "published") or results.distinct(
        "tokenization", "vocabulary_family"
    )
    others = (*CONTROLS, *(results.wanted("vocabularies", "trained") or ()))
    held = [family for family in published if family not in others]
    for family in _ordered([one for one in held if _comparable(results, one)], SHARED_FIRST):
        title = say("One production vocabulary for all ({family})", family=code(family))
        models = tuple(_ordered(results.distinct("costs", "model"), SERVED_FIRST))
        found = _scenario(results, corpora, family, models, title)
        if found:
            return found
    return None


def _any(results: Results, corpora: list[str]) -> list[Scenario]:
    for family in results.distinct("tokenization", "vocabulary_family"):
        found = _scenario(results, corpora, family, (), say("Vocabulary {f}", f=code(family)))
        if found:
            return [found]
    return []


def _scenario(
    results: Results, corpora: list[str], family: str, models: tuple[str, ...], title: Text
) -> Scenario | None:
    for corpus in corpora:
        row = results.row("tokenization", corpus=corpus, vocabulary_family=family)
        if row:
            held = results.distinct("costs", "model", corpus=corpus, vocabulary_family=family)
            model = next((one for one in models if one in held), None)
            return Scenario(title, corpus, row["split"], family, model)
    return None


def _comparable(results: Results, family: str) -> bool:
    rows = results.rows("tokenization", vocabulary_family=family, metric="token_premium")
    return bool(rows) and all(row["comparable"] is not False for row in rows)


def _ordered(found: list[str], first: tuple[str, ...] | list[str]) -> list[str]:
    """`found`, those of `first` in front in that order."""
    front = [one for one in dict.fromkeys(first) if one in found]
    return front + [one for one in found if one not in front]

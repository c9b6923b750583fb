"""Words, by pinned segmenters: Chinese has none between spaces, Russian inflects.

A word is a segment that holds a letter or a digit, given as a span of code points; white space
and punctuation are no words, but for the underscore, a letter to the built-in rule. The segmenters
come with the extra `words` and are loaded when first used; a missing one, or one of another version
than is pinned here, is refused by name, since its counts would not be comparable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from itertools import chain

from bench.errors import InputError

Span = tuple[int, int]
Cut = Callable[[str], Iterator[str]]

_LETTER = re.compile(r"[^\W_]")


@dataclass(frozen=True)
class Segmenter:
    """A way to cut a language into words: `spans(text)`, in code points.

    `package` is None for the built-in rule. `lemmas` says that each word stands for its dictionary
    form, `lemma(word)`.
    """

    name: str
    language: str | None  # None: any language that writes spaces
    package: str | None = None
    pinned: str | None = None
    lemmas: bool = False

    @property
    def label(self) -> str:
        """Name and version, for signatures."""
        return self.name if self.pinned is None else f"{self.name}-{self.pinned}"

    def spans(self, text: str) -> list[Span]:
        """The words of a text, in order."""
        if self.package is None:
            return [found.span() for found in _word().finditer(text)]
        return list(_located(text, self._cut(text)))

    def lemma(self, word: str) -> str:
        """The dictionary form of a word."""
        return str(self._lemmatise(word))

    @cached_property
    def _cut(self) -> Cut:
        self.check()
        return CUTS[self.name]()

    @cached_property
    def _lemmatise(self) -> Callable[[str], str]:
        self.check()
        return _pymorphy()

    @property
    def installed(self) -> bool:
        """Whether `check` would pass."""
        try:
            self.check()
        except InputError:
            return False
        return True

    def check(self) -> None:
        """InputError if the package is missing or of another version than is pinned."""
        if self.package is None:
            return
        hint = "pip install 'babeltoll[words]'"
        try:
            found = version(self.package)
        except PackageNotFoundError:
            raise InputError(f"words need {self.package}, which is missing: {hint}") from None
        if found != self.pinned:
            raise InputError(
                f"words are pinned to {self.package} {self.pinned}, installed is {found}: {hint}"
            )


def segmenters(language: str) -> tuple[Segmenter, ...]:
    """The segmenters that a language is counted with; the first is the one to quote.

    None for a language that writes no spaces and has no segmenter here.
    """
    own = tuple(one for one in SEGMENTERS if one.language == base(language))
    return own or ((SPACES,) if spaced(language) else ())


def spaced(language: str) -> bool:
    """Whether a language writes spaces between words."""
    return base(language) not in UNSPACED


def base(language: str) -> str:
    """The language of a code with a script or a region: `zh` of zh-CN, zh_hant and zho_Hans.

    One in Latin letters (zh-pinyin, zh-Latn) is a language by itself, which writes spaces.
    """
    first, *more = re.split("[-_]", language.lower())
    return language.lower() if LATIN & set(more) else ISO_639_3.get(first, first)


@cache
def _word() -> re.Pattern[str]:
    """Letters, digits and underscores with their marks and joiners, apostrophes, hyphens inside."""
    marks = (one for one in map(chr, chain(*MARKS)) if unicodedata.category(one).startswith("M"))
    run = rf"\w+(?:(?=[^\x00-\u02ff])[\w{''.join(marks)}\u200c\u200d]+)?"  # a quick look first
    return re.compile(rf"{run}(?:['’-]{run})*")


def missing(languages: Iterable[str]) -> list[str]:
    """The pinned segmenters of these languages that are not installed here as they are pinned."""
    wanted = [one for language in languages for one in segmenters(language) if one.package]
    return sorted(one.label for one in wanted if not one.installed)


def _located(text: str, segments: Iterator[str]) -> Iterator[Span]:
    """Where each segment with a letter or digit stands; segmenters may drop white space."""
    at = 0
    for segment in segments:
        if not _LETTER.search(segment):
            continue
        start = text.index(segment, at)
        at = start + len(segment)
        yield start, at


def _jieba() -> Cut:
    """jieba in precise mode, from its own dictionary and not from its cache in /tmp."""
    import jieba

    cutter = jieba.Tokenizer()
    cutter.FREQ, cutter.total = cutter.gen_pfdict(cutter.get_dict_file())
    cutter.initialized = True
    return lambda text: cutter.cut(text)


def _wapic() -> Cut:
    """A linear-chain CRF, a method unlike jieba's dictionary."""
    segmenter = import_module("wapic").Segmenter()  # takes seconds and 0.9 GB
    return lambda text: iter(segmenter.segment(text))


def _razdel() -> Cut:
    import razdel

    return lambda text: (token.text for token in razdel.tokenize(text))


def _pymorphy() -> Callable[[str], str]:
    import functools

    import pymorphy3

    analyser = pymorphy3.MorphAnalyzer(lang="ru")
    return functools.cache(lambda word: str(analyser.parse(word)[0].normal_form))


CUTS: dict[str, Callable[[], Cut]] = {
    "jieba": _jieba,
    "wapic": _wapic,
    "razdel": _razdel,
    "pymorphy3-lemma": _razdel,
}
SPACES = Segmenter("unicode-words", None)
MARKS = (range(0x300, 0x20000), range(0xE0100, 0xE01F0))  # no mark is elsewhere
LATIN = {"latn", "pinyin"}
ISO_639_3 = {"zho": "zh", "chi": "zh", "cmn": "zh", "rus": "ru", "eng": "en", "jpn": "ja",
             "tha": "th", "lao": "lo", "khm": "km", "mya": "my", "bur": "my", "bod": "bo",
             "tib": "bo"}  # fmt: skip
UNSPACED = {"zh", "ja", "th", "lo", "km", "my", "bo", "yue", "wuu", "lzh"}
SEGMENTERS = (
    Segmenter("jieba", "zh", "jieba", "0.42.1"),
    Segmenter("wapic", "zh", "wapic", "0.1.0"),
    Segmenter("razdel", "ru", "razdel", "0.5.0"),
    Segmenter("pymorphy3-lemma", "ru", "pymorphy3", "2.0.6", lemmas=True),
)

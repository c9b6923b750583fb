"""The same content in another writing: controls that tell what a script does from what is said.

`en-2byte` is English with every Latin letter replaced, one to one, by a letter of two UTF-8 bytes;
case, spaces and punctuation stay, so pre-tokenization splits it as it splits English. `en-3byte`
replaces every character, the space too, by an ideograph of three bytes: no case, no spaces, as in
Chinese. `zh-pinyin` is Chinese in an alphabet: syllables with tone digits, a space between them.
The first two can be undone; pinyin cannot (it has homophones), so it says less than the Chinese.
"""

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from corpora.errors import CorpusError
from corpora.parallel import KEYS, ParallelCorpus

_LOWER = "".join(chr(0x430 + i) for i in range(26))  # Cyrillic а … щ; А … Щ are their capitals
_TWO_BYTES = str.maketrans(string.ascii_lowercase + string.ascii_uppercase, _LOWER + _LOWER.upper())
_IDEOGRAPHS = 0x4E00  # where CJK Unified Ideographs begin; the block has room for 20,992
_ROOM = 20_992


@dataclass(frozen=True)
class Derivation:
    """A language made of another's text, unit by unit."""

    source: str
    of: Callable[[str], str]


def two_bytes(text: str) -> str:
    """Latin letters as Cyrillic ones of the same case; everything else as it is."""
    return text.translate(_TWO_BYTES)


def three_bytes(text: str) -> str:
    """Every character of the first 20,992 code points as the ideograph of its number."""
    return "".join(chr(_IDEOGRAPHS + ord(one)) if ord(one) < _ROOM else one for one in text)


def pinyin(text: str) -> str:
    """Chinese characters as pinyin with tone digits (`zhong1 wen2`), by pypinyin's phrase table.

    Syllables are separated by a space; what is not Chinese stays as it is.
    """
    from pypinyin import Style, lazy_pinyin

    return " ".join(lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True))


DERIVATIONS: Mapping[str, Derivation] = {
    "en-2byte": Derivation("en", two_bytes),
    "en-3byte": Derivation("en", three_bytes),
    "zh-pinyin": Derivation("zh", pinyin),
}


def derive(corpus: ParallelCorpus, languages: Sequence[str]) -> ParallelCorpus:
    """The corpus in `languages`: its own, and those of DERIVATIONS made from its own.

    Units, documents and splits stay; languages not named are dropped; the name says it is another
    corpus. Raises CorpusError for a language that is neither the corpus' own nor derived from one.
    """
    table = corpus.table.select(KEYS)
    for language in languages:
        table = table.append_column(language, _column(corpus, language))
    name = f"{corpus.name}-rewritten"
    return replace(corpus, name=name, languages=tuple(languages), table=table)


def _column(corpus: ParallelCorpus, language: str) -> object:
    import pyarrow as pa

    if language in corpus.languages:
        return corpus.table[language]
    found = DERIVATIONS.get(language)
    if found is None or found.source not in corpus.languages:
        known = ", ".join([*corpus.languages, *DERIVATIONS])
        raise CorpusError(f"{corpus.name} has no language {language!r}: use one of {known}")
    return pa.array(map(found.of, corpus.texts(found.source)), pa.large_string())

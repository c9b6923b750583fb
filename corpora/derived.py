"""The same content in another writing: controls that tell what a script does from what is said.

`en-2byte` is English with every Latin letter replaced, one to one, by a letter of two UTF-8 bytes;
case, spaces and punctuation stay, so pre-tokenization splits it as it splits English. `en-3byte`
replaces every character, the space too, by an ideograph of three bytes: no case, no spaces, as in
Chinese. `zh-pinyin` is Chinese in an alphabet, as pinyin is written: syllables with tone marks, a
space between words. The first two can be undone; pinyin cannot (it has homophones), so it says less
than the Chinese.
"""

import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

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
    """Chinese words as pinyin with tone marks (`zhōngwén`), by pypinyin's phrase table.

    Words are jieba's. Two that would run together get a space between them; what is not Chinese
    stays as it is.
    """
    from pypinyin import Style, lazy_pinyin

    written, before = "", False  # and whether the word before was Chinese
    for word in _words()(text):
        spelled = "".join(lazy_pinyin(word, style=Style.TONE))
        chinese = spelled != word
        touching = written[-1:].isalnum() and spelled[:1].isalnum()
        written += f" {spelled}" if touching and (chinese or before) else spelled
        before = chinese
    return written


@cache
def _words() -> Callable[[str], Iterable[str]]:
    """jieba in precise mode, from its own dictionary and not from its cache in /tmp."""
    import jieba

    cutter = jieba.Tokenizer()
    cutter.FREQ, cutter.total = cutter.gen_pfdict(cutter.get_dict_file())
    cutter.initialized = True
    return cutter.cut  # type: ignore[no-any-return]


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

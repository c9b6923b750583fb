"""Other people's loaders, through ours, each in a process of its own: vocabulary files that encode.

What a library does with a damaged file is its makers' affair; that the user is told in one line,
and that nothing hangs, is ours. A library that takes its process down is reported as well.
"""

from collections.abc import Callable, Sequence

import running
import seeds
from parsers import Parser

TEXTS = [
    "The teacher reads a long letter.",
    "Учитель читает письмо 12.",
    "老师读一封长信",
    "",
    " a  b\n",
]
Seeds = Callable[[], Sequence[bytes]]


def encodes(kind: str) -> Callable[[bytes], object]:
    """Load a file of that format and use all that a measurement uses."""

    def parse(data: bytes) -> object:
        from bench.vocabularies.formats import FORMATS, Source

        source = Source("mine", "0" * 64, "a.file", lambda: data, "gpt2", None, None)
        vocabulary = FORMATS[kind](source, data)
        encoding = vocabulary.encode(TEXTS)
        vocabulary.round_trips(TEXTS, encoding)
        return vocabulary.token_bytes(), vocabulary.size, vocabulary.unk_id

    return parse


def _loader(name: str, kind: str, made: Seeds) -> Parser:
    return Parser(f"load-{name}", made, encodes(kind))


LOADERS = (
    _loader("tokenizers", "tokenizer-json", seeds.tokenizer_jsons),
    _loader("wordpiece", "wordpiece", lambda: (seeds.WORDPIECE,)),
    _loader("converted", "sentencepiece-transformers", seeds.sentencepieces),
    _loader("sentencepiece", "sentencepiece", seeds.sentencepieces),
    _loader("tiktoken", "ranks", seeds.ranks),
    _loader("tekken", "tekken", seeds.tekkens),
    _loader("trie", "trie", seeds.tries),
)


def everything(count: int, seed: int, workers: int) -> running.Findings:
    """`count` damaged files for each loader; prints a line for each, returns findings."""
    return running.everything(LOADERS, count, 0, workers, seed)

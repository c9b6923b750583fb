"""Other people's loaders, through ours, each in a process of its own: vocabulary files that encode.

What a library does with a damaged file is its makers' affair; that the user is told in one line,
and that nothing hangs, is ours. A library that takes its process down is reported as well.
"""

from collections.abc import Callable, Sequence

import glyph_files
import running
import seeds
from parser import Parser, file

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

        given = glyph_files.fitting(data) if kind == "glyphs" else data
        source = Source("mine", "0" * 64, "a.file", lambda: given, "gpt2", None, None)
        vocabulary = FORMATS[kind](source, given)
        encoding = vocabulary.encode(TEXTS)
        vocabulary.round_trips(TEXTS, encoding)
        return vocabulary.token_bytes(), vocabulary.size, vocabulary.unk_id

    return parse


def streamed(suffix: str) -> Callable[[bytes], object]:
    """Read a file of a stream of text to its end, by `datasets`, and encode it."""

    def parse(data: bytes) -> object:
        from bench.streaming import source
        from bench.tokenization import text_statistics, tokenize
        from bench.vocabularies import family_published

        path = file(f"stream{suffix}", data)
        text = source.Text({"en": "en", "ru": "ru"}, "doc", files=(str(path),))
        for batch in source.batches(source.opened(text), text, 8):
            tokenize(batch.texts, family_published("bytes"))
            text_statistics(batch.texts)
        return None

    return parse


def from_hub(data: bytes) -> object:
    """A hub set out of a local folder of Parquet."""
    from corpora import hub

    lines = ["---", "configs:", "- config_name: default", "  data_files:", "  - split: test",
             "    path: test-*.parquet", "---", ""]  # fmt: skip
    file("hub/README.md", "\n".join(lines).encode())
    path = file("hub/test-00000-of-00001.parquet", data)
    return hub.load("ntrex", source=str(path.parent), languages=("en", "ru")).describe()


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
    _loader("glyphs", "glyphs", glyph_files.glyph_vocabularies),
    Parser("load-stream-jsonl", lambda: (seeds.JSONL,), streamed(".jsonl")),
    Parser("load-stream-csv", lambda: (seeds.CSV.replace(b"document", b"doc"),), streamed(".csv")),
    Parser("load-stream-parquet", seeds.parquets, streamed(".parquet")),
    Parser("load-hub", seeds.parquets, from_hub),
)


def everything(count: int, seed: int, workers: int) -> running.Findings:
    """`count` damaged files for each loader; prints a line for each, returns findings."""
    return running.everything(LOADERS, count, 0, workers, seed)

"""Every parser of ours, as a function of bytes, with the errors that it may raise."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import glyph_files
import ours
import seeds
from parser import OURS, Parser, clean, file, folder, one

from bench.errors import CheckFailed, InputError
from corpora.archives import glob_expression

__all__ = ["PARSERS", "Parser", "clean", "folder"]


@contextlib.contextmanager
def _instead(module: ModuleType, name: str, value: object) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def _card(languages: tuple[str, ...], **options: object) -> Any:
    from corpora.cards import Card

    return Card("tales", "", "", "", "", "natural", "", "", "", languages, "", (), options=options)


def _artifact() -> Any:
    from corpora.artifacts import Artifact

    return Artifact(Path("none.whl"), "tales", "1", "0" * 64)


# corpora: the user's own files


def catalogs(suffix: str) -> Callable[[bytes], object]:
    def parse(data: bytes) -> object:
        from corpora.readers import user_catalogs

        path = file(f"ru{suffix}", data)
        return list(user_catalogs.read({"en": path, "ru": path}))

    return parse


def table(suffix: str) -> Callable[[bytes], object]:
    def parse(data: bytes) -> object:
        from corpora.readers import tables, tmx

        read: Any = {
            ".jsonl": tables.read_jsonl, ".csv": tables.read_delimited,
            ".tsv": tables.read_delimited, ".tmx": tmx.read,
        }[suffix]  # fmt: skip
        return list(read(file(f"text{suffix}", data), ("en", "ru")))

    return parse


def text_lines(data: bytes) -> object:
    from corpora.readers import lines

    path = file("en.txt", data)
    return list(lines.read({"en": path, "ru": path}, path))


# corpora: what packages hold


def archive(suffix: str) -> Callable[[bytes], object]:
    def parse(data: bytes) -> object:
        from corpora.archives import members

        return sum(len(content) for _, content in members(file(f"p{suffix}", data), "**"))

    return parse


def member(reader: str, card: Any) -> Callable[[bytes], object]:
    """A reader of single members, fed with this member."""

    def parse(data: bytes) -> object:
        from importlib import import_module

        module = import_module(f"corpora.readers.{reader}")
        with _instead(module, "read_member", lambda path, name: data):
            return list(module.read([_artifact()], card))

    return parse


def many(reader: str, card: Any, names: Sequence[str]) -> Callable[[bytes], object]:
    """A reader of many members, each of which is this one."""

    def parse(data: bytes) -> object:
        from importlib import import_module

        module = import_module(f"corpora.readers.{reader}")

        def members(path: Path, pattern: str | Sequence[str]) -> Iterator[tuple[str, bytes]]:
            globs = [pattern] if isinstance(pattern, str) else pattern
            wanted = re.compile("|".join(map(glob_expression, globs)))
            return ((one, data) for one in names if wanted.fullmatch(one))

        with _instead(module, "members", members):
            return list(module.read([_artifact()], card))

    return parse


def data_card(data: bytes) -> object:
    from corpora.cards import parse

    return parse(_text(data), "tales").rows()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


# bench: vocabularies


def tokenizer_json(data: bytes) -> object:
    from bench.vocabularies.jsonfile import JsonFile

    file = JsonFile.read(data, "tokenizer.json")
    return file.table().tolist(), file.kind, file.normal_form, file.pattern, file.document(None)


def ranked_json(data: bytes) -> object:
    import numpy as np

    from bench.vocabularies.jsonfile import JsonFile
    from bench.vocabularies.rankengine import ranked

    file = JsonFile.read(data, "tokenizer.json")
    return ranked(file), file.document(np.flatnonzero(file.essential)), file.unknown, file.fallback


def sentencepiece(data: bytes) -> object:
    import numpy as np

    from bench.vocabularies.modelfile import ModelFile

    model = ModelFile.read(data, "a.model")
    few = np.flatnonzero(model.essential)
    return model.table().tolist(), model.thinned(few), model.unknown, model.control


def sentencepiece_converted(data: bytes) -> object:
    from bench.vocabularies.converted import tokenizer_json

    return tokenizer_json(data, "a.model")


def ranks(data: bytes) -> object:
    from bench.vocabularies.rankfiles import read_tiktoken

    return read_tiktoken(data, "a.tiktoken").tolist()


def tekken(data: bytes) -> object:
    from bench.vocabularies.rankfiles import read_tekken

    found, pattern, size = read_tekken(data, "tekken.json")
    return found.tolist(), pattern, size


def wordpiece(data: bytes) -> object:
    from bench.vocabularies.jsonfile import JsonFile
    from bench.vocabularies.wordpiece import tokenizer_json

    file = JsonFile.read(tokenizer_json(data, "vocab.txt"), "vocab.txt")
    return file.table().tolist()


def trie(data: bytes) -> object:
    from bench.vocabularies.trie import read_trie

    found, size = read_trie(data, "a.txt")
    return found.tolist(), size


def any_vocabulary(data: bytes) -> object:
    from bench.vocabularies.sources import sniff

    return sniff(data, Path("a.file"))


def family(data: bytes) -> object:
    from bench.vocabularies.directories import family_from_directory

    file("en.json", seeds.tokenizer_jsons()[0])
    return family_from_directory(file("family.json", data).parent)


# bench: what a run is asked, and what it left


def profile(data: bytes) -> object:
    from bench import profile as profiles

    return profiles.load(str(file("mine.toml", data)))


def shape(data: bytes) -> object:
    from bench.costs import shapes

    return shapes.load(file("shape.toml", data)).parameters


def result_table(name: str) -> Callable[[bytes], object]:
    def parse(data: bytes) -> object:
        from bench.results import read_table

        return read_table(file(f"{name}.csv", data).parent, name)

    return parse


def manifest(data: bytes) -> object:
    from bench import manifest as manifests

    return manifests.verify(file("manifest.json", data).parent)


def record(data: bytes) -> object:
    from bench.record import damage

    file("sum.json", b"3")
    return damage(file("record.json", data).parent)


def statistics(data: bytes) -> object:
    from bench.tokenization import TextStatistics, TokenStatistics

    path = file("tokens.npz", data)
    for kind in (TokenStatistics, TextStatistics):
        with contextlib.suppress(InputError):
            kind.load(path)
    return None


def signature(data: bytes) -> object:
    from bench.signature import parse

    return parse(_text(data))


def model_config(data: bytes) -> object:
    import json

    from tokenformer.config import from_dict, parameters

    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return parameters(from_dict(content))


_SIDES = ("en", "ru", "zh")
_FOLDERS = {one: f"help/{one}" for one in _SIDES}
_MO_NAMES = [f"p/locale/{one}/LC_MESSAGES/d.mo" for one in ("ru", "zh_CN")]
_LOCALES = {"ru": "ru", "zh": "zh_CN"}


PARSERS = (
    Parser("po", one(seeds.PO), catalogs(".po")),
    Parser("mo", one(seeds.MO), catalogs(".mo")),
    Parser("jsonl", one(seeds.JSONL), table(".jsonl")),
    Parser("csv", one(seeds.CSV), table(".csv")),
    Parser("tsv", one(seeds.TSV), table(".tsv")),
    Parser("tmx", one(seeds.TMX), table(".tmx")),
    Parser("lines", one(seeds.LINES), text_lines),
    Parser("archive-wheel", seeds.wheels, archive(".whl")),
    Parser("archive-deb", seeds.debs, archive(".deb")),
    Parser("archive-npm", seeds.tarballs, archive(".tgz")),
    Parser(
        "help-pages",
        one(seeds.HELP),
        many("help_pages", _card(_SIDES, folders=_FOLDERS), [f"help/{s}/a.html" for s in _SIDES]),
    ),
    Parser(
        "articles",
        one(seeds.ARTICLES),
        member("articles", _card(_SIDES, files=dict.fromkeys(_SIDES, "a.html"))),
    ),
    Parser(
        "book-pages",
        one(seeds.BOOK),
        many(
            "book_pages",
            _card(_SIDES, root="book", folders={one: one for one in _SIDES}),
            [f"book/{one}/a.html" for one in _SIDES],
        ),
    ),
    Parser(
        "verses",
        one(seeds.VERSES),
        member("verses", _card(_SIDES, files=dict.fromkeys(_SIDES, "a.json"))),
    ),
    Parser(
        "catalogs",
        one(seeds.MO),
        many("catalogs", _card(_SIDES, locales={"ru": ["ru"], "zh": ["zh_CN"]}), _MO_NAMES),
    ),
    Parser(
        "scenarios",
        lambda: (seeds.CFG, seeds.MO),
        many(
            "scenarios",
            _card(_SIDES, locales=_LOCALES, catalogs="**/*.mo", scenarios="**/*.cfg"),
            [*_MO_NAMES, "p/data/a.cfg"],
        ),
    ),
    Parser("data-card", one(seeds.CARD), data_card),
    Parser("tokenizer-json", seeds.tokenizer_jsons, tokenizer_json),
    Parser("tokenizer-json-ranked", seeds.tokenizer_jsons, ranked_json),
    Parser("sentencepiece", seeds.sentencepieces, sentencepiece),
    Parser("sentencepiece-converted", seeds.sentencepieces, sentencepiece_converted),
    Parser("tiktoken", seeds.ranks, ranks),
    Parser("tekken", seeds.tekkens, tekken),
    Parser("wordpiece", one(seeds.WORDPIECE), wordpiece),
    Parser("trie", seeds.tries, trie),
    Parser(
        "vocabulary-kind",
        lambda: (
            *seeds.tries(),
            *seeds.tekkens(),
            *seeds.ranks(),
            seeds.WORDPIECE,
            *seeds.sentencepieces(),
            *seeds.tokenizer_jsons(),
        ),
        any_vocabulary,
    ),
    Parser("family", one(seeds.FAMILY), family),
    Parser("profile", one(seeds.PROFILE), profile),
    Parser("shape", one(seeds.SHAPE), shape),
    *(
        Parser(f"csv-{name}", lambda name=name: (seeds.tables()[name],), result_table(name))
        for name in ("tokenization", "convergence", "curves", "timings")
    ),
    Parser("manifest", one(seeds.MANIFEST), manifest, (*OURS, CheckFailed)),
    Parser("record", lambda: (seeds.record(),), record),
    Parser("statistics", seeds.statistics, statistics),
    Parser("signature", one(b"corp:udhr@1a2b3c4d|n:30|v:0.1.0"), signature),
    Parser("model-config", one(seeds.CONFIG), model_config, (ValueError,)),
    *glyph_files.PARSERS,
    *ours.PARSERS,
)

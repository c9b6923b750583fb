"""Small whole files of every format that is read: what the fuzzer damages. All text is our own."""

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import random
import struct
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

import tiny

PO = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

#. a note
msgctxt "menu"
msgid "Open the \\"file\\"\\n"
msgstr "Открыть «файл»\\n"

#, fuzzy
msgid "old"
msgstr "старое"

msgid "%d key"
msgid_plural "%d keys"
msgstr[0] "%d ключ"
msgstr[1] "%d ключа"
msgstr[2] "%d ключей"
""".encode()

HELP = """<html><head><title>t</title></head><body><div id="DisplayArea">
<h1 id="hd_id1">Saving <b>files</b></h1>
<p id="par_id2">Press <span class="switchinline"><span class="MAC">Command</span><span class="DEFAULT">Ctrl
</span></span>+S &amp; wait<br/>a moment.</p><script>var a = "</p>";</script>
<p id="par_id3">Закройте окно &#8212; и всё. 完成。</p></div></body></html>""".encode()

ARTICLES = """<html><header><h1>Title</h1><p>All people are born.</p></header>
<article data-number="1"><h2>Article 1</h2><p>Everyone may rest.</p><ul><li>one</li><li>two</li></ul>
</article><article data-number="2"><p>人人可以休息。</p></article></html>""".encode()

BOOK = """<div class="section"><h2 class="title">1.2. A chapter</h2><div class="para">Some text <code>a
</code>.</div><pre>listing &lt;</pre><div class="para">Ещё текст&nbsp;здесь.</div></div>""".encode()

TMX = """<?xml version="1.0" encoding="UTF-8"?><tmx version="1.4"><header/><body>
<tu tuid="1"><tuv xml:lang="en"><seg>A <bpt i="1">&lt;b></bpt>red<ept i="1"/> door</seg></tuv>
<tuv xml:lang="ru-RU"><seg>Красная дверь</seg></tuv><tuv lang="ZH"><seg>红门</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Two</seg></tuv><tuv xml:lang="ru"><seg>Два</seg></tuv></tu></body></tmx>
""".encode()

CFG = b"""#textdomain wesnoth-tale
[story] title= _ "The first night"
message= _ "He said ""wait"" and left."
"""

VERSES = json.dumps(
    [
        {
            "id": 1,
            "verses": [{"id": 1, "translation": "In the morning "}, {"id": 2, "translation": "b"}],
        }
    ]
).encode()

JSONL = "".join(
    json.dumps({"id": str(n), "en": en, "ru": ru, "zh": zh}, ensure_ascii=False) + "\n"
    for n, (en, ru, zh) in enumerate(tiny.documents(1)[0])
).encode()
CSV = 'id,document,en,ru\n1,a,"A ""big"" door","дверь"\n2,a,two,"два\nраза"\n'.encode()
TSV = "id\ten\tru\n1\tone\tодин\n2\ttwo\tдва\n".encode()
LINES = "one\nдва\r\n三\n\n".encode()

PROFILE = b"""
name = "tiny"
description = "what the fuzzer damages"
corpora = ["tales"]
languages = ["en", "ru"]
[own.tales]
documents = "documents.txt"
texts = { en = "en.txt", ru = "ru.txt" }
[vocabularies]
published = ["gpt2"]
trained = ["bpe-300-per-language"]
[costs]
models = ["gpt2"]
[memory]
models = ["shape.toml"]
corpora = ["tales"]
vocabularies = ["bpe-300-per-language"]
batch_units = 8
layouts = ["padded"]
[training]
corpus = "tales"
models = ["shape.toml"]
vocabularies = ["bpe-300-per-language"]
epochs = 0.5
context_units = 4
seeds = [0, 1]
"""
SHAPE = b"""family = "tokenformer"
layers = 1
width = 32
heads = 2
vocabulary = 301
context = 256
[experts]
routed = 8
active = 2
width = 16
"""
CARD = b"""title = "Tales"
genre = "tales"
direction = "none"
licence = "Apache-2.0"
order = "natural"
order_note = ""
document = "a tale"
alignment = "line"
languages = ["en", "ru", "zh"]
reader = "verses"
[[packages]]
manager = "wheel"
name = "tales"
version = "1.0"
"""
CONFIG = b"""{"architecture": "tokenformer", "vocabulary": 301, "width": 32, "layers": 1, "heads": 2,
"slots": 24, "ffn_slots": 96, "dropout": 0.1, "tied": true}"""


def mo(messages: Mapping[str, str]) -> bytes:
    """A compiled catalog."""
    header = "Content-Type: text/plain; charset=UTF-8\n"
    pairs = sorted({"": header, **messages}.items())
    start, blob, entries = 28 + 16 * len(pairs), b"", []
    for side in zip(*pairs, strict=True):
        for one in side:
            entries.append((len(one.encode()), start + len(blob)))
            blob += one.encode() + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return head + b"".join(struct.pack("<2I", *one) for one in entries) + blob


MO = mo({"menu\x04Open": "Открыть", "%d key\0%d keys": "%d ключ\0%d ключей", "x": "икс"})
FILES = {"usr/a/one.html": HELP, "usr/a/b/ru/LC_MESSAGES/x.mo": MO, "two.txt": b"text" * 40}


def archive_tar(mode: str = "w:", style: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar with files, a link, a folder and a name over 100 characters."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=style) as made:  # type: ignore[call-overload]
        for name, data in {**FILES, "long/" + "n" * 120: b"x"}.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
        for kind, name in ((tarfile.SYMTYPE, "link"), (tarfile.DIRTYPE, "folder")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "../../etc/passwd" if name == "link" else ""
            made.addfile(info)
    return out.getvalue()


def deb(data: bytes, suffix: str) -> bytes:
    """A Debian package around a compressed tar."""
    made = b"!<arch>\n"
    for name, content in {"debian-binary": b"2.0\n", f"data.tar{suffix}": data}.items():
        made += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        made += content + b"\n" * (len(content) % 2)
    return made


@cache
def debs() -> tuple[bytes, ...]:
    """Debian packages in every compression that is read."""
    import pyarrow as pa

    plain = archive_tar()
    return (
        deb(plain, ""),
        deb(lzma.compress(plain), ".xz"),
        deb(gzip.compress(plain, mtime=0), ".gz"),
        deb(bz2.compress(plain), ".bz2"),
        deb(pa.compress(plain, "zstd", asbytes=True), ".zst"),
        deb(archive_tar(style=tarfile.PAX_FORMAT), ""),
    )


@cache
def wheels() -> tuple[bytes, ...]:
    """Zip files, stored and deflated."""
    made = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            for name, data in FILES.items():
                archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
        made.append(out.getvalue())
    return tuple(made)


@cache
def tarballs() -> tuple[bytes, ...]:
    """npm's gzipped tars."""
    return tuple(
        gzip.compress(archive_tar(style=style), mtime=0)
        for style in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
    )


@cache
def texts() -> dict[str, list[str]]:
    """Own text to train the seeds' vocabularies on."""
    return tiny.texts(60)


def _trained(name: str) -> tuple[bytes, ...]:
    from bench.vocabularies.trainers import train_one
    from bench.vocabularies.training import parse

    return tuple(train_one(parse(name), {language: lines}) for language, lines in texts().items())


@cache
def tokenizer_jsons() -> tuple[bytes, ...]:
    """`tokenizer.json` of BPE, Unigram and WordPiece."""
    from bench.vocabularies import converted, wordpiece

    found = _trained("bpe-300-per-language")
    unigram = converted.tokenizer_json(sentencepieces()[0], "seed")
    pieces = wordpiece.tokenizer_json(WORDPIECE, "seed")
    small = json.loads(found[0])
    small["added_tokens"] = [
        {"id": 1000, "content": "<s>", "special": True, "single_word": False, "lstrip": False,
         "rstrip": False, "normalized": False},
        {"id": 1001, "content": "  ", "special": False, "single_word": False, "lstrip": False,
         "rstrip": False, "normalized": True},
    ]  # fmt: skip
    return (*found, unigram, pieces, json.dumps(small).encode())


@cache
def sentencepieces() -> tuple[bytes, ...]:
    """SentencePiece models."""
    from bench.vocabularies.trainers import train_one
    from bench.vocabularies.training import parse

    return (train_one(parse("unigram-450-joint-content"), texts()),)


@cache
def ranks() -> tuple[bytes, ...]:
    """A `.tiktoken` file."""
    tokens = [bytes([byte]) for byte in range(256)] + [b"th", b"the", b"\xd0\xb0", b"\xe4\xbd\xa0"]
    return (b"".join(base64.b64encode(t) + b" %d\n" % n for n, t in enumerate(tokens)),)


@cache
def tekkens() -> tuple[bytes, ...]:
    """Mistral's JSON."""
    tokens = [bytes([byte]) for byte in range(256)] + [b"th", b"the"]
    vocab = [
        {"rank": n, "token_bytes": base64.b64encode(t).decode(), "token_str": None}
        for n, t in enumerate(tokens)
    ]
    config = {"pattern": "[a-z]+|.", "default_vocab_size": 268, "default_num_special_tokens": 10}
    return (json.dumps({"config": config, "vocab": vocab}).encode(),)


WORDPIECE = "\n".join(
    ["[PAD]", "[UNK]", "the", "##s", "key", "ключ", "##и", "钥", "匙", "a"]
).encode()


@cache
def tries() -> tuple[bytes, ...]:
    """RWKV's file."""
    tokens = [*(bytes([byte]) for byte in range(256)), b"the", "ключ".encode()]
    lines = [f"{n} {t.decode() if n > 256 else t!r} {len(t)}" for n, t in enumerate(tokens, 1)]
    lines[256] = "257 'the' 3"
    lines[257] = f"258 {'ключ'!r} 8"
    return ("\n".join(lines).encode(),)


@cache
def tables() -> dict[str, bytes]:
    """A CSV file of every kind of result, two rows each."""
    from bench.schema import TABLES

    example = {"string": "a|b:c", "number": "1.25e-3", "integer": "7", "boolean": "true"}
    made = {}
    for name, table in TABLES.items():
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(table.names)
        writer.writerow([example[column.type] for column in table.columns])
        writer.writerow(["" for _ in table.columns])
        made[name] = out.getvalue().encode()
    return made


TEXT = {"columns": {"en": "en", "ru": "ru"}, "document": "doc", "files": [["a.jsonl", 9]],
        "hub": None, "config": None, "split": "train"}  # fmt: skip
MANIFEST = json.dumps(
    {"babeltoll": "0.1.0", "profile": {"name": "tiny"}, "cells": {"a": "0" * 64},
     "files": {"costs.csv": "0" * 64}, "skipped": {"udhr": "no apt"}, "sources": {}, "empty": {}}
).encode()  # fmt: skip


def record() -> bytes:
    """A cell's record."""
    about = {
        "kind": "probe", "version": 1, "params": {"number": 3}, "inputs": ["0" * 64],
        "format": 1, "label": "probe 3", "files": {"sum.json": "0" * 64, "a/b.npz": "1" * 64},
        "timings": [{"phase": "cell", "seconds": 0.5}],
    }  # fmt: skip
    return json.dumps(about, indent=1).encode()


@cache
def parquets() -> tuple[bytes, ...]:
    """Parquet with plain and with compressed pages."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    en, ru = ["one", "two"], ["один", "два"]
    table = pa.table({"en": en, "ru": ru, "doc": ["a", "b"], "eng_Latn": en, "rus_Cyrl": ru})
    made = []
    for compression in ("none", "snappy", "zstd"):
        out = io.BytesIO()
        pq.write_table(table, out, compression=compression, store_schema=False)
        made.append(out.getvalue())
    return tuple(made)


FAMILY = json.dumps(
    {"name": "bpe-300-per-language", "members": {"en": "en.json"}, "sha256": {"en.json": "0" * 64}}
).encode()


@cache
def statistics() -> tuple[bytes, ...]:
    """The `.npz` that a tokenization leaves."""
    import tempfile

    from bench.tokenization import text_statistics, tokenize
    from bench.vocabularies import family_published

    some = {language: lines[:6] for language, lines in texts().items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tokens.npz")
        tokenize(some, family_published("bytes")).save(path)
        tokens = path.read_bytes()
        text_statistics(some).save(path)
        return tokens, path.read_bytes()


def rng(name: str) -> random.Random:
    """A generator of its own for each purpose."""
    return random.Random(name)

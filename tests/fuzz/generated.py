"""Input made to a format's rules, by Hypothesis: what damaging bytes would hardly ever reach."""

import json
import random
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import seeds
from hypothesis import strategies as st

Strategy = st.SearchStrategy[bytes]
BLOCK = 50  # values drawn at a time
TEXT = st.text(max_size=12)
ODD = st.sampled_from(
    [
        "",
        "\0",
        "../x",
        "/etc/passwd",
        "a" * 300,
        "\ud800",
        "9" * 30,
        "-1",
        "NaN",
        "<b>",
        '"',
        "#",
        "\n",
    ]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-2, 300), st.floats(), TEXT, ODD
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | ODD, inner, max_size=4),
)


def inputs(name: str, seed: int) -> Callable[[int], bytes]:
    """A function from a number to the generated input of that number."""
    import glyph_files
    import ours

    strategy = {**MAKERS, **ours.MAKERS, **glyph_files.MAKERS}[name](name)

    @cache
    def block(place: int) -> list[bytes]:
        return drawn(strategy, f"{name} generated {place}")

    return lambda number: block((seed + number) // BLOCK)[(seed + number) % BLOCK]


def drawn(strategy: Strategy, seed: str) -> list[bytes]:
    """BLOCK values of a strategy, the same for the same seed; a poor strategy's come again."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    found: list[bytes] = []

    @seeded(random.Random(seed).getrandbits(64))
    @settings(
        max_examples=BLOCK + 1,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(value: bytes) -> None:
        found.append(value)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keep()
    own = found[1:] or found  # the first is always the simplest
    return [own[place % len(own)] for place in range(BLOCK)]


def dumped(value: Any) -> bytes:
    """JSON, NaN and lone surrogates included."""
    return json.dumps(value).encode()


def replaced(document: Any) -> Strategy:
    """A JSON document with one to three of its values, anywhere, put in place of others."""
    places = list(_places(document))

    @st.composite
    def made(draw: Any) -> bytes:
        copy = json.loads(json.dumps(document))
        for _ in range(draw(st.integers(1, 3))):
            copy = _put(copy, draw(st.sampled_from(places)), draw(JSON))
        return dumped(copy)

    return made()


def _places(value: Any, here: tuple[Any, ...] = ()) -> Any:
    yield here
    if isinstance(value, dict):
        for key in list(value)[:40]:
            yield from _places(value[key], (*here, key))
    elif isinstance(value, list):
        for place in range(min(len(value), 6)):
            yield from _places(value[place], (*here, place))


def _put(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    inner = document
    for step in place[:-1]:
        try:
            inner = inner[step]
        except (KeyError, IndexError, TypeError):
            return document
    if isinstance(inner, dict) or (isinstance(inner, list) and place[-1] in range(len(inner))):
        inner[place[-1]] = value
    return document


def nested(opening: str, closing: str, inner: str = "", before: str = "") -> Strategy:
    """Deep nesting, closed or not."""
    depths = st.sampled_from([10, 500, 990, 1100, 5000, 20_000])
    return st.tuples(depths, st.booleans()).map(
        lambda drawn: (
            before + opening * drawn[0] + inner + closing * (drawn[0] * drawn[1])
        ).encode()
    )


def lines_of(*kinds: Any) -> Strategy:
    """Lines, each of one of some kinds."""
    line = st.one_of(*kinds)
    return st.lists(line, max_size=30).map(
        lambda found: "\n".join(found).encode("utf-8", "surrogatepass")
    )


def markup(tags: str, attributes: str) -> Strategy:
    """A sequence of tags, text and oddities; hardly ever well-formed."""
    tag = st.sampled_from(tags.split())
    attribute = st.sampled_from(attributes.split("|"))
    odd = st.sampled_from(
        ["<", "<!--", "-->", "<![CDATA[", "]]>", "&amp;", "&#0;", "&#xD800;", "&bomb;", "<?x", "?>",
         "<!DOCTYPE a [<!ENTITY bomb 'b'>]>", "</", "<a " * 50, "&" * 50, "</script>", "<script>x"]
    )  # fmt: skip
    part = st.one_of(
        st.builds("<{} {}>".format, tag, attribute), st.builds("</{}>".format, tag), odd, TEXT
    )
    return st.lists(part, max_size=40).map(lambda found: "".join(found).encode("utf-8", "replace"))


def toml(content: bytes) -> Strategy:
    """The keys of a TOML document with other values."""
    value = st.one_of(
        SCALARS.map(lambda one: json.dumps(one, ensure_ascii=False)),
        st.sampled_from(["[]", "{}", "[1, 'a']", "{a = 1}", "1979-05-27", "0x1F", "inf", "-nan", "''",
                         "'../../x.txt'", "'/etc/passwd'", "[['a']]", "'''", "9" * 5000]),
    )  # fmt: skip

    @st.composite
    def made(draw: Any) -> bytes:
        rows = content.decode().split("\n")
        for _ in range(draw(st.integers(1, 4))):
            place = draw(st.integers(0, len(rows) - 1))
            key, equals, _ = rows[place].partition("=")
            rows[place] = f"{key}{equals} {draw(value)}" if equals else draw(TEXT)
        return "\n".join(rows).encode("utf-8", "replace")

    return made() | nested("[", "]", before="a = ") | nested("{b = ", "}", "1", before="a = ")


def table(content: bytes) -> Strategy:
    """The header of a CSV file with other rows."""
    head = content.decode().split("\n")[0]
    cell = st.one_of(TEXT, ODD, st.floats().map(str), st.just("true"), st.just('"a,b"'))
    row = st.lists(cell, max_size=head.count(",") + 3).map(",".join)
    return lines_of(row).map(lambda rows: head.encode() + b"\n" + rows)


def packed(field: Strategy) -> Strategy:
    """Fields of a protocol buffer: keys of every wire type, widths that are right or wrong."""

    @st.composite
    def one(draw: Any) -> bytes:
        number, wire = draw(st.integers(0, 6)), draw(st.integers(0, 7))
        value = draw(field)
        width = draw(st.one_of(st.just(len(value)), st.integers(0, 2**70)))
        return bytes([number << 3 | wire]) + (_varint(width) if wire in (0, 2) else b"") + value

    return st.lists(one(), max_size=12).map(b"".join)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _archive(name: str) -> Strategy:
    """Archives whose members' names and sizes are drawn."""
    import io
    import tarfile
    import zipfile

    member = st.tuples(
        st.text(max_size=20) | ODD | st.sampled_from(["a/../../b", "./x", "C:\\x"]),
        st.binary(max_size=40), st.sampled_from("05237AgxLKSX"), st.integers(0, 2**33),
    )  # fmt: skip

    def zipped(members: list[Any]) -> bytes:
        out = io.BytesIO()
        with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as made:
            warnings.simplefilter("ignore")
            for path, content, kind, _ in members:
                with _ignoring():
                    info = zipfile.ZipInfo(path)
                    info.external_attr = ord(kind) << 25
                    made.writestr(info, content)
        return out.getvalue()

    def tarred(members: list[Any]) -> bytes:
        out = b""
        for path, content, kind, lie in members:
            info = tarfile.TarInfo(path)
            info.type, info.size = kind.encode(), len(content) if lie % 3 else lie
            with _ignoring():
                out += info.tobuf(tarfile.GNU_FORMAT, "utf-8", "replace") + content
                out += b"\0" * (-len(content) % 512)
        return out + bytes(1024)

    members = st.lists(member, max_size=6)
    if name == "archive-wheel":
        return members.map(zipped)
    if name == "archive-npm":
        import gzip

        return members.map(lambda found: gzip.compress(tarred(found), mtime=0))
    return members.map(lambda found: seeds.deb(tarred(found), ""))


def _ignoring() -> Any:
    import contextlib

    return contextlib.suppress(Exception)


def _messages(name: str) -> Strategy:
    side = st.lists(TEXT | ODD | st.just("a\0b\x04c"), min_size=2, max_size=2).map(tuple)
    good = st.dictionaries(TEXT, TEXT, max_size=6).map(
        lambda found: seeds.mo({k.replace("\ud800", ""): v for k, v in found.items()})
    )
    words = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 90), max_size=20).map(
        lambda found: b"\xde\x12\x04\x95" + b"".join(one.to_bytes(4, "little") for one in found)
    )
    del side
    return good | words


def _po(_: str) -> Strategy:
    quoted = st.one_of(
        TEXT.map(json.dumps), st.sampled_from(['"', "'a'", '"a" "b"', "b'x'", "1", '"\\q"', '"\\N{x}"',
                                               '"\\777"', '"\\u12"', '"""', "(" * 300, "[" * 6000]),
    )  # fmt: skip
    words = [
        "msgid",
        "msgstr",
        "msgctxt",
        "msgid_plural",
        "msgstr[0]",
        "msgstr[1]",
        "msgfoo",
        "#,",
        "#|",
        "#~",
        "#",
        "\ufeff",
    ]
    return lines_of(st.builds("{} {}".format, st.sampled_from(words), quoted), quoted, st.just(""))


def _trie(_: str) -> Strategy:
    literal = st.one_of(
        TEXT.map(repr), st.binary(max_size=6).map(repr),
        st.sampled_from(["(" * 3000, "'a'*99999999", "['a']", "'a'+'b'", "b'\\xff'", "-1", "{}"]),
    )  # fmt: skip
    number = st.integers(-3, 400) | st.integers() | st.sampled_from(["", "x"])
    line = st.builds("{} {} {}".format, number, literal, number)
    whole = seeds.tries()[0]
    return lines_of(line).map(lambda rows: whole + b"\n" + rows)


def _ranks(_: str) -> Strategy:
    import base64

    token = st.binary(max_size=6).map(lambda raw: base64.b64encode(raw).decode())
    odd = st.sampled_from(["=", "====", "A", "AA=A", "AAAAA", "Ж", "A=A="])
    rank = st.integers(-2, 300) | st.integers() | st.sampled_from(["", "x", " 1"])
    line = st.builds("{} {}".format, token | odd, rank)
    return lines_of(line).map(lambda rows: seeds.ranks()[0] + rows)


def _zip_statistics(_: str) -> Strategy:
    """Arrays whose headers lie."""
    import io
    import zipfile

    shape = st.sampled_from(["(3,)", "(99999999999,)", "(-1,)", "()", "(2, 3)", "(1e9,)", "None"])
    kind = st.sampled_from(["'<i8'", "'|O'", "'|b1'", "'<U99'", "[('a', '<i8')]", "'<f4'", "'|V9'"])

    def made(drawn: Any) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("about.json", dumped(drawn[2]))
            for name in ("tokens", "unknown", "round_trip", "ids_0", "counts_0", "bytes_0"):
                head = f"{{'descr': {drawn[0]}, 'fortran_order': False, 'shape': {drawn[1]}}}\n"
                body = len(head).to_bytes(2, "little") + head.encode() + drawn[3]
                archive.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + body)
        return out.getvalue()

    about = st.fixed_dictionaries(
        {"vocabularies": JSON, "serves": JSON, "family": JSON, "mode": JSON, "languages": JSON}
    )
    return st.tuples(kind, shape, about | JSON, st.binary(max_size=80)).map(made)


def json_maker(document: bytes) -> Callable[[str], Strategy]:
    """A JSON document with values in place of others, any JSON at all, and deep nesting."""
    return lambda _: replaced(json.loads(document)) | JSON.map(dumped) | nested("[", "]")


def _model_json(_: str) -> Strategy:
    return (
        st.sampled_from(seeds.tokenizer_jsons()).flatmap(lambda one: replaced(json.loads(one)))
        | nested('{"model":', "}", "{}")
        | nested("[", "]")
    )


HTML = "p div h1 h2 span br script style article header li ul pre img"
ATTRIBUTES = (
    'id="par_id1"|id="hd_id2"|class="switchinline"|class="para"|data-number="3"|id=|"|class'
)
_pages: Callable[[str], Strategy] = lambda _: markup(HTML, ATTRIBUTES) | nested("<div>", "</div>")  # noqa: E731
_model: Callable[[str], Strategy] = lambda _: packed(  # noqa: E731
    st.binary(max_size=20) | packed(st.binary(max_size=6))
).flatmap(lambda tail: st.sampled_from([tail, seeds.sentencepieces()[0] + tail]))

MAKERS: dict[str, Callable[[str], Strategy]] = {
    "po": _po,
    "mo": _messages,
    "catalogs": _messages,
    "jsonl": lambda _: lines_of(
        st.dictionaries(st.sampled_from(["en", "ru", "id", "doc", "x"]), SCALARS).map(json.dumps),
        JSON.map(json.dumps), st.just("[" * 3000), st.just("{"),
    ),
    "csv": lambda _: table(seeds.CSV),
    "tsv": lambda _: table(seeds.TSV).map(lambda rows: rows.replace(b",", b"\t")),
    "tmx": lambda _: markup("tmx body tu tuv seg bpt header", 'xml:lang="en"|lang="ru"|tuid="1"|')
    .map(lambda page: b"<tmx>" + page + b"</tmx>") | nested("<seg>", "</seg>"),
    "lines": lambda _: lines_of(TEXT, ODD),
    "archive-wheel": _archive,
    "archive-deb": _archive,
    "archive-npm": _archive,
    "help-pages": _pages,
    "articles": _pages,
    "book-pages": _pages,
    "verses": json_maker(seeds.VERSES),
    "scenarios": lambda _: lines_of(
        st.sampled_from(['_ "', '#textdomain a', '_ "a""b"', '"' * 99, "_" * 99]), TEXT
    ),
    "data-card": lambda _: toml(seeds.CARD),
    "tokenizer-json": _model_json,
    "tokenizer-json-ranked": _model_json,
    "sentencepiece": _model,
    "sentencepiece-converted": _model,
    "tiktoken": _ranks,
    "tekken": lambda _: replaced(json.loads(seeds.tekkens()[0])) | JSON.map(dumped) | nested("[", "]"),
    "wordpiece": lambda _: lines_of(TEXT, ODD, st.just("[UNK]"), st.just("##a")),
    "trie": _trie,
    "vocabulary-kind": lambda _: _model_json(_) | _ranks(_) | _trie(_) | _model(_),
    "family": json_maker(seeds.FAMILY),
    "profile": lambda _: toml(seeds.PROFILE),
    "shape": lambda _: toml(seeds.SHAPE),
    "csv-tokenization": lambda _: table(seeds.tables()["tokenization"]),
    "csv-convergence": lambda _: table(seeds.tables()["convergence"]),
    "csv-curves": lambda _: table(seeds.tables()["curves"]),
    "csv-timings": lambda _: table(seeds.tables()["timings"]),
    "manifest": json_maker(seeds.MANIFEST),
    "record": lambda _: replaced(json.loads(seeds.record())) | JSON.map(dumped) | nested("[", "]"),
    "statistics": _zip_statistics,
    "signature": lambda _: TEXT.map(lambda one: one.encode("utf-8", "replace")),
    "model-config": json_maker(seeds.CONFIG),
}  # fmt: skip

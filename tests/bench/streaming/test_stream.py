"""Reading once, in batches, must give what reading everything gives."""

import itertools
import json
import math

import pytest

from bench.cli import invoke
from bench.cli.stream import stream as command
from bench.errors import InputError
from bench.metrics.rows import Setting, metric_rows
from bench.results import read_table
from bench.streaming import position, source
from bench.streaming.run import Settings, added, rows, stream
from bench.streaming.sums import FamilySums
from bench.tokenization import text_statistics, tokenize
from bench.vocabularies.sources import families

LANGUAGES = ("en", "zh")
UNITS = [
    {"en": f"line {n} of a text" + " and more" * (n % 7), "zh": "第" + "很" * (n % 5) + f"{n}行"}
    for n in range(300)
]
DOCUMENTS = [f"d{n // 6:02}" for n in range(300)]  # their order is that of their names


@pytest.fixture
def text(tmp_path):
    """Three files of 100 units, whose ends are ends of documents but for the last two lines."""
    lines = [{**one, "document": name} for one, name in zip(UNITS, DOCUMENTS, strict=True)]
    cuts = (0, 96, 204, 300)
    files = []
    for start, stop in itertools.pairwise(cuts):
        path = tmp_path / f"part-{start}.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in lines[start:stop]))
        files.append(str(path))
    return source.Text({one: one for one in LANGUAGES}, "document", tuple(files))


@pytest.fixture
def vocabularies():
    return families(["bytes", "characters"], LANGUAGES)


def settings(**given):
    return Settings(**{"batch_units": 37, **given})


def silent(line):
    pass


def by_key(found):
    return {(r["vocabulary_family"], r["language"], r["metric"], r["variant"]): r for r in found}


def test_the_same_rows_as_a_corpus_in_memory(text, vocabularies, tmp_path):
    sums = stream(text, vocabularies, tmp_path / "out", settings(), silent)
    streamed = by_key(rows(sums, "toy", "0" * 64, "en"))
    texts = {one: [unit[one] for unit in UNITS] for one in LANGUAGES}
    statistics = {family.name: tokenize(texts, family) for family in vocabularies}
    setting = Setting("toy", "0" * 64, "all", "en")
    whole = by_key(metric_rows(setting, statistics, text_statistics(texts), DOCUMENTS))
    absent = {key[2] for key in whole.keys() - streamed.keys()}
    assert absent == {"token_premium_mean", "token_premium_median", "tokens_per_unit"}  # quantiles
    assert streamed.keys() <= whole.keys()
    for key, row in streamed.items():
        for name, value in row.items():
            expected = whole[key][name]
            close = isinstance(value, float) and math.isclose(value, expected, rel_tol=1e-12)
            assert close or value == expected, (key, name)


def test_interrupted_it_goes_on_where_it_was(text, vocabularies, tmp_path, monkeypatch):
    whole = stream(text, vocabularies, tmp_path / "whole", settings(), silent)
    real, calls = source.batches, []

    def interrupted(*args):
        for batch in real(*args):
            yield batch
            calls.append(batch)
            if len(calls) == 4:
                raise KeyboardInterrupt

    monkeypatch.setattr(source, "batches", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stream(text, vocabularies, tmp_path / "out", settings(), silent)
    said = []
    again = stream(text, vocabularies, tmp_path / "out", settings(), said.append)
    assert "goes on after" in said[0] and 0 < int(said[0].split()[3].replace(",", "")) < 300
    assert rows(again, "toy", "0" * 64, "en") == rows(whole, "toy", "0" * 64, "en")


@pytest.mark.parametrize("groups", [100, 7])
def test_parts_add_up_to_the_whole(text, vocabularies, tmp_path, groups):
    whole = stream(text, vocabularies, tmp_path / "whole", settings(groups=groups), silent)
    folders = [tmp_path / f"part{part}" for part in (1, 2, 3)]
    for part, folder in enumerate(folders, 1):
        chosen = settings(shard=(part, 3), groups=groups)
        assert stream(text, vocabularies, folder, chosen, silent).units < 300
    total, identity = added([folders[2], *folders[:2]])
    assert identity == position.load(tmp_path / "whole")[2]
    assert (total.sizes == whole.sizes).all() and total.documents.number == 50
    assert total.documents.squares == whole.documents.squares
    assert rows(total, "toy", "0" * 64, "en") == rows(whole, "toy", "0" * 64, "en")


def test_interrupted_inside_a_batch_it_keeps_the_last_whole_one(
    text, vocabularies, tmp_path, monkeypatch
):
    """What a batch would add is nowhere before it has been added: not in the documents either."""
    whole = stream(text, vocabularies, tmp_path / "whole", settings(), silent)
    real, calls = FamilySums.of, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(*args)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(FamilySums, "of", interrupted)
        stream(text, vocabularies, tmp_path / "out", settings(), silent)
    kept, _, _ = position.load(tmp_path / "out")
    assert (kept.units, kept.documents.number, kept.documents.size) == (74, 13, 2)
    again = stream(text, vocabularies, tmp_path / "out", settings(), silent)
    assert again.documents == whole.documents
    assert rows(again, "toy", "0" * 64, "en") == rows(whole, "toy", "0" * 64, "en")


@pytest.mark.parametrize("limit", [1, 36, 37, 100, 299])
def test_a_limit_is_met_exactly_and_once(text, vocabularies, tmp_path, limit):
    for _ in range(2):
        limited = stream(text, vocabularies, tmp_path / "out", settings(limit=limit), silent)
        assert (limited.units, limited.finished) == (limit, False)
    whole = stream(text, vocabularies, tmp_path / "whole", settings(), silent)
    assert whole.finished
    on = stream(text, vocabularies, tmp_path / "out", settings(), silent)
    assert on.finished and rows(on, "toy", "0" * 64, "en") == rows(whole, "toy", "0" * 64, "en")
    again = stream(text, vocabularies, tmp_path / "out", settings(limit=limit), silent)
    assert (again.units, again.finished) == (300, True)


def test_a_limit_counts_units_that_are_not_dropped(tmp_path, vocabularies):
    path = tmp_path / "holes.jsonl"
    lines = [{"en": "a", "zh": None if n % 10 else "一"} for n in range(500)]
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    text = source.Text({one: one for one in LANGUAGES}, source.EACH, (str(path),))
    sums = stream(text, vocabularies, tmp_path / "out", settings(limit=20), silent)
    assert sums.units == 20 and 171 <= sums.dropped <= 180


PARTS = {"1/2": {"shard": (1, 2)}, "2/2": {"shard": (2, 2)}, "2/3": {"shard": (2, 3)},
         "cut": {"shard": (2, 2), "limit": 9}}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("1/2", "1/2"), "added already"),
        (("1/2", "2/3"), "of another division"),
        (("1/2",), "of 2 parts 2 are missing"),
        (("2/3",), "of 3 parts 1, 3 are missing"),
        (("1/2", "cut"), "cut was not read to its end: run part 2/2 again"),
    ],
)
def test_what_is_not_all_parts_of_one_text_is_not_added(
    text, vocabularies, tmp_path, given, said
):  # fmt: skip
    folders = [tmp_path / name.replace("/", "of") for name in given]
    for name, folder in zip(given, folders, strict=True):
        stream(text, vocabularies, folder, settings(**PARTS[name]), silent)
    with pytest.raises(InputError, match=said):
        added(folders)


def test_a_position_of_before_it_said_so_is_read_on_from_to_its_end(
    text, vocabularies, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    real = position.write_npz

    def older(path, arrays, about):
        real(path, arrays, {key: value for key, value in about.items() if key != "finished"})

    with monkeypatch.context() as patched:
        patched.setattr(position, "write_npz", older)
        whole = stream(text, vocabularies, out, settings(), silent)
    with pytest.raises(InputError, match="not read to its end"):
        added([out])
    assert stream(text, vocabularies, out, settings(), silent).units == whole.units
    assert added([out])[0].finished


def test_a_part_and_a_limited_reading_are_other_texts(text, tmp_path):
    def digest(name, **changes):
        given = {"vocabulary": ["bytes"], "files": list(text.files), "column": ["en=en", "zh=zh"],
                 "document": "document", "split": "train", "shard": "1/1", "groups": 100,
                 "reference": "en", "hub": None, "config": None, "limit": None, "add": None,
                 "dry": False, "large": False}  # fmt: skip
        command(tmp_path / name, **{**given, **changes})
        return read_table(tmp_path / name, "tokenization")[0]["signature"].split("|")[0]

    whole = digest("whole")
    parts = {name: digest(name, shard=f"{name}/2") for name in ("1", "2")}
    assert len({whole, *parts.values(), digest("ten", limit=10), digest("nine", limit=9)}) == 5
    none = dict.fromkeys(("files", "column", "vocabulary"))
    assert digest("sum", add=[tmp_path / name for name in parts], **none) == whole
    assert digest("all", limit=301) == whole
    assert whole == "corp:16bbb754"  # as of a text that was streamed before


def test_no_interval_is_of_no_groups(vocabularies, tmp_path):
    """Fewer than ten effective documents: one is nearly the whole text."""
    path = tmp_path / "one.jsonl"
    lines = [{**UNITS[n], "document": n if n < 150 else "last"} for n in range(300)]
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    text = source.Text({one: one for one in LANGUAGES}, "document", (str(path),))
    sums = stream(text, vocabularies, tmp_path / "out", settings(groups=100), silent)
    assert sums.documents.number > sums.groups
    assert {row["ci_method"] for row in rows(sums, "toy", "0" * 64, "en")} == {"none"}


def test_more_documents_than_groups_are_said_in_the_method(text, vocabularies, tmp_path):
    sums = stream(text, vocabularies, tmp_path / "out", settings(groups=30), silent)
    premium = by_key(rows(sums, "toy", "0" * 64, "en"))["bytes", "zh", "token_premium", None]
    assert premium["ci_method"].endswith(".g30") and premium["n_documents"] == 50
    assert premium["ci_low"] < premium["value"] < premium["ci_high"]


def test_a_folder_of_another_run_is_refused(text, vocabularies, tmp_path):
    stream(text, vocabularies[:1], tmp_path / "out", settings(), silent)
    with pytest.raises(InputError, match="other text, vocabularies or settings"):
        stream(text, vocabularies, tmp_path / "out", settings(), silent)


def test_units_without_text_are_dropped_in_every_language(tmp_path, vocabularies):
    path = tmp_path / "holes.jsonl"
    lines = [{"translation": {"en": "a", "zh": None if n % 2 else "一"}} for n in range(10)]
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    columns = {one: f"translation.{one}" for one in LANGUAGES}
    sums = stream(source.Text(columns, source.EACH, (str(path),)), vocabularies,
                  tmp_path / "out", settings(), silent)  # fmt: skip
    assert (sums.units, sums.dropped, sums.documents.number) == (5, 5, 5)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"en": "a", "zh": "\xe4\xb8\x80"}\n{"en": "b",'),
        ("a.csv", b"en,zh\n\xff\xfe,b\n"),
        ("a.parquet", b"PAR1 cut short"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path, vocabularies, name, content):
    (tmp_path / name).write_bytes(content)
    read = source.Text({"en": "en", "zh": "zh"}, source.EACH, (str(tmp_path / name),))
    with pytest.raises(InputError, match=rf"{name}.* cannot be (read on|opened): ") as error:
        stream(read, vocabularies, tmp_path / "out", settings(), silent)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files": ["/nowhere.jsonl"]}, "cannot be read"),
        ({"files": ["a.txt"]}, "cannot be read"),
        ({"column": ["en"]}, "--column LANG=COLUMN"),
        ({"files": None}, "say what to read"),
        ({"vocabulary": None}, "nothing to measure"),
        ({"shard": "4/3"}, "give I/N"),
        ({"shard": "1/9"}, "has 3 files"),
        ({"column": ["en=en", "zh=chinese"]}, "no column 'chinese'"),
        ({"reference": "ru"}, "--reference ru"),
    ],
)
def test_bad_input_is_one_line(text, tmp_path, changes, said):
    given = {"vocabulary": ["bytes"], "files": list(text.files), "column": ["en=en", "zh=zh"],
             "document": "document", "split": "train", "shard": "1/1", "groups": 100,
             "reference": "en", "hub": None, "config": None, "limit": None, "add": None,
             "dry": False, "large": False}  # fmt: skip
    with pytest.raises(InputError, match=said) as error:
        command(tmp_path / "out", **{**given, **changes})
    assert "\n" not in str(error.value)
    assert not list((tmp_path / "out").glob("*"))  # nothing that the corrected command meets


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--column", "en=zh"], "names a language twice"),
        (["--files", "FILE"], "is given twice"),
        (["--add", "FOLDER"], "name no text and no vocabulary"),
    ],
    ids=["language", "file", "text beside parts"],
)
def test_what_would_count_twice_is_refused(text, tmp_path, capsys, given, said):
    given = [one.replace("FILE", text.files[0]).replace("FOLDER", str(tmp_path)) for one in given]
    command = ["stream", "--out", str(tmp_path / "out"), "--files", text.files[0], *given,
               "--column", "en=en", "--column", "zh=zh", "--vocabulary", "bytes"]  # fmt: skip
    assert invoke(command) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()

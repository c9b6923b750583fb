"""Parquet and CSV are read as lines of JSON are: the same units, whatever the texts look like."""

import csv
import gzip
import json

import pytest

from bench.errors import InputError
from bench.streaming import source
from bench.streaming.run import Settings, added, rows, stream
from bench.vocabularies.sources import families

pytest.importorskip("datasets", reason="streaming reads through `datasets`, which is not installed")
parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

LANGUAGES = ("en", "zh")
KINDS = ("jsonl", "jsonl.gz", "parquet", "csv", "csv.gz")
UNITS = [
    {"en": f'unit {n}, "quoted"\nand on two lines', "zh": "第" + "很" * (n % 5) + f"{n}单元",
     "document": f"{n // 6}"} for n in range(120)
]  # fmt: skip
UNITS[7]["en"], UNITS[8]["en"], UNITS[9]["en"] = "NA", "null", "12"  # texts, not holes or numbers


def write(path, units):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wb" if ".parquet" in path.name else "wt", newline=None) as out:
        if ".parquet" in path.name:
            import pyarrow

            parquet.write_table(pyarrow.Table.from_pylist(units), out, row_group_size=17)
        elif ".csv" in path.name:
            lines = csv.DictWriter(out, list(units[0]))
            lines.writeheader()
            lines.writerows(units)
        else:
            out.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in units)
    return str(path)


def text_of(folder, kind, units=UNITS):
    """Two files; the cut is where a document ends."""
    folder.mkdir()
    halves = {"one": units[:66], "two": units[66:]}
    files = tuple(write(folder / f"{name}.{kind}", half) for name, half in halves.items())
    return source.Text({one: one for one in LANGUAGES}, "document", files)


@pytest.fixture
def vocabularies():
    return families(["bytes", "characters"], LANGUAGES)


def found(sums):
    return rows(sums, "toy", "0" * 64, "en")


def silent(line):
    pass


@pytest.mark.parametrize("kind", KINDS[1:])
def test_every_kind_of_file_gives_the_rows_of_lines_of_json(tmp_path, vocabularies, kind):
    plain, other = (
        stream(text_of(tmp_path / one, one), vocabularies, tmp_path / f"out-{one}",
               Settings(batch_units=37), silent)
        for one in ("jsonl", kind)
    )  # fmt: skip
    assert (other.units, other.dropped, other.documents.number) == (120, 0, 20)
    assert (other.sizes == plain.sizes).all()
    assert found(other) == found(plain)


@pytest.mark.parametrize("kind", KINDS)
def test_interrupted_in_a_file_it_goes_on_there(tmp_path, vocabularies, kind, monkeypatch):
    text = text_of(tmp_path / kind, kind)
    settings = Settings(batch_units=25)
    whole = stream(text, vocabularies, tmp_path / "whole", settings, silent)
    real = source.batches

    def interrupted(*args):
        for number, batch in enumerate(real(*args)):
            if number == 3:
                raise KeyboardInterrupt
            yield batch

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(source, "batches", interrupted)
        stream(text, vocabularies, tmp_path / "out", settings, silent)
    said = []
    again = stream(text, vocabularies, tmp_path / "out", settings, said.append)
    assert said[0] == "goes on after 75 units"
    assert again.units == 120 and found(again) == found(whole)


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_inside_a_batch_it_goes_on_there(tmp_path, vocabularies, kind):
    units = [{**one, "zh": "" if n % 3 else one["zh"]} for n, one in enumerate(UNITS)]
    text, out = text_of(tmp_path / kind, kind, units), tmp_path / "out"
    whole = stream(text, vocabularies, tmp_path / "whole", Settings(batch_units=25), silent)
    every = [Settings(batch_units=25, limit=limit) for limit in (5, 5, 7, 30, None)]
    seen = [stream(text, vocabularies, out, one, silent) for one in every]
    read = [(one.units, one.dropped) for one in seen]
    assert read == [(5, 8), (5, 8), (7, 12), (30, 58), (40, 80)]
    assert found(seen[-1]) == found(whole)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_parts_add_up(tmp_path, vocabularies, kind):
    text = text_of(tmp_path / kind, kind)
    whole = stream(text, vocabularies, tmp_path / "whole", Settings(), silent)
    folders = [tmp_path / f"part{part}" for part in (1, 2)]
    for part, folder in enumerate(folders, 1):
        stream(text, vocabularies, folder, Settings(shard=(part, 2)), silent)
    assert found(added(folders)[0]) == found(whole)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_holes_are_dropped_in_every_language(tmp_path, vocabularies, kind):
    units = [{**one, "zh": None if n % 2 else one["zh"]} for n, one in enumerate(UNITS)]
    sums = stream(text_of(tmp_path / kind, kind, units), vocabularies, tmp_path / "out",
                  Settings(), silent)  # fmt: skip
    assert (sums.units, sums.dropped, sums.documents.number) == (60, 60, 20)


def test_a_column_inside_another_of_a_parquet_file(tmp_path, vocabularies):
    units = [{"translation": {one: unit[one] for one in LANGUAGES}} for unit in UNITS]
    path = write(tmp_path / "nested.parquet", units)
    columns = {one: f"translation.{one}" for one in LANGUAGES}
    sums = stream(source.Text(columns, source.EACH, (path,)), vocabularies, tmp_path / "out",
                  Settings(), silent)  # fmt: skip
    assert (sums.units, sums.dropped, sums.documents.number) == (120, 0, 120)


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "csv"])
def test_units_without_a_document_are_documents_of_their_own(tmp_path, vocabularies, kind):
    units = [{**one, "document": None if 0 < n < 66 else "one"} for n, one in enumerate(UNITS)]
    sums = stream(text_of(tmp_path / kind, kind, units), vocabularies, tmp_path / "out",
                  Settings(), silent)  # fmt: skip
    named = 2  # the first unit, and the rest together
    assert (sums.units, sums.documents.number) == (120, 65 + named)


def test_a_column_of_a_csv_file_whose_name_has_a_dot(tmp_path, vocabularies):
    units = [{f"text.{one}": unit[one] for one in LANGUAGES} for unit in UNITS]
    path = write(tmp_path / "dotted.csv", units)
    columns = {one: f"text.{one}" for one in LANGUAGES}
    sums = stream(source.Text(columns, source.EACH, (path,)), vocabularies, tmp_path / "out",
                  Settings(), silent)  # fmt: skip
    assert (sums.units, sums.dropped) == (120, 0)


def test_rows_with_a_field_too_many_move_no_column_and_are_refused(tmp_path):
    """pandas takes the first field for an index where every row has one more than the header."""
    path = tmp_path / "wide.csv"
    path.write_text("en,ru\nHello,Привет,note\nYes,Да,\n", encoding="utf-8")
    text = source.Text({"en": "en", "ru": "ru"}, source.EACH, (str(path),))
    with pytest.raises(InputError, match="Length of header or names does not match"):
        list(source.batches(source.opened(text, (1, 1)), text, 10))


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_a_file_that_is_broken_off_is_one_line(tmp_path, vocabularies, kind):
    text = text_of(tmp_path / kind, kind)
    broken = tmp_path / kind / f"two.{kind}"
    broken.write_bytes(broken.read_bytes()[:-9] + b'",,,,"x')
    with pytest.raises(InputError, match=r"cannot be (read|opened)") as error:
        stream(text, vocabularies, tmp_path / "out", Settings(batch_units=25), silent)
    assert "\n" not in str(error.value)

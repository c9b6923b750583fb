"""Stores computed apart: a cell gets in whole and verified, or not at all."""

import hashlib
import json
import os
import shutil
from types import SimpleNamespace

import pytest

from bench.cell import Cell
from bench.cli import invoke
from bench.errors import InputError
from bench.executors import compute
from bench.merge import export, merge, refusal
from bench.store import Store


def probe(number, *inputs):
    return Cell("probe", {"number": number}, inputs, f"probe {number}")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def other(tmp_path):
    """A store of five cells that was computed elsewhere."""
    found = Store(tmp_path / "other")
    for number in range(5):
        compute(found, probe(number))
    return found


def test_takes_what_is_missing_and_keeps_what_is_here(store, other):
    compute(store, probe(0))
    found = merge([other.root], store)
    assert (found.taken, found.here, found.refused, found.differing) == (4, 1, [], [])
    assert [store.get(probe(number)).json("sum.json") for number in range(5)] == [0, 1, 2, 3, 4]
    assert merge([other.root], store).here == 5


def test_a_subset_goes_through_a_store_of_its_own(store, other, tmp_path):
    wanted = [probe(1), probe(2), probe(77)]
    assert export(wanted, ["probe"], other, tmp_path / "subset").taken == 2
    assert export(wanted, ["floor"], other, tmp_path / "none").taken == 0
    assert sorted(path.name for path in (tmp_path / "subset").iterdir()) == ["cells"]
    assert merge([tmp_path / "subset"], store).taken == 2
    assert store.has(probe(1)) and not store.has(probe(3))


def damage(folder, kind):
    record = json.loads((folder / "record.json").read_text())
    if kind == "file":
        (folder / "sum.json").write_text("4711")
    elif kind == "missing":
        (folder / "sum.json").unlink()
    elif kind == "half":
        (folder / "record.json").write_text((folder / "record.json").read_text()[:40])
    elif kind == "params":
        record["params"]["number"] = 99
    elif kind == "version":
        record["version"] += 1
    elif kind == "outside":
        record["files"]["../../../../stolen"] = "0" * 64
    elif kind == "link":
        shutil.move(folder / "sum.json", folder.parent / "elsewhere.json")
        (folder / "sum.json").symlink_to(folder.parent / "elsewhere.json")
    if kind in ("params", "version", "outside"):
        (folder / "record.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    "kind", ["file", "missing", "half", "params", "version", "outside", "link"]
)
def test_what_does_not_verify_is_refused_and_the_rest_taken(store, other, kind):
    broken = probe(3)
    assert refusal(other.folder(broken.key)) is None
    damage(other.folder(broken.key), kind)
    found = merge([other.root], store)
    assert found.taken == 4
    assert len(found.refused) == 1 and found.refused[0].startswith(broken.key[:8])
    assert not store.folder(broken.key).exists()


def test_another_version_of_the_code_is_another_cell(store, other, monkeypatch):
    from bench import cell

    before = probe(1)
    assert before.key
    monkeypatch.setattr(cell, "KINDS", {**cell.KINDS, "probe": cell.Kind("x:y", 99)})
    assert merge([other.root], store).taken == 5
    assert store.has(before) and not store.has(probe(1))


def test_never_overwrites_and_names_what_differs(store, other):
    ours = store.folder(probe(2).key)
    compute(store, probe(2))
    (ours / "sum.json").write_text("5")
    record = json.loads((ours / "record.json").read_text())
    record["files"] = {"sum.json": hashlib.sha256(b"5").hexdigest()}
    (ours / "record.json").write_text(json.dumps(record))
    assert merge([other.root], store).differing == ["probe 2"]
    assert (ours / "sum.json").read_text() == "5"


@pytest.mark.parametrize("harm", ["file", "missing", "half", "record"])
def test_a_damaged_cell_here_is_set_aside_for_one_that_is_whole(store, other, harm):
    ours = store.folder(probe(2).key)
    compute(store, probe(2))
    if harm == "record":
        (ours / "record.json").unlink()
    else:
        damage(ours, harm)
    assert merge([other.root], store).taken == 5
    assert store.get(probe(2)).json("sum.json") == 2
    assert len(list((store.root / "damaged").iterdir())) == 1


@pytest.mark.parametrize("kind", ["device", "pipe", "huge"])
def test_a_record_that_is_no_file_of_a_few_megabytes_is_refused_unread(store, other, kind):
    record = other.folder(probe(3).key) / "record.json"
    record.unlink()
    if kind == "device":
        record.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(record)
    else:
        with record.open("wb") as file:
            file.truncate(2**40)
    found = merge([other.root], store)
    assert found.taken == 4 and not store.folder(probe(3).key).exists()


def test_a_folder_that_is_no_store_is_refused_before_anything_is_taken(store, other, tmp_path):
    with pytest.raises(InputError, match="not a store"):
        merge([other.root, tmp_path], store)
    assert not store.root.exists()


def test_command_takes_the_good_ones_and_fails_for_the_others(other, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BABELTOLL_CACHE", str(tmp_path / "cache"))
    damage(other.folder(probe(3).key), "file")
    assert invoke(["merge", str(other.root)]) == 1
    said = capsys.readouterr()
    assert "4 cells taken, 0 were here already, 1 refused" in said.out
    assert said.err.startswith("error: 1 cells do not verify")
    assert invoke(["export", "--kind", "poem", "--to", str(tmp_path / "to")]) == 2


def test_export_fails_for_what_it_refuses(store, other, tmp_path, monkeypatch, capsys):
    damage(other.folder(probe(3).key), "file")
    plan = SimpleNamespace(cells=tuple(probe(number) for number in range(5)))
    monkeypatch.setattr("bench.runner.make_plan", lambda name: plan)
    monkeypatch.setattr("bench.cache.open_store", lambda: other)
    assert invoke(["export", "--kind", "probe", "--to", str(store.root)]) == 1
    said = capsys.readouterr()
    assert "4 cells taken, 0 were here already, 1 refused" in said.out
    assert said.err.startswith("error: 1 cells do not verify") and store.has(probe(4))

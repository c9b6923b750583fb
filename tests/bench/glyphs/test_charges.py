"""The price of vocabularies, from the folders of finished cells to rows and to ratios with it."""

from types import SimpleNamespace

import pytest

from bench import convergence
from bench.assemble import _charged, charges
from bench.cell import Cell
from bench.convergence import Charge, charge_rows
from bench.results import read_table, write_table
from bench.store import Finished
from bench.vocabularies import parse, train
from bench.vocabularies.charges import charges as of_family

PLAIN, GLYPHS = "bpe-300-per-language", "glyphs-16+bpe-284-per-language"


def test_rows_hold_what_the_folders_of_vocabulary_cells_cost(story, tmp_path, monkeypatch):
    """Spread over the units of the train split, read from the cell's own corpus."""
    lines = story.split("\n")
    corpus = SimpleNamespace(name="tales", content_hash="ab" * 32)
    corpus.select = {"train": lines}.__getitem__
    monkeypatch.setattr("bench.measured.open_corpus", lambda finished: corpus)
    source, finished = Cell("corpus", {"name": "tales"}), []
    for family in (PLAIN, GLYPHS):
        train(parse(family), {"en": lines}, tmp_path / family)
        cell = Cell("vocabulary", {"family": family, "split": "train"}, (source,))
        finished.append((cell, Finished(tmp_path / family, {})))
    finished.append((cell, Finished(tmp_path / "none", {"empty": "the text supports fewer"})))
    store = SimpleNamespace(get=lambda cell: Finished(tmp_path, {}))

    found = charges(finished, store)
    expected = {
        family: of_family(tmp_path / family, len(lines))["en"] for family in (PLAIN, GLYPHS)
    }
    assert {one.family: one.bits for one in found} == expected
    write_table(tmp_path, "convergence", charge_rows(found))
    rows = read_table(tmp_path, "convergence")
    assert [row["measure"] for row in rows] == ["table_bits"] * 2
    assert {row["arm"] for row in rows} == {f"table/tales/{PLAIN}", f"table/tales/{GLYPHS}"}
    assert all("corp:tales@abababab|split:train" in row["signature"] for row in rows)


def test_charges_count_where_a_profile_compares_vocabularies_on_their_own_corpus():
    prices = [Charge(name, "c", "v", "en", bits, 9) for name, bits in (("tales", 2.0), ("b", 3.0))]

    def asked(*arms):
        training = SimpleNamespace(corpus="tales", arms=arms)
        return _charged(SimpleNamespace(profile=SimpleNamespace(training=training)), prices)

    other = SimpleNamespace(vocabularies=("v",))
    assert asked(other) == {("v", "en"): 2.0}
    assert asked() is asked(SimpleNamespace(vocabularies=())) is None
    assert _charged(SimpleNamespace(profile=SimpleNamespace(training=None)), prices) is None


@pytest.mark.parametrize("price", [10.0, 5.0, 20.0])
def test_a_dearer_table_raises_the_ratio_of_an_arm(price):
    """Two arms of 90 bits a unit; plain BPE costs 10 more, glyphs as said."""
    common = {"model": "small", "corpus": "c", "language": "en", "stage": "main", "seed": 0}
    floor = common | {"run_id": "floor", "model": "floor-order0", "arm": "floor",
                      "vocabulary_family": PLAIN, "split": "validation", "bits_per_unit": 300.0,
                      "signature": "corp:c@1"}  # fmt: skip
    training, curves = [floor], []
    for arm, family in (("primary", PLAIN), ("glyphs", GLYPHS)):
        training.append(common | {"run_id": arm, "arm": arm, "vocabulary_family": family,
                                  "split": "test", "bits_per_unit": 90.0, "status": "ok",
                                  "signature": "corp:c@1|split:test"})  # fmt: skip
        curves += [{"run_id": arm, "step": step, "annealed": True, "units_seen": units,
                    "tokens_seen": units, "flops_useful": units, "bits_per_unit": bits}
                   for step, (units, bits) in enumerate([(100, 200.0), (1000, 90.0)])]  # fmt: skip
    prices = {(PLAIN, "en"): 10.0, (GLYPHS, "en"): price}
    rows = convergence.rows(training, curves, charges=prices)
    mine = [row for row in rows if row["arm"].startswith("glyphs/")]
    at_equal_units = [r for r in mine if (r["measure"], r["axis"]) == ("bits_ratio", "units")]
    values = {row["target"]: row["value"] for row in at_equal_units}
    assert values == {"none": pytest.approx(1), "table": pytest.approx((90 + price) / (90 + 10))}
    assert any(row["target"] == "r=0.8+table" for row in mine)

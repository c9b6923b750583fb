"""The figure and the table of glyph vocabularies say what the result files say."""

import pytest

from bench.report import glyphs
from bench.report.charts import glyphs as picture
from bench.report.data import Results
from bench.report.scope import Scope
from bench.report.sections import glyphs as section

SHARES = {
    "bpe-600-per-language": (20.0, 7.0, 100.0),
    "bpe-600-per-language-none": (18.0, 7.5, 99.0),
    "glyphs-100+bpe-500-per-language": (18.5, 8.0, 98.0),
    "glyphs-300+bpe-300-per-language": (17.5, 9.0, 97.0),
    "glyphs-10+bpe-300-per-language": (30.0, 1.0, 120.0),  # another total
    "glyphs-300+bpe-300-per-language-none": (17.0, 9.5, 96.0),  # glyphs under superwords
    "o200k_base": (15.0, 0.0, 90.0),
}
HELD = {"bits_ci_low": None, "bits_ci_high": None, "n_units": 9, "n_documents": 3, "k_eff": 2.5}


def results(**changed):
    tables = {"tokenization": [], "convergence": [], "training": []}
    for family, (tokens, price, bits) in SHARES.items():
        for shift, language in enumerate(("en", "ru")):
            about = {"corpus": "tales", "vocabulary_family": family, "language": language,
                     "ci_low": None, "ci_high": None, "ci_method": "none",
                     "signature": "corp:tales@1", **HELD}  # fmt: skip
            tables["tokenization"].append(about | {
                "metric": "tokens_per_unit", "variant": "default", "mode": "unit",
                "value": tokens + shift, "comparable": True})  # fmt: skip
            tables["convergence"].append(about | {"measure": "table_bits", "value": price + shift})
            for model, more in (("floor-kn5", 0), ("transformer-2m", -1)):
                tables["training"].append(about | {
                    "model": model, "split": "test", "status": None, "seed": 0,
                    "bits_per_unit": bits + shift + more})  # fmt: skip
    found = {name: tuple(rows) for name, rows in (tables | changed).items()}
    return Results("tiny", found, {})


SCOPE = Scope(("ru", "en"), "en", ("tales",), tuple(SHARES), ())
ORDER = ["bpe-600-per-language-none", "bpe-600-per-language", *list(SHARES)[2:4]]


def test_families_of_one_total_superwords_first_then_by_glyphs():
    found = glyphs.points(results(), SCOPE)
    assert [one.family.name for one in found][::2] == ORDER
    assert [one.language for one in found] == ["ru", "en"] * 4
    assert {one.family.total for one in found} == {600}


def test_bits_hold_the_price_of_the_vocabulary():
    found = {(one.family.name, one.language): one.bits for one in glyphs.points(results(), SCOPE)}
    assert found["bpe-600-per-language", "en"] == 107 and found[ORDER[-1], "ru"] == 108


def test_the_figure_draws_these_numbers():
    chart = picture.chart(results(), SCOPE)
    figure = chart.draw()
    tokens, bits = figure.axes
    assert [tick.get_text() for tick in bits.get_xticklabels()] == ["superwords", "0", "100", "300"]
    drawn = [list(map(float, line.get_ydata())) for line in tokens.lines]
    assert drawn == [[19.0], [21.0, 19.5, 18.5], [18.0], [20.0, 18.5, 17.5]]
    assert [107.0, 106.0, 106.0] in [list(map(float, line.get_ydata())) for line in bits.lines]
    assert len(chart.rows) == 8


def test_the_table_has_a_row_a_vocabulary_and_language():
    blocks = section.section(results(), SCOPE).blocks
    table = blocks[-1]
    assert len(table.rows) == 8
    first = [getattr(cell, "value", str(cell)) for cell in table.rows[0]]
    assert first == ["`bpe-600-per-language-none`", "Russian", 19.0, 8.5, 100.0, 99.0]


def test_beside_glyphs_stands_the_mean_of_runs_that_are_as_long():
    """Not the best of any arm: a longer run of plain BPE is better for another reason."""
    plain, glyphs_family = "bpe-600-per-language", "glyphs-300+bpe-300-per-language"
    runs = [(plain, "primary", 10.0, 80.0), (plain, "primary", 1.0, 90.0),
            (plain, "primary", 1.0, 94.0), (plain, "primary-best", 1.0, 70.0),
            (glyphs_family, "glyphs", 1.0, 96.0)]  # fmt: skip
    rows = [{"corpus": "tales", "vocabulary_family": family, "language": "en", "split": "test",
             "model": "transformer-2m", "arm": arm, "epochs": epochs, "bits_per_unit": held,
             "status": "ok", "signature": f"seed:{place}", **HELD}
            for place, (family, arm, epochs, held) in enumerate(runs)]  # fmt: skip
    blocks = section.section(results(training=rows), SCOPE).blocks
    shown = {(str(row[0]), str(row[1])): getattr(row[-1], "value", None)
             for row in blocks[-1].rows}  # fmt: skip
    assert shown[f"`{plain}`", "English"] == 92.0
    assert shown[f"`{glyphs_family}`", "English"] == 96.0


@pytest.mark.parametrize("absent", ["training", "convergence"])
def test_what_was_not_measured_is_left_out(absent):
    held = results(**{absent: []})
    assert len(picture.chart(held, SCOPE).draw().axes) == 1
    assert section.section(held, SCOPE).blocks[-1].rows


def test_nothing_is_said_where_no_glyphs_were_measured():
    scope = Scope(("en",), "en", ("tales",), ("bpe-600-per-language", "o200k_base"), ())
    assert section.section(results(), scope) is None
    assert picture.chart(results(tokenization=[]), SCOPE) is None

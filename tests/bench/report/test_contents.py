"""The report as a whole: what is marked, missing, skipped or unsafe."""

import csv
import io
import json
from itertools import pairwise

import pytest
from synthetic import claims, section, tokenization, training
from synthetic import memory as synthetic_memory

from bench.report import build, latex, markdown
from bench.report.charts import style
from bench.report.contents import document
from bench.report.data import load
from bench.report.document import Table
from bench.report.number import Number
from bench.report.scope import scope
from bench.report.sections import memory
from bench.report.text import code, say, verbatim
from bench.results import write_json


def test_languages_that_the_profile_does_not_compare_are_no_columns(results):
    """A corpus may have a fourth language, and an arm may derive writings of its own."""
    rows = training()
    rows += [{**rows[-1], "language": "en-2byte", "arm": "writings", "run_id": "writings"}]
    counted = tokenization()
    counted += [{**counted[-1], "corpus": "udhr", "language": "zh_hant"}]
    held = load(results(training=rows, tokenization=counted))
    assert scope(held).languages == ("zh", "ru", "en")
    assert {row["language"] for row in held.runs()} >= {"en-2byte"}


def test_peaks_of_two_vocabularies_are_lines_of_their_own(results):
    other = [row | {"vocabulary": "bpe-8192-per-language", "bytes_mean": 2 * row["bytes_mean"]}
             for row in synthetic_memory()]  # fmt: skip
    held = load(results(memory=[*synthetic_memory(), *other]))
    tables = {one.name: one for one in memory.section(held, scope(held)).blocks
              if isinstance(one, Table)}  # fmt: skip
    peaks = {tuple(map(str, row[:3])): [cell.number.value for cell in row[3:]]
             for row in tables["memory"].rows}  # fmt: skip
    assert len(peaks) == 4 and len({family for family, *_ in peaks}) == 2
    first, second = [peaks[one] for one in peaks if "padded" in one[2]]
    assert second == [2 * peak for peak in first]
    parts = {str(row[3]) for row in tables["memory_parts"].rows}
    assert "activations" in parts and "temporaries" not in parts  # nobody holds any at the peak


def test_a_vocabulary_with_unknown_tokens_is_shown_and_gated(text):
    row = next(line for line in text.splitlines() if line.startswith("| ⚠ `t5-v1.1` | 29.0"))
    assert "no: up to 31.0% unknown tokens; 2.0% of units come back" in row


def test_a_gated_vocabulary_never_leads():
    rows = [row for row in tokenization() if row["vocabulary_family"] == "t5-v1.1"]
    results = load_from(rows)
    assert all(one.family == "t5-v1.1" for one in scope(results).scenarios)  # nothing else there
    everything = load_from(tokenization())
    assert "t5-v1.1" not in {one.family for one in scope(everything).scenarios}


def test_too_few_documents_have_no_interval_and_the_report_says_why(text):
    assert "worth 3.1 equal ones. Fewer than 10 support no interval" in text


def test_what_was_skipped_stands_with_its_reason_and_cannot_act(text):
    skipped = section(text, "What ran, and what did not")
    assert "`udhr` | skipped | no `apt-get` on this machine &lt;script>" in skipped
    assert "the text supports only 3,911 pieces" in skipped
    assert "<script" not in text


def test_translationese_is_among_the_caveats(text):
    assert "given an English source" in section(text, "Keep in mind")


def test_figures_come_with_their_rows_as_csv(built):
    for picture in (built / "figures").glob("*.png"):
        rows = list(csv.DictReader(io.StringIO(picture.with_suffix(".csv").read_text())))
        assert (rows and "signature" in rows[0]) or "run_id" in rows[0]
        assert picture.with_suffix(".pdf").is_file() and picture.with_suffix(".svg").is_file()


def test_the_wide_table_has_a_row_a_language_and_leaves_gaps_empty(built):
    lines = list(csv.DictReader((built / "tables" / "wide.csv").open(encoding="utf-8")))
    found = next(line for line in lines if line["vocabulary_family"] == "o200k_base"
                 and line["language"] == "zh" and line["split"] == "all"
                 and line["corpus"] == "libreoffice-help")  # fmt: skip
    assert float(found["token_premium"]) == pytest.approx(31.2 / 24.8)
    assert float(found["token_premium_low"]) < float(found["token_premium"])
    assert found["token_premium_median"] == "" and "–" not in "".join(found.values())


@pytest.mark.parametrize("absent", ["costs", "memory", "training", "curves", "convergence",
                                    "claims", "tokenization"])  # fmt: skip
def test_an_unfinished_run_gives_the_rest_and_names_what_is_missing(results, absent, undrawn):
    folder = results(**{absent: None})
    build(folder)
    text = (folder / "REPORT.md").read_text(encoding="utf-8")
    assert f"Not in this folder, so not in this report: `{absent}.csv`." in text


def test_empty_tables_give_a_report_too(results, undrawn):
    build(results(tokenization=[], costs=[], memory=[], training=[], curves=[], convergence=[],
                  claims=[]))  # fmt: skip


def test_names_from_data_cannot_break_the_page(results, undrawn):
    evil = '<img src=x onerror="alert(1)">|`*_{x}$\\'
    folder = results(
        claims=[{**row, "reason": evil, "statistic": evil} for row in claims()],
        training=[{**row, "model": evil if row["seed"] == 0 else row["model"],
                   "run_id": f"{evil}{place}"} for place, row in enumerate(training())],
    )  # fmt: skip
    build(folder)
    for name in ("REPORT.md", "report.html"):
        assert "<img" not in (folder / name).read_text(encoding="utf-8")


def load_from(rows):
    from bench.report.data import Results

    held = ({"reference": None, "variant": "default", **row} for row in rows)
    return Results("x", {"tokenization": tuple(held)}, {})


def test_load_names_a_manifest_that_is_no_json(results):
    from bench.errors import InputError

    folder = results()
    (folder / "manifest.json").write_text("{")
    with pytest.raises(InputError, match=r"manifest\.json is not JSON"):
        load(folder)


def test_stars_are_escaped_but_in_code():
    said = markdown.words(say("{a} and {b}", a=code("bpe-*|x"), b=verbatim("a ` [link](x) ` *b*")))
    assert said == r"`bpe-*\|x` and a ` \[link\](x) ` \*b\*"


def test_numbers_not_to_be_compared_are_marked_in_latex_too():
    numbers = [Number(119.0, "bits/unit", 110.0, 128.0, gated=True), Number(101.0, "bits/unit")]
    rows = tuple((code(name), number) for name, number in zip("ab", numbers, strict=True))
    table = latex.render(Table("t", say("Claims"), (say("Run"), say("Claimed")), rows))
    assert "119{\\ensuremath{^\\ast}} & {[110, 128]}" in table and "101 &" in table
    assert "not to be compared" in table.split("\\bottomrule")[1]
    assert latex.escape("● ≈ 2") == r"\ensuremath{\bullet} \ensuremath{\approx} 2"


def test_names_of_lines_that_end_together_stand_apart():
    parted = style.parted([10.0, 50.0, 11.0, 10.5])
    assert all(b - a > 8.9 for a, b in pairwise(sorted(parted)))
    assert parted[1] == 50.0 and parted[0] < parted[3] < parted[2]
    assert style.parted([1.0, 20.0]) == [1.0, 20.0]


def test_an_unfinished_run_says_so_before_anything_else(results):
    folder = results()
    found = json.loads((folder / "manifest.json").read_text())
    write_json(folder / "manifest.json", found | {"unfinished": ["train a", "train b"]})
    first = section(markdown.render(document(load(folder))), "What a unit of meaning costs")
    assert first.strip().startswith("> [!CAUTION]\n> Written before its run had finished: 2 cells")

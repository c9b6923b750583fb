import csv
import io
import json
import math
import re
from itertools import pairwise
from types import SimpleNamespace

import pytest
from scipy.stats import t
from synthetic import PROFILE, claims, convergence, tokenization, training
from synthetic import memory as synthetic_memory

from bench.claims.table import summaries
from bench.report import build, latex, markdown
from bench.report.charts import quality, style
from bench.report.contents import document
from bench.report.data import load
from bench.report.document import Missing, Table
from bench.report.number import Number
from bench.report.scope import scope
from bench.report.sections import learning, memory, one_factor, opening, speed, verdicts
from bench.report.text import code, say, verbatim
from bench.results import write_json

QUESTIONS = ("Tokens per word", "Vocabulary size needed", "Information per token", "Input length",
             "Attention", "Training", "Memory", "Quality reached")  # fmt: skip


@pytest.fixture(scope="module")
def text(built):
    return (built / "REPORT.md").read_text(encoding="utf-8")


def section(text, title):
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def test_the_opening_table_has_the_languages_side_by_side_and_every_question(text):
    opening = section(text, "What a unit of meaning costs")
    assert "| Question | Vocabulary | Chinese | Russian | English |" in opening
    for question in QUESTIONS:
        assert f"| {question}" in opening
    assert "31.2 [30.6, 31.8]<br>× 1.258 [1.233, 1.283]" in opening
    assert "– (needs three vocabulary sizes)" in opening


def test_languages_that_the_profile_does_not_compare_are_no_columns(results):
    """A corpus may have a fourth language, and an arm may derive writings of its own."""
    rows = training()
    rows += [{**rows[-1], "language": "en-2byte", "arm": "writings", "run_id": "writings"}]
    counted = tokenization()
    counted += [{**counted[-1], "corpus": "udhr", "language": "zh_hant"}]
    held = load(results(training=rows, tokenization=counted))
    assert scope(held).languages == ("zh", "ru", "en")
    assert {row["language"] for row in held.runs()} >= {"en-2byte"}


def test_runs_of_a_sweep_are_listed_and_counted_nowhere_else(results):
    rows = training()
    short = {**rows[-1], "arm": "sweep", "run_id": "sweep", "status": "undertrained"}
    held = load(results(training=[*rows, short]))
    assert "sweep" not in {row["arm"] for row in held.runs()}
    assert "sweep" in {row["arm"] for row in held.tested()}


def test_runs_on_a_rewritten_corpus_are_not_drawn_beside_those_of_the_corpus(results):
    """English of the writings arm is the same text in another corpus, with floors of its own."""
    rows = training()
    other = [{**row, "corpus": "libreoffice-help-rewritten", "run_id": f"other-{place}"}
             for place, row in enumerate(rows)]  # fmt: skip
    held = load(results(training=[*rows, *other]))
    drawn = quality.chart(held, scope(held)).rows
    assert len(drawn) == len(quality.chart(load(results()), scope(held)).rows)


def known(statistic, value, log_se, **more):
    """A row of evidence.csv about the trained vocabulary."""
    return {"statistic": statistic, "corpus": "libreoffice-help", "split": "test",
            "vocabulary_family": "bpe-4096-per-language", "value": value, "log_se": log_se,
            "df": 210.4, "k_eff": 211.4, "comparable": True, "status": "ok", **more}  # fmt: skip


def test_ratios_of_words_and_of_memory_have_intervals_where_evidence_allows_them(results):
    words = [known("fertility", 1.31, 0.01, language="en", variant="default"),
             known("fertility", 1.6, 0.02, language="zh", variant="jieba")]  # fmt: skip
    peaks = known("peak_memory_ratio", 0.9, 0.02, language="zh", reference="en", variant="default",
                  model="tokenformer-2m", context="packed-64-bf16")  # fmt: skip
    held = load(results(evidence=[*words, peaks]))
    shown = scope(held)
    (own,) = (one for one in shown.scenarios if one.family == "bpe-4096-per-language")
    reach = t.ppf(0.975, 211.4 / 2 + 2)
    ratio = opening.words_line(held, shown, own, "zh").ratio  # both errors added
    assert math.log(ratio.high / (1.6 / 1.31)) == pytest.approx(0.03 * reach)
    assert opening.words_line(held, shown, own, "ru").ratio.interval is None
    ratio = opening.memory_line(held, shown, own, "zh").ratio
    assert ratio.value == 0.9 and math.log(0.9 / ratio.low) == pytest.approx(0.02 * reach)


def test_quality_is_the_mean_over_the_seeds_of_the_primary_arm_alone(results):
    """An arm at another rate may be better by one lucky run; it has fewer seeds."""
    (one,) = (row for row in training() if row["run_id"] == "tokenformer-2m-ru-test")
    seeds = [{**one, "arm": "primary", "seed": seed, "run_id": f"primary-{seed}",
              "bits_per_unit": 100.0 + 2 * seed, "bits_ci_low": 90.0 + seed,
              "bits_ci_high": 115.0 + seed, "status": "ok"} for seed in range(3)]  # fmt: skip
    lucky = {**one, "arm": "primary-best", "run_id": "lucky", "bits_per_unit": 80.0}
    held = load(results(training=[*training(), *seeds, lucky]))
    found = opening.quality_line(held, scope(held), scope(held).own, "ru").number
    assert (found.value, found.low, found.high) == (102.0, 91.0, 116.0)
    assert "mean of 3 seeds" in str(found.note) and not found.gated


def test_quality_is_of_the_model_that_the_row_is_headed_with_in_every_language(results):
    """Russian's better run of the other model would be compared with English of this one."""
    held = load(results())
    shown = scope(held)
    for language in shown.languages:
        note = str(opening.quality_line(held, shown, shown.own, language).number.note)
        assert note.startswith(shown.own.model)


def test_information_per_token_is_of_the_bits_that_the_line_of_quality_shows(results):
    """Once it was the fewest bits of any arm over English of another model."""
    held = load(results())
    at = (held, scope(held), scope(held).own)
    for language, tokens in (("en", 26.9), ("ru", 28.1), ("zh", 25.7)):
        bits = opening.quality_line(*at, language).number.value
        assert opening.information_line(*at, language).number.value == bits / tokens


def test_bits_of_a_model_are_a_mean_over_the_primary_arm_and_no_lucky_run_of_another(results):
    base = next(row for row in training() if row["run_id"] == "transformer-2m-ru-test")
    arms = [("primary", 100.0), ("primary", 104.0), ("growth", 90.0), ("lower-rate", 91.0)]
    rows = [{**base, "arm": arm, "run_id": f"{arm}-{bits}", "bits_per_unit": bits}
            for arm, bits in arms]  # fmt: skip
    rest = [row for row in training() if row["model"] != base["model"]]
    held = load(results(training=[*rest, *rows]))
    table = learning._bits(held, scope(held))
    (line,) = (row for row in table.rows if str(row[0]) == "`transformer-2m`")
    assert line[3].value == 102.0
    drawn = quality.chart(held, scope(held)).rows
    assert {row["arm"] for row in drawn if row["model"] == base["model"]} == {"primary"}


def test_tokens_per_word_are_of_the_segmenter_to_quote_and_not_of_dictionary_forms(results):
    rows = tokenization()
    (word,) = (row for row in rows if row["metric"] == "fertility" and row["language"] == "ru"
               and row["vocabulary_family"] == "bpe-4096-per-language"
               and row["corpus"] == "libreoffice-help")  # fmt: skip
    two = [word | {"variant": name, "value": value}
           for name, value in (("pymorphy3-lemma", 1.32), ("razdel", 1.27))]  # fmt: skip
    held = load(results(tokenization=[*(row for row in rows if row is not word), *two]))
    found = opening.words_line(held, scope(held), scope(held).own, "ru").number
    assert found.value == 1.27 and str(found.note) == "words by razdel"


def test_memory_of_another_model_than_the_row_is_headed_with_is_not_shown(results):
    other = [{**row, "model": "llama-2-7b"} for row in synthetic_memory()]
    held = load(results(memory=other))
    cell = opening.memory_line(held, scope(held), scope(held).own, "zh")
    assert isinstance(cell, Missing)


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


def test_training_in_a_small_profile_is_called_an_illustration(text):
    for title in ("What a unit of meaning costs", "Learning"):
        assert "is an illustration" in section(text, title)
    assert "floor-kn5" in section(text, "Learning")


def test_speed_is_told_with_ratios_beside_and_what_was_not_reached(text):
    lines = section(text, "Learning").splitlines()
    place = "`primary` | `transformer-2m` | `bpe-4096-per-language`"
    assert f"| {place} | Units to r = 0.8 | – (not compared) | 1,650<br>× 1.100 | 1,500 |" in lines
    (flops,) = (line for line in lines if f"| {place} | FLOPs to r = 0.8 |" in line)
    assert "– (not reached: more than 550 GFLOP)" in flops
    (saved,) = (line for line in lines if "10% more units would save" in line)
    assert saved.endswith("| 0.790 |")
    assert any("`bpe-4096-per-language` | `primary` | Bits per unit" in line and "1.250" in line
               for line in lines)  # fmt: skip
    (rates,) = (line for line in lines if "0.00150" in line)
    assert "0.00100<br>× 1.003" in rates
    assert not any("`sweep`" in line for line in lines if "Run" not in line)


def test_an_undertrained_run_is_marked_and_counted(text):
    learning = section(text, "Learning")
    assert re.search(r"3 of 7 runs, .* not counted, are undertrained", learning)
    assert re.search(r"`tokenformer-2m` \|.*131 \[125, 137\] ⚠", learning)


def test_a_vocabulary_with_unknown_tokens_is_shown_and_gated(text):
    row = next(line for line in text.splitlines() if line.startswith("| ⚠ `t5-v1.1` | 29.0"))
    assert "no: up to 31.0% unknown tokens; 2.0% of units come back" in row


def test_a_gated_vocabulary_never_leads():
    rows = [row for row in tokenization() if row["vocabulary_family"] == "t5-v1.1"]
    results = load_from(rows)
    assert all(one.family == "t5-v1.1" for one in scope(results).scenarios)  # nothing else there
    everything = load_from(tokenization())
    assert "t5-v1.1" not in {one.family for one in scope(everything).scenarios}


def test_a_run_of_trained_vocabularies_alone_asks_each_question_once(results):
    trained = PROFILE["vocabularies"]["trained"]
    folder = results(
        tokenization=[row for row in tokenization() if row["vocabulary_family"] in trained]
    )
    without = PROFILE | {"vocabularies": PROFILE["vocabularies"] | {"published": []}}
    write_json(folder / "manifest.json", {"profile": without})
    held = load(folder)
    (only,) = scope(held).scenarios
    assert only.family in trained
    opening_section = opening.section(held, scope(held))
    (table,) = (block for block in opening_section.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == [title for title, _ in opening.LINES]
    assert "production" not in str(opening_section)
    assert str(opening_section.blocks[0].text).endswith(f", model `{only.model}`.")


def test_too_few_documents_have_no_interval_and_the_report_says_why(text):
    assert "worth 3.1 equal ones. Fewer than 10 support no interval" in text


def test_what_was_skipped_stands_with_its_reason_and_cannot_act(text):
    skipped = section(text, "What ran, and what did not")
    assert "`udhr` | skipped | no `apt-get` on this machine &lt;script>" in skipped
    assert "the text supports only 3,911 pieces" in skipped
    assert "<script" not in text


def test_translationese_is_among_the_caveats(text):
    assert "given an English source" in section(text, "Keep in mind")


def test_a_censored_target_is_a_gap_and_not_a_number(text):
    assert "– (not reached: more than 550 GFLOP)" in section(text, "Learning")


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


def test_a_claim_in_many_settings_is_listed_by_its_endpoint_and_verdicts(results):
    (one, *_) = load(results(claims=claims())).rows("claims")
    dull = [one | {"vocabulary": f"v{n}", "endpoint": "secondary", "verdict": "inconclusive",
                   "value": None} for n in range(1000)]  # fmt: skip
    clear = [one | {"vocabulary": f"c{n}", "endpoint": "secondary"} for n in range(3)]
    table = verdicts._settings([*dull, *clear, one])
    assert len(table.rows) == verdicts.LISTED and "of 1004" in str(table.caption).replace(",", "")
    places = [str(row[2]) for row in table.rows[:5]]
    assert "●" in places[0] and [f"c{n}" in places[n + 1] for n in range(3)] == [True] * 3


def test_what_a_claim_was_tested_as_and_the_level_of_its_interval_stand_with_it(text, results):
    assert "under attention (`premium-squares`). Of units and documents." in text
    (one, *_) = load(results(claims=claims())).rows("claims")
    assert verdicts._value(one | {"ci_level": 0.9}).level == 0.9


def test_a_verdict_of_one_secondary_setting_says_so(results):
    (one, *_) = load(results(claims=claims())).rows("claims")
    (summary,) = summaries([one | {"endpoint": "secondary"}])
    assert "no primary endpoint here" in str(verdicts._overall(summary))
    assert "the only one that was tested" in str(verdicts._change(summary, one))


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


def test_a_row_without_a_value_is_not_compared_and_breaks_nothing(results):
    rows = convergence()
    saved = next(row for row in rows if row["measure"] == "gain_of_10_percent")
    held = load(results(convergence=[*rows, saved | {"language": "ru", "value": None}]))
    (table, *_) = speed.tables(held, scope(held))
    (line,) = (row for row in table.rows if "10% more units" in str(row[3]))
    assert [isinstance(cell, Missing) for cell in line[4:]] == [True, True, False]


def test_arms_stand_over_the_primary_one_with_epochs_and_seeds(results):
    rows = convergence()
    flops = next(row for row in rows if row["measure"] == "bits_ratio")
    ratio = flops | {"axis": "units", "value": 1.031, "n_seeds": 3}
    stage = ratio | {"arm": ratio["arm"].replace("bytes", "growth") + "/slots-36"}
    elsewhere = ratio | {"against": ratio["against"].replace("primary", "joint")}
    runs = [row | {"run_id": row["run_id"] + "-b", "arm": "bytes", "epochs": 1.4}
            for row in training() if row["language"] == "ru"]  # fmt: skip
    held = load(results(convergence=[*rows, ratio, stage, elsewhere], training=training() + runs))
    table, _ = one_factor.tables(held, scope(held))
    (line,) = table.rows
    assert [str(cell) for cell in line[3:6]] == ["`transformer-2m`", "1.4", "3"]
    zh, ru, en = line[6:]
    assert isinstance(ru, Number) and ru.value == 1.031
    assert isinstance(zh, Missing) and isinstance(en, Missing)


def test_a_text_that_no_language_writes_so_has_a_table_of_its_own(results):
    rows = convergence()
    flops = next(row for row in rows if row["measure"] == "bits_ratio")
    arm = flops["arm"].replace("bytes", "writings")
    written = flops | {"arm": arm, "against": "none", "reference": "en", "language": "en-2byte"}
    held = load(results(convergence=[*rows, written]))
    _, table = one_factor.tables(held, scope(held))
    (line,) = table.rows
    assert str(line[3]) == "English in letters of two bytes"
    content, compute, test = line[4:]
    assert isinstance(compute, Number) and compute.value == 1.25
    assert isinstance(content, Missing) and isinstance(test, Missing)


def test_a_claim_that_depends_shows_a_setting_that_has_a_verdict():
    open_, decided = ({"claim": "c", "value": 1.0, "endpoint": "primary", "verdict": verdict}
                      for verdict in ("inconclusive", "refuted"))  # fmt: skip
    summary = SimpleNamespace(claim="c", lead="depends")
    assert verdicts.leading([open_, decided], summary) is decided
    assert verdicts.leading([open_], summary) is open_


def test_why_a_line_has_no_number_is_true_of_the_run(results):
    rows = tokenization()
    counted = [row | {"vocabulary_family": "other"} for row in rows if row["metric"] == "fertility"]
    assert counted
    others = [row for row in rows if row["metric"] != "fertility"]
    for held, said in ((others, "no word segmenter"), (others + counted, "not counted for this")):
        found = load(results(tokenization=held))
        cell = opening.words_line(found, scope(found), scope(found).scenarios[0], "ru")
        assert isinstance(cell, Missing) and said in str(cell.reason)

"""Every fault that the sources have, planted once and caught by its gate alone."""

import pyarrow as pa
import pytest

from corpora import gates

LANGUAGES = ("en", "ru", "zh")
GOOD = ("A good sentence about nothing in particular, number {}.",
        "Хорошее предложение ни о чём особенном, номер {}.",
        "这是一个关于无关紧要之事的好句子，编号{}。")  # fmt: skip
WORDS = ("alpha", "beta", "gamma", "delta", "rho", "sigma", "tau", "phi")


def corpus(*planted: tuple[str, str, str], documents: list[str] | None = None) -> pa.Table:
    """Sixty good units that differ, and the planted ones at the end."""
    good = []
    for number in range(60):
        word = f"{WORDS[number % 8]} {WORDS[number // 8]}"
        good.append(tuple(text.format(word) for text in GOOD))
    rows = good + list(planted)
    ids = [str(number) for number in range(len(rows))]
    columns = dict(zip(LANGUAGES, zip(*rows, strict=True), strict=True))
    own = documents or [f"p{n}" for n in range(len(planted))]
    return pa.table(
        {"unit_id": ids, "document_id": [f"d{n}" for n in range(60)] + own}
        | {one: pa.array(texts, pa.large_string()) for one, texts in columns.items()}
    )


def caught(*planted: tuple[str, str, str], documents: list[str] | None = None) -> dict[str, int]:
    table = corpus(*planted, documents=documents)
    _, dropped = gates.passing(table, LANGUAGES, (*gates.UNITS, *gates.QUALITY))
    return {reason: count for reason, count in dropped.items() if count}


LONG = tuple(text.format("omega") for text in GOOD)


@pytest.mark.parametrize(
    ("planted", "reason"),
    [
        (("Text", "Текст", ""), "absent"),
        (("Text", " \n\u00a0", "文字"), "absent"),
        (("Left in English", "Left in English", "留在英文"), "untranslated"),
        (("Left in English", "Оставлено", "Left in English"), "untranslated"),
        (("Half of it is English", "Half of it is англ", "一半是英文"), "script"),
        (("The product named so", "Названный продукт", "The product named so 产品"), "script"),
        ((LONG[0], LONG[1] * 6, LONG[2]), "length"),
        ((LONG[0] * 3, LONG[1] * 3, "错"), "length"),
        (("Click <b>here</b>", "Нажмите <b>сюда</b>", "点击这里"), "markup"),
        (("Salt and pepper", "Соль &amp; перец", "盐和胡椒"), "markup"),
        (("A broken text", "Испор\ufffdенный текст", "损坏的文字"), "replacement"),
        (("A broken text", "Испорченный текст", "损坏\x07的文字"), "replacement"),
    ],
)  # fmt: skip
def test_each_fault_is_caught_by_its_gate(planted: tuple[str, str, str], reason: str) -> None:
    assert caught(planted) == {reason: 1}


def test_good_units_pass() -> None:
    assert caught() == {}
    assert (
        caught(("Click <b>here</b> for LibreOffice", "Нажмите <b>сюда</b>", "点击<b>这里</b>"))
        == {}
    )
    assert (
        caught(("%(male_name)s of %(mother)s", "%(male_name)s у %(mother)s", "%(mother)s 之子"))
        == {}
    )
    assert (
        caught(("Those matching the <filter>", "Соответствующие <фильтру>", "匹配<filter>")) == {}
    )
    formula = (
        "Where x < 3 && y > 4 R&D",
        "Там, где x < 3 && y > 4 и R&D",
        "如果x < 3 && y > 4而且R&D",
    )
    assert caught(formula) == {}


def test_a_second_unit_with_the_same_reference_text_is_a_duplicate() -> None:
    table = corpus(("Same", "Раз", "一"), ("Same", "Два", "二"))
    kept, dropped = gates.passing(table, LANGUAGES, gates.UNITS)
    assert dropped["duplicate"] == 1
    assert "Раз" in kept["ru"].to_pylist()
    assert "Два" not in kept["ru"].to_pylist()


def test_boilerplate_is_kept_once() -> None:
    rows = [
        (f"Page {n} of the guide", f"Страница {n} руководства", f"指南第{n}页") for n in range(6)
    ]
    table = corpus(*rows)
    kept, dropped = gates.passing(table, LANGUAGES, gates.QUALITY)
    assert dropped["boilerplate"] == 5
    assert "Page 0 of the guide" in kept["en"].to_pylist()
    assert caught(*rows, documents=["one"] * 6) == {}, "in one document it is only repetition"


def test_units_without_a_place_are_unordered() -> None:
    assert caught(("From code", "Из кода", "来自代码"), documents=[""]) == {"unordered": 1}


def test_report_drops_nothing() -> None:
    table = corpus(("Text", "Text", "文字"))
    before = len(table)
    assert gates.report(table, LANGUAGES)["untranslated"] == 1
    assert len(table) == before


def test_other_languages_have_only_the_gates_that_fit_them() -> None:
    table = pa.table({
        "unit_id": ["1"], "document_id": ["d"],
        "fi": pa.array(["Tämä on teksti"], pa.large_string()),
        "ja": pa.array(["これはテキストです"], pa.large_string()),
    })  # fmt: skip
    assert set(gates.report(table, ("fi", "ja")).values()) == {0}


def test_gates_on_nothing() -> None:
    empty = corpus().slice(0, 0)
    kept, dropped = gates.passing(empty, LANGUAGES, (*gates.UNITS, *gates.QUALITY))
    assert len(kept) == 0
    assert set(dropped.values()) == {0}

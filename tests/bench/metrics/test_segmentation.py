"""Words of the three languages, and refusals of what is missing."""

import importlib.util
from importlib.metadata import PackageNotFoundError

import pytest

from bench import segmentation
from bench.errors import InputError
from bench.segmentation import SPACES, segmenters

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


def test_which_segmenters_a_language_has():
    assert [one.name for one in segmenters("zh")] == ["jieba", "wapic"]
    assert segmenters("zh_hant") == segmenters("zh")
    assert [one.name for one in segmenters("ru")] == ["razdel", "pymorphy3-lemma"]
    assert segmenters("fi") == (SPACES,)
    assert segmenters("th") == ()  # written without spaces, and nobody here to cut it


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

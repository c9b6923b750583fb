"""Text written for these tests, and published vocabularies out of the cache."""

import os
from pathlib import Path

import pytest

from bench.vocabularies import published
from bench.vocabularies.catalogue import cached

# Fetched by `make test`; the others are large and tested where somebody has fetched them.
FETCHED = """\
gpt2 whisper cl100k_base o200k_base qwen qwen3.6 mistral-v1 mistral-v3 tekken mt5 mt5-transformers
chatglm3 t5-v1.1 deepseek-v4 claude2 bert-chinese rwkv-world"""

ENGLISH = """The lighthouse keeper counted forty-two ships before the fog came in.
Please close the file before you rename it; otherwise nothing will be saved.
"Why," she asked, "does the river always smell of iron in the spring?"
Our neighbours grow pears, plums and a kind of apple that has no name.
In 1987 the bridge was rebuilt for 3,500 crowns and a barrel of tar.
He didn't say that he couldn't come, only that he wouldn't.
Select all rows, then press the button to sort them by date.
A tired horse is worth more than a fresh argument.
The committee's answer arrived by post: yes, with seven conditions.
Snow fell for three days, and the mountain road was closed again.
You can open several documents at once and compare them side by side.
Nobody remembers who planted the walnut tree behind the school."""

RUSSIAN = """Смотритель маяка насчитал сорок два корабля, прежде чем пришёл туман.
Закройте файл перед переименованием, иначе ничего не сохранится.
«Почему, — спросила она, — весной река всегда пахнет железом?»
Наши соседи выращивают груши, сливы и яблоки, у которых нет названия.
В 1987 году мост перестроили за 3500 крон и бочку дёгтя.
Он не сказал, что не может прийти, а только что не придёт.
Выделите все строки и нажмите кнопку, чтобы упорядочить их по дате.
Усталая лошадь стоит больше, чем свежий спор.
Ответ комитета пришёл по почте: да, но с семью условиями.
Снег шёл три дня, и горную дорогу снова закрыли.
Можно открыть несколько документов сразу и сравнить их рядом.
Никто не помнит, кто посадил орех за школой."""

CHINESE = """灯塔看守人在起雾之前数了四十二艘船。
重命名之前请先关闭文件,否则什么都不会保存。
她问:“为什么春天的河水总有铁的味道?”
我们的邻居种梨、李子和一种没有名字的苹果。
一九八七年,这座桥花了3500克朗和一桶焦油重建。
他没有说不能来,只是说不会来。
选择所有的行,然后按下按钮,按日期排序。
一匹疲惫的马比一场新的争论更有价值。
委员会的答复由邮局送来:同意,但有七个条件。
雪下了三天,山路又被封闭了。
您可以同时打开几个文档,并排比较它们。
没有人记得是谁在学校后面种下了核桃树。"""

HOSTILE = {
    "empty": "",
    "one space": " ",
    "nul": "a\0b\0",
    "right to left": "abc \u200f\u202eשלום\u202c",
    "combining": "e\u0301 \u0438\u0306 \u0301\u0302",
    "emoji": "👩‍👩‍👧‍👦🇷🇺 ☕️",
    "special tokens": "a <|im_start|> <｜begin▁of▁sentence｜> [INST] <0x41> ▁ </s>",
    "white space": "  \t\n\r\n  x  \u3000",
    "last code point": "\U0010ffff\ufffd\ufeff",
    "separators": "a\u2028b\x85c",
}


@pytest.fixture(scope="session")
def units() -> dict[str, list[str]]:
    """Twelve sentences with the same content in three languages."""
    texts = {"en": ENGLISH, "ru": RUSSIAN, "zh": CHINESE}
    return {language: text.split("\n") for language, text in texts.items()}


@pytest.fixture(scope="session")
def hostile() -> dict[str, str]:
    """Texts that break careless tokenizers."""
    return HOSTILE


@pytest.fixture(scope="session")
def vocabulary():
    """A published vocabulary by name, out of the cache; the network is never asked."""
    opened = {}

    def opener(name):
        if name not in opened:
            opened[name] = _open(name)
        return opened[name]

    return opener


def _open(name):
    if cached(name):
        return published(name)
    remedy = f"{name} is not in the cache; run `bench vocabularies fetch {name}`"
    return pytest.fail(remedy) if name in FETCHED.split() else pytest.skip(remedy)


@pytest.fixture(scope="session")
def flores() -> dict[str, list[str]]:
    """FLORES-200, 2,009 sentences in three languages."""
    folder = os.environ.get("BABELTOLL_FLORES")
    if not folder:
        pytest.skip("set BABELTOLL_FLORES to a folder with FLORES-200 en.txt, ru.txt and zh.txt")
    return {
        language: Path(folder, f"{language}.txt").read_text(encoding="utf-8").split("\n")[:-1]
        for language in ("en", "ru", "zh")
    }

"""A small trilingual text written for this project: what its tests tokenize and learn.

Sentences are put together from words that fit each other in all three languages, so the text has
structure that a model can learn, and documents that a split can be made of.
"""

import random
from pathlib import Path

WHO = [
    ("The teacher", "Учитель", "老师"),
    ("My sister", "Моя сестра", "我姐姐"),
    ("An old doctor", "Старый врач", "一位老医生"),
    ("The new student", "Новый студент", "新同学"),
    ("Our neighbour", "Наш сосед", "我们的邻居"),
    ("A young engineer", "Молодой инженер", "年轻的工程师"),
    ("The captain", "Капитан", "船长"),
    ("Her grandmother", "Её бабушка", "她的奶奶"),
    ("The small boy", "Маленький мальчик", "小男孩"),
    ("A tired driver", "Усталый водитель", "疲倦的司机"),
]
WHEN = [
    ("in the morning", "утром", "早上"),
    ("every evening", "каждый вечер", "每天晚上"),
    ("on Sunday", "в воскресенье", "星期天"),
    ("before the rain", "перед дождём", "下雨前"),
    ("after the war", "после войны", "战后"),
    ("at midnight", "в полночь", "半夜"),
    ("this winter", "этой зимой", "今年冬天"),
    ("quite often", "довольно часто", "经常"),
]
DOES = [
    ("reads", "читает", "读"),
    ("buys", "покупает", "买"),
    ("hides", "прячет", "藏"),
    ("finds", "находит", "找到"),
    ("sells", "продаёт", "卖"),
    ("loses", "теряет", "丢失"),
    ("describes", "описывает", "描述"),
    ("remembers", "вспоминает", "想起"),
    ("draws", "рисует", "画"),
    ("carries", "несёт", "带着"),
]
WHAT = [
    ("a long letter", "длинное письмо", "一封长信"),
    ("the green book", "зелёную книгу", "那本绿色的书"),
    ("an empty box", "пустую коробку", "一个空盒子"),
    ("the old map", "старую карту", "旧地图"),
    ("two silver keys", "два серебряных ключа", "两把银钥匙"),
    ("a strange picture", "странную картину", "一幅奇怪的画"),
    ("the last ticket", "последний билет", "最后一张票"),
    ("some fresh bread", "свежий хлеб", "一些新鲜面包"),
    ("a broken clock", "сломанные часы", "一个坏了的钟"),
    ("the heavy bag", "тяжёлую сумку", "那个沉重的包"),
    ("a quiet song", "тихую песню", "一首安静的歌"),
    ("the red flower", "красный цветок", "那朵红花"),
]
LANGUAGES = ("en", "ru", "zh")
Unit = tuple[str, str, str]


def unit(rng: random.Random) -> Unit:
    """One aligned sentence."""
    who, when, does, what = (rng.choice(words) for words in (WHO, WHEN, DOES, WHAT))
    return (
        f"{who[0]} {does[0]} {what[0]} {when[0]}.",
        f"{who[1]} {when[1]} {does[1]} {what[1]}.",
        f"{who[2]}{when[2]}{does[2]}{what[2]}。",
    )


def documents(count: int = 120, seed: int = 0) -> list[list[Unit]]:
    """Documents of 5 to 12 sentences, none of which stands twice in the whole text."""
    rng, seen, made = random.Random(seed), set(), []
    for _ in range(count):
        document: list[Unit] = []
        while len(document) < rng.randint(5, 12):
            sentence = unit(rng)
            if sentence not in seen:
                seen.add(sentence)
                document.append(sentence)
        made.append(document)
    return made


def texts(count: int = 120, seed: int = 0) -> dict[str, list[str]]:
    """All sentences by language, aligned."""
    units = [sentence for document in documents(count, seed) for sentence in document]
    return {language: [one[place] for one in units] for place, language in enumerate(LANGUAGES)}


def write(folder: Path, count: int = 120, seed: int = 0) -> dict[str, Path]:
    """One file per language, a sentence a line, and `documents`: the document of each line."""
    made = documents(count, seed)
    files = {language: folder / f"{language}.txt" for language in LANGUAGES}
    for language, lines in texts(count, seed).items():
        files[language].write_text("\n".join(lines) + "\n", encoding="utf-8")
    files["documents"] = folder / "documents.txt"
    names = [f"tale-{number}" for number, document in enumerate(made) for _ in document]
    files["documents"].write_text("\n".join(names) + "\n", encoding="utf-8")
    return files

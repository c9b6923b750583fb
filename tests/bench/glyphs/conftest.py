"""Text to learn from, written for these tests."""

from itertools import product

import pytest

from bench.vocabularies.glyphs.codec import Codec
from bench.vocabularies.glyphs.learning import learn

# Subjects, predicates, objects and an end: every language has forms that differ in their endings.
PARTS = {
    "en": (
        ["The keeper", "The keepers", "A tired sailor", "Nobody"],
        [" counted", " is counting", " closed", " looked for"],
        [" the ships", " the windows of the lighthouse", " a walnut tree"],
        [" before the fog came in.", " at night.", "; they wouldn't tell."],
    ),
    "ru": (
        ["Смотритель", "Смотрители маяка", "Усталый матрос", "Никто не"],
        [" считал", " считает", " закрывал", " искали"],
        [" корабли", " окна маяка", " ореховое дерево"],
        [", прежде чем пришёл туман.", " ночью.", " с кораблями."],
    ),
    "zh": (
        ["看守人", "灯塔的看守人", "疲惫的水手", "没有人"],
        ["数了", "正在数", "关上了", "寻找"],
        ["船", "灯塔的窗户", "一棵核桃树"],
        ["在起雾之前。", "在夜里。", ",他们不会说。"],
    ),
}


@pytest.fixture(scope="session")
def story() -> str:
    """Every second sentence that can be made of the parts, each once."""
    lines = ["".join(some) for parts in PARTS.values() for some in product(*parts)]
    return "\n".join(lines[::2]) + "\n"


@pytest.fixture(scope="session", params=["private", "han"])
def codec(request, story) -> Codec:
    from bench.vocabularies.glyphs.alphabet import alphabet

    return Codec(learn([story], 16, alphabet=alphabet(request.param)))

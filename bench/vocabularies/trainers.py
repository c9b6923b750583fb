"""The two training libraries behind one call: texts in, the bytes of a vocabulary file out."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from bench.errors import InputError
from bench.vocabularies.checks import utf8
from bench.vocabularies.patterns import CUTS

if TYPE_CHECKING:
    import tokenizers

    from bench.vocabularies.training import TrainSpec

_MINIMUM_FREQUENCY = 2  # a pair seen once is an accident of the sample
# In Chinese the rarest 0.05% of characters would fill a small vocabulary; they fall back to bytes.
_CHARACTER_COVERAGE = 0.9995


def train_one(spec: TrainSpec, texts: Mapping[str, Sequence[str]]) -> bytes:
    """The file of one vocabulary trained on all the texts; InputError if the size is not met."""
    for units in texts.values():
        utf8(units)
    if spec.glyphs:
        return _glyphs(spec, texts)
    if spec.engine == "sentencepiece":
        return _sentencepiece(spec, texts)
    return _tokenizers(spec, texts)


def _tokenizers(spec: TrainSpec, texts: Mapping[str, Sequence[str]]) -> bytes:
    tokenizer = _untrained(spec)
    if spec.kind == "parity-bpe":
        _train_parity(spec, tokenizer, texts)
    else:
        tokenizer.train_from_iterator(chain(*texts.values()), _trainer(spec))
    size = tokenizer.get_vocab_size(with_added_tokens=False)
    if size != spec.size:
        raise InputError(
            f"{spec.name}, {' + '.join(texts)}: the text supports {size:,} entries "
            f"(pairs seen at least {_MINIMUM_FREQUENCY} times), {spec.size:,} were asked for; "
            "ask for fewer or give more text"
        )
    return _canonical(tokenizer)


def _untrained(spec: TrainSpec) -> tokenizers.Tokenizer:
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers

    model = models.Unigram() if spec.kind == "unigram" else models.BPE()
    tokenizer = tokenizers.Tokenizer(model)
    pattern = CUTS[spec.pretokenizer]
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    split = [pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated")] if pattern else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _glyphs(spec: TrainSpec, texts: Mapping[str, Sequence[str]]) -> bytes:
    from bench.vocabularies.glyphs.training import train
    from bench.vocabularies.huggingface import TokenizersVocabulary
    from bench.vocabularies.jsonfile import JsonFile

    whole = replace(spec, glyphs=0, size=spec.size + spec.glyphs)
    plain = JsonFile.read(_tokenizers(replace(spec, glyphs=0, pretokenizer=""), texts), spec.name)
    vocabulary = TokenizersVocabulary("plain", "", lambda: plain)
    try:
        return train(
            list(chain(*texts.values())), spec.glyphs, spec.size, CUTS[spec.pretokenizer],
            partial(_trainer, whole), lambda some: vocabulary.encode(list(some)).counts,
        )  # fmt: skip
    except InputError as error:
        raise InputError(f"{spec.name}, {' + '.join(texts)}: {error}") from None


def _trainer(spec: TrainSpec, alphabet: Sequence[str] = ()) -> Any:
    """A trainer of `spec.size` entries over symbols that are all kept; the 256 bytes by default."""
    from tokenizers import pre_tokenizers, trainers

    # In a fixed order: the library lists its own alphabet in no order, and ids follow the order.
    alphabet = list(alphabet) or sorted(pre_tokenizers.ByteLevel.alphabet())
    shared: dict[str, Any] = {
        "vocab_size": spec.size,
        "initial_alphabet": alphabet,
        "special_tokens": [],
        "show_progress": False,
    }
    if spec.kind == "unigram":
        return trainers.UnigramTrainer(**shared)
    return trainers.BpeTrainer(min_frequency=_MINIMUM_FREQUENCY, **shared)


def _train_parity(
    spec: TrainSpec, tokenizer: tokenizers.Tokenizer, texts: Mapping[str, Sequence[str]]
) -> None:
    """Parity-aware BPE (arXiv 2508.04796): each merge goes to the worst-off language."""
    try:
        from tokenizers.trainers import ParityBpeTrainer
    except ImportError:
        raise InputError(
            f"{spec.name}: this tokenizers has no parity-aware BPE; install >=0.23"
        ) from None
    units = [list(language) for language in texts.values()]
    merges = spec.size - 256
    while True:
        trainer = ParityBpeTrainer(num_merges=merges, min_frequency=_MINIMUM_FREQUENCY)
        trainer.train_from_iterator(tokenizer, train_iterators=units, dev_iterators=units)
        _with_all_bytes(tokenizer)
        model = json.loads(tokenizer.to_str())["model"]
        missing = spec.size - len(model["vocab"])
        if missing <= 0 or len(model["merges"]) < merges:
            return  # the size is met, or the text has no more pairs
        merges += missing  # two merges made the same token


def _with_all_bytes(tokenizer: tokenizers.Tokenizer) -> None:
    """Number the 256 bytes first, seen in training or not, then the merged tokens in their order.

    The parity trainer knows no initial alphabet; without this a byte it never saw would be lost.
    """
    from tokenizers import models, pre_tokenizers

    model = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(pair) for pair in model["merges"]]
    tokens = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *("".join(pair) for pair in merges)]
    vocab = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    tokenizer.model = models.BPE(vocab=vocab, merges=merges)


def _canonical(tokenizer: tokenizers.Tokenizer) -> bytes:
    """The tokenizer's JSON with the vocabulary in the order of its ids."""
    content = json.loads(tokenizer.to_str())
    vocab = content["model"]["vocab"]
    if isinstance(vocab, dict):
        content["model"]["vocab"] = dict(sorted(vocab.items(), key=lambda item: item[1]))
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _sentencepiece(spec: TrainSpec, texts: Mapping[str, Sequence[str]]) -> bytes:
    import sentencepiece

    split = spec.pretokenizer == "whitespace"
    model = io.BytesIO()
    units = [text for text in chain(*texts.values()) if text]
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(units),
            model_writer=model,
            model_type="unigram" if spec.kind == "unigram" else "bpe",
            vocab_size=spec.size,
            character_coverage=_CHARACTER_COVERAGE,
            byte_fallback=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            add_dummy_prefix=False,
            allow_whitespace_only_pieces=True,
            split_by_whitespace=split,
            split_by_unicode_script=split,
            split_by_number=split,
            bos_id=-1,
            eos_id=-1,
            max_sentence_length=2**30,  # the default drops longer units without a word
            num_threads=1,  # sums of floats depend on how many there are
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise InputError(_too_small(spec, texts, str(error))) from None
    return model.getvalue()


def _too_small(spec: TrainSpec, texts: Mapping[str, Sequence[str]], error: str) -> str:
    where = f"{spec.name}, {' + '.join(texts)}"
    if found := re.search(r"value <= (\d+)", error):
        return (
            f"{where}: the text supports at most {int(found[1]):,} entries, {spec.size:,} were "
            "asked for; ask for fewer or give more text"
        )
    if "required_chars" in error:
        return f"{where}: {spec.size:,} entries cannot hold the text's characters; ask for more"
    return f"{where}: sentencepiece refused the text ({' '.join(error.split())})"

"""Quality gates: which aligned units are not fit to be measured, and why.

Each gate is a vectorised rule over an Arrow table of units and returns a boolean mask of what it
drops. They are the same for every packaged corpus; every drop is counted under the gate's name.

First what makes a unit one at all (the counts "before the gates" are taken after these):

    absent        no text in some language
    untranslated  no letter of the language's own script, where it has one (Cyrillic, Han)
    duplicate     the reference text stood in an earlier unit

then quality:

    unordered     no place in the source's order could be recovered (an empty document id)
    script        too few of the letters, placeholders and tags aside, are of the language's
                  script: half-translated text
    length        byte length ratio to the reference language over 5 robust standard deviations
                  from the corpus median, among units of 40 and more characters: misaligned text
    markup        tags or entities that are not the same in every language: remains of the source
    replacement   U+FFFD or control characters: broken encoding
    boilerplate   the folded text stood, in every language, in 5 or more documents: kept once
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpora.folding import fingerprints

SCRIPTS = {"en": "Latin", "ru": "Cyrillic", "zh": "Han", "zh_hant": "Han"}
SHARES = {"Latin": 0.5, "Cyrillic": 0.3, "Han": 0.2}  # a Latin product name outweighs few Han signs
LONG = 40  # characters from which a length ratio means something
DEVIATIONS = 5.0
SPREAD = 0.1  # the least robust standard deviation of a log ratio that is believed
DOCUMENTS = 5  # in which a text is boilerplate
_TAGS = (
    "a|abbr|b|big|bold|br|code|dd|div|dl|dt|em|font|format|h[1-6]|header|i|img|italic|kbd|li|ol|p|pre"
    "|ref|s|small|span|strong|sub|sup|table|td|th|tr|tt|u|ul"
)  # <filter> in a label is a word, and is translated
_MARKUP = rf"(?i)</?(?:{_TAGS})(?:[\s/][^<>]*)?>|&(?:[A-Za-z]+|#[0-9]+);"
_INERT = rf"{_MARKUP}|%\([^)]*\)[a-z]|\$[\w.]+\|?|\{{[^{{}}]*\}}|https?://\S+"  # no language's text
_BROKEN = "[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"

Mask = np.ndarray
Rule = Callable[[pa.Table, Sequence[str]], Mask]


@dataclass(frozen=True)
class Gate:
    """A named rule; `drops(table, languages)` is True for the units that do not pass."""

    reason: str
    drops: Rule


def absent(table: pa.Table, languages: Sequence[str]) -> Mask:
    """No text, or only spaces, in some language."""
    empty = [pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(table[one])), 0) for one in languages]
    return _any(_mask(pc.fill_null(one, True)) for one in empty)


def untranslated(table: pa.Table, languages: Sequence[str]) -> Mask:
    """No letter of the language's own script, for scripts other than Latin."""
    scripts = {one: SCRIPTS[one] for one in languages if SCRIPTS.get(one, "Latin") != "Latin"}
    found = [
        _mask(pc.match_substring_regex(table[one], rf"\p{{{script}}}"))
        for one, script in scripts.items()
    ]
    return ~np.logical_and.reduce(found) if found else np.zeros(len(table), bool)


def duplicate(table: pa.Table, languages: Sequence[str]) -> Mask:
    """The exact reference text (the first language's) stood in an earlier unit."""
    codes = table[languages[0]].combine_chunks().dictionary_encode().indices.to_numpy()
    keep = np.zeros(len(codes), bool)
    keep[np.unique(codes, return_index=True)[1]] = True
    return ~keep


def unordered(table: pa.Table, languages: Sequence[str]) -> Mask:
    """No document: the source's order could not be recovered for the unit."""
    return _mask(pc.equal(table["document_id"], ""))


def script(table: pa.Table, languages: Sequence[str]) -> Mask:
    """Fewer of the letters than `SHARES` asks for are of the language's script."""
    masks = [np.zeros(len(table), bool)]
    for one in languages:
        if name := SCRIPTS.get(one):
            text = pc.replace_substring_regex(table[one], pattern=_INERT, replacement="")
            letters = _numbers(pc.count_substring_regex(text, r"\p{L}"))
            own = _numbers(pc.count_substring_regex(text, rf"\p{{{name}}}"))
            masks.append(own < SHARES[name] * letters)
    return _any(masks)


def length(table: pa.Table, languages: Sequence[str]) -> Mask:
    """The log ratio of bytes to the reference's is an outlier by median and MAD."""
    reference = _numbers(pc.binary_length(table[languages[0]]))
    long = _numbers(pc.utf8_length(table[languages[0]])) >= LONG
    masks = [np.zeros(len(table), bool)]
    if np.count_nonzero(long) < 30:
        return masks[0]
    for one in languages[1:]:
        with np.errstate(divide="ignore"):
            ratio = np.log(_numbers(pc.binary_length(table[one])) / np.maximum(reference, 1))
        middle = np.median(ratio[long])
        spread = max(1.4826 * float(np.median(np.abs(ratio[long] - middle))), SPREAD)
        masks.append(long & (np.abs(ratio - middle) > DEVIATIONS * spread))
    return _any(masks)


def markup(table: pa.Table, languages: Sequence[str]) -> Mask:
    """Tags or entities whose number is not the same in every language."""
    counts = [_numbers(pc.count_substring_regex(table[one], _MARKUP)) for one in languages]
    return _any(one != counts[0] for one in counts)


def replacement(table: pa.Table, languages: Sequence[str]) -> Mask:
    """Replacement or control characters in some language."""
    return _any(_mask(pc.match_substring_regex(table[one], _BROKEN)) for one in languages)


def boilerplate(table: pa.Table, languages: Sequence[str]) -> Mask:
    """The same text up to case, digits and punctuation in many documents: all but the first."""
    if not len(table):
        return np.zeros(0, bool)
    prints = np.stack([fingerprints(table[one]) for one in languages], axis=1)
    _, first, text = np.unique(prints, axis=0, return_index=True, return_inverse=True)
    document = table["document_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    pairs = np.unique(np.stack([text.ravel(), document], axis=1), axis=0)
    common = np.bincount(pairs[:, 0], minlength=len(first))[text.ravel()] >= DOCUMENTS
    common[first] = False
    return common


UNITS = (Gate("absent", absent), Gate("untranslated", untranslated), Gate("duplicate", duplicate))
QUALITY = (
    Gate("unordered", unordered),
    Gate("script", script),
    Gate("length", length),
    Gate("markup", markup),
    Gate("replacement", replacement),
    Gate("boilerplate", boilerplate),
)


def passing(
    table: pa.Table, languages: Sequence[str], gates: Sequence[Gate]
) -> tuple[pa.Table, dict[str, int]]:
    """The units that pass all gates, one after the other, and how many each one dropped."""
    dropped: dict[str, int] = {}
    for gate in gates:
        mask = gate.drops(table, languages)
        dropped[gate.reason] = int(np.count_nonzero(mask))
        if dropped[gate.reason]:
            table = table.filter(pa.array(~mask)).combine_chunks()
    return table, dropped


def report(table: pa.Table, languages: Sequence[str]) -> dict[str, int]:
    """How many units each gate would drop on its own; drops nothing."""
    gates = (*UNITS, *QUALITY)
    return {gate.reason: int(np.count_nonzero(gate.drops(table, languages))) for gate in gates}


def _mask(values: pa.ChunkedArray) -> Mask:
    return np.asarray(values.to_numpy(zero_copy_only=False), bool)


def _numbers(values: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(values.to_numpy(zero_copy_only=False), np.int64)


def _any(masks: object) -> Mask:
    return np.logical_or.reduce(list(masks))  # type: ignore[call-overload,no-any-return]

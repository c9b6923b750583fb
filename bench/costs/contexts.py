"""What is one sequence, and the two moments of its length that every cost follows from.

With T the tokens of a language and X the sum of squared sequence lengths, a cost that is
`linear`·s + `quadratic`·s² over a sequence is linear·T + quadratic·X over a corpus:

    unit                  one sequence per unit of meaning           X = Σ s²
    document              one sequence per document                  X = Σ (Σ s)²
    window                text packed into windows of W tokens       X = W · T
    window_equal_content  windows that hold the content of W         X = W · (T / T_ref) · T
                          reference tokens

T and X are totals over units, so intervals come from resampling documents as for any ratio.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.errors import InputError

CONTEXTS = ("unit", "document", "window", "window_equal_content")
WINDOWS = CONTEXTS[2:]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lengths:
    """Token counts [units, languages] of aligned units, and the document that each unit is in.

    `natural` is true where units of a document follow one another as in the source. Counts hold
    an end-of-unit token or not, as the caller decided: see `lengths`.
    """

    tokens: npt.NDArray[np.int64]
    languages: tuple[str, ...]
    reference: int
    documents: npt.NDArray[np.int64]
    natural: bool

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts that this corpus has: no `document` without a natural order."""
        return CONTEXTS if self.natural else tuple(c for c in CONTEXTS if c != "document")

    def columns(self) -> npt.NDArray[np.int64]:
        """Summable columns [units, 3 · languages + 1]: s, s², squared documents, and ones.

        A document's square stands at its first unit, so that it is drawn with its document.
        """
        ones = np.ones((len(self.tokens), 1), dtype=np.int64)
        return np.hstack([self.tokens, self.tokens**2, self._squared_documents(), ones])

    def _squared_documents(self) -> npt.NDArray[np.int64]:
        _, first, index = np.unique(self.documents, return_index=True, return_inverse=True)
        sums = np.zeros((len(first), self.tokens.shape[1]), dtype=np.int64)
        np.add.at(sums, index, self.tokens)
        squares = np.zeros_like(self.tokens)
        squares[first] = sums**2
        return squares


def lengths(
    tokens: npt.ArrayLike,
    languages: Sequence[str],
    reference: str,
    documents: npt.ArrayLike,
    order: str,
    *,
    end_of_unit: bool = False,
) -> Lengths:
    """Checked `Lengths`; with `end_of_unit`, every unit has one token more.

    Raises InputError for a reference that is no column and for a language without tokens.
    """
    counts = np.asarray(tokens, dtype=np.int64) + int(end_of_unit)
    if counts.ndim != 2 or counts.shape != (len(np.asarray(documents)), len(languages)):
        raise ValueError(f"tokens {counts.shape} are not [units, {len(languages)} languages]")
    if reference not in languages:
        raise InputError(f"reference language {reference!r} is not among {', '.join(languages)}: "
                         "choose one of them")  # fmt: skip
    empty = [name for name, n in zip(languages, counts.sum(axis=0), strict=True) if n <= 0]
    if empty:
        raise InputError(f"language {empty[0]!r} has no tokens: check its text and vocabulary")
    column = tuple(languages).index(reference)
    codes = np.asarray(documents, dtype=np.int64)
    return Lengths(counts, tuple(languages), column, codes, order == "natural")


def check_context(of: Lengths, context: str, window: int) -> None:
    """Refuse, by name, a context that this corpus or this window cannot have."""
    if context not in CONTEXTS:
        raise InputError(f"unknown context {context!r}: use one of {', '.join(CONTEXTS)}")
    if context not in of.contexts:
        raise InputError("context 'document': this corpus has no natural order, so its documents "
                         "are not texts: leave it out")  # fmt: skip
    if context in WINDOWS and not fits(of, window):
        raise InputError(f"a window of {window} tokens is shorter than the longest unit "
                         f"({of.tokens.max()} tokens): choose a longer one")  # fmt: skip


def fits(of: Lengths, window: int) -> bool:
    """Whether every unit of every language fits into a window of so many tokens."""
    return window >= int(of.tokens.max())


def moments(totals: Floats, of: Lengths, context: str, window: int) -> tuple[Floats, Floats]:
    """(T, X) per unit of meaning, both [n, languages], from totals [n, 3 · languages + 1]."""
    n = len(of.languages)
    per_unit = totals / totals[:, -1:]
    linear = per_unit[:, :n]
    if context == "unit":
        return linear, per_unit[:, n : 2 * n]
    if context == "document":
        return linear, per_unit[:, 2 * n : 3 * n]
    if context == "window":
        return linear, window * linear
    return linear, window * linear**2 / linear[:, [of.reference]]

"""The vectorised 5-gram against one written in plain dictionaries, and against its own axioms."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from bench.training import batches
from bench.training.batches import Stream
from bench.training.data import RunData
from bench.training.kneser_ney import KneserNey

START = "<s>"


class PlainKneserNey:
    """Interpolated modified Kneser-Ney as Chen & Goodman and Heafield et al. write it down."""

    def __init__(self, sentences: list[list[int]], order: int, ids: int) -> None:
        self.order, self.ids = order, ids
        raw: dict[int, Counter[tuple[int | str, ...]]] = {n: Counter() for n in range(1, order + 1)}
        for sentence in sentences:
            padded = [START, *sentence]
            for n in range(1, order + 1):
                for i in range(len(padded) - n + 1):
                    raw[n][tuple(padded[i : i + n])] += 1
        self.counts = {order: dict(raw[order])}
        for n in range(1, order):
            left = defaultdict(set)
            for gram in raw[n + 1]:
                left[gram[1:]].add(gram[0])
            self.counts[n] = {
                gram: count if gram[0] == START else len(left[gram])
                for gram, count in raw[n].items()
                if gram != (START,)
            }
        self.discounts = {n: self._discounts(n) for n in self.counts}

    def _discounts(self, n: int) -> list[float]:
        of = Counter(self.counts[n].values())
        if not (of[1] and of[2] and of[3]):
            return [0.0, 0.5, 1.0, 1.5]
        y = of[1] / (of[1] + 2 * of[2])
        found = [k - (k + 1) * y * of[k + 1] / of[k] for k in (1, 2, 3)]
        good = all(0 < d <= k for k, d in enumerate(found, start=1))
        return [0.0, *found] if good else [0.0, 0.5, 1.0, 1.5]

    def probability(self, history: tuple[int | str, ...], token: int) -> float:
        history = history[-(self.order - 1) :] if self.order > 1 else ()
        n = len(history) + 1
        lower = self.probability(history[1:], token) if history else 1.0 / self.ids
        followers = {g: c for g, c in self.counts[n].items() if g[:-1] == history}
        total = sum(followers.values())
        if not total:
            return lower
        taken = {g: self.discounts[n][min(c, 3)] for g, c in followers.items()}
        gram = (*history, token)
        kept = (followers[gram] - taken[gram]) / total if gram in followers else 0.0
        return kept + sum(taken.values()) / total * lower


def toy(seed: int, units: int, vocabulary: int = 7) -> tuple[Stream, np.ndarray]:
    """A stream with repeats and rare tokens, and its documents."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 9, units)
    ids = np.minimum(rng.geometric(0.35, int(sizes.sum())) - 1, vocabulary - 1)
    documents = np.repeat(np.arange(units), rng.integers(1, 6, units))[:units]
    return Stream.of(ids, np.cumsum([0, *sizes.tolist()]), vocabulary), documents


def sentences(stream: Stream, sequences: batches.Sequences) -> list[list[int]]:
    return [
        stream.ids[stream.starts[a] : stream.starts[b]].tolist()
        for a, b in zip(sequences.starts, sequences.stops, strict=True)
    ]


@pytest.mark.parametrize("context_units", [1, 3])
@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_agrees_with_plain_dictionaries(context_units: int, order: int) -> None:
    (train, documents), (held_out, other) = toy(0, 80), toy(1, 25)
    known, new = batches.cut(documents, context_units), batches.cut(other, context_units)
    plain = PlainKneserNey(sentences(train, known), order, train.eou + 1)
    found = KneserNey(train, known, order).unit_bits(held_out, new)
    expected: list[float] = []
    for sentence in sentences(held_out, new):
        bits = 0.0
        for i, token in enumerate(sentence):
            bits -= math.log2(plain.probability((START, *sentence[:i]), token))
            if token == train.eou:
                expected.append(bits)
                bits = 0.0
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_probabilities_sum_to_one() -> None:
    """Over every next token after some history, seen or not: bits of one-token continuations."""
    (train, documents), vocabulary = toy(2, 60), 7
    model = KneserNey(train, batches.cut(documents, 4))
    for history in ([], [0], [1, 0], [6, 6, 6], [0, 1, 0, 0, 2]):
        total = 0.0
        for token in range(vocabulary + 1):
            stream = _raw([*history, token], train.eou)
            bits = model.unit_bits(stream, batches.Sequences(np.array([0]), np.array([1])))
            before = _prefix_bits(model, history, train.eou)
            total += 2.0 ** -(float(bits[0]) - before)
        assert total == pytest.approx(1.0, abs=1e-9)


def _raw(ids: list[int], eou: int) -> Stream:
    """A stream of one unit without its EOU, to ask for one probability."""
    return Stream(np.array(ids, np.int32), np.array([0, len(ids)]), eou)


def _prefix_bits(model: KneserNey, history: list[int], eou: int) -> float:
    if not history:
        return 0.0
    one = batches.Sequences(np.array([0]), np.array([1]))
    return float(model.unit_bits(_raw(history, eou), one)[0])


def test_more_context_of_the_same_text_does_not_move_it_far(data: RunData) -> None:
    train, test = data.splits["train"], data.splits["test"]
    means = []
    for k in (1, 3):
        model = KneserNey(train.streams["en"], batches.cut(train.documents, k))
        sequences = batches.cut(test.documents, k)
        means.append(model.unit_bits(test.streams["en"], sequences).mean())
    assert means[0] == pytest.approx(means[1], rel=0.25)
    assert means[0] < 40  # three choices of 5, 4 and 5 are 6.6 bits; bytes learn most of it

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.training import batches
from bench.training.batches import Sequences, Stream
from bench.training.data import RunData
from bench.training.spec import RunSpec


def ranges(sequences: Sequences) -> list[tuple[int, int]]:
    return list(zip(sequences.starts.tolist(), sequences.stops.tolist(), strict=True))


def test_stream_puts_eou_after_every_unit() -> None:
    stream = Stream.of(np.array([5, 6, 7]), np.array([0, 2, 2, 3]), 9)
    assert stream.ids.tolist() == [5, 6, 9, 9, 7, 9]
    assert stream.starts.tolist() == [0, 3, 4, 6]


def test_cut_by_hand() -> None:
    documents = np.array([0, 0, 0, 1, 2, 2])
    assert ranges(batches.cut(documents, 2)) == [(0, 2), (2, 3), (3, 4), (4, 6)]
    assert ranges(batches.cut(documents, 1)) == [(i, i + 1) for i in range(6)]


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.integers(1, 5))
def test_no_sequence_straddles_documents_and_none_loses_a_unit(sizes: list[int], k: int) -> None:
    documents = np.repeat(np.arange(len(sizes)), sizes)
    cut = batches.cut(documents, k)
    assert np.concatenate([np.arange(*r) for r in ranges(cut)]).tolist() == list(range(sum(sizes)))
    assert all(len(set(documents[a:b].tolist())) == 1 for a, b in ranges(cut))
    assert cut.units.max() <= k


def test_every_language_sees_the_same_units_at_every_step(data: RunData) -> None:
    """The plan of an epoch is made without looking at a language, and covers it once."""
    train = data.splits["train"]
    cut = batches.cut(train.documents, 3)
    steps = batches.epoch(cut, 16, seed=5, number=2)
    assert sorted(np.concatenate(steps).tolist()) == list(range(len(cut)))
    for step in steps:
        for stream in train.streams.values():
            rows = batches.rectangles(cut[step], stream, 200)
            seen = sorted(unit for r in rows for pair in ranges(r) for unit in range(*pair))
            assert seen == sorted(u for pair in ranges(cut[step]) for u in range(*pair))


def test_order_is_a_pure_function_of_seed_and_epoch(data: RunData) -> None:
    cut = batches.cut(data.splits["train"].documents, 3)

    def flat(seed: int, number: int) -> list[int]:
        return list(np.concatenate(batches.epoch(cut, 16, seed, number)).tolist())

    assert flat(1, 0) == flat(1, 0)
    assert flat(1, 0) != flat(1, 1) and flat(1, 0) != flat(2, 0)


def test_steps_hold_equal_content_to_within_a_sequence(data: RunData) -> None:
    cut = batches.cut(data.splits["train"].documents, 3)
    units = [int(cut.units[step].sum()) for step in batches.epoch(cut, 16, 0, 0)]
    assert max(units) - min(units) <= 2 * 3


def test_what_is_too_long_in_one_language_is_left_out_in_all() -> None:
    """The limit falls between 4 and 900 in `b` only; `a` alone would keep everything."""
    sizes_a, sizes_b = [4] * 2000, [4] * 1999 + [900]
    streams = {
        name: Stream.of(np.zeros(sum(sizes), int), np.cumsum([0, *sizes]), 9)
        for name, sizes in (("a", sizes_a), ("b", sizes_b))
    }
    cut = batches.cut(np.arange(2000), 1)
    keep = batches.within_limits(cut, streams)
    assert keep.sum() == 1999 and not keep[1999]
    assert batches.within_limits(cut, {"a": streams["a"]}).all()


@settings(deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=40), st.integers(50, 2000))
def test_chunks_partition_within_capacity(long: list[int], capacity: int) -> None:
    lengths = np.array(long)
    pieces = batches.chunks(lengths, capacity)
    assert sorted(np.concatenate(pieces).tolist()) == list(range(len(long)))
    for piece in pieces:
        assert len(piece) == 1 or len(piece) * lengths[piece].max() <= capacity


def test_chunks_find_the_cheapest_cut() -> None:
    """Two lengths far apart: one rectangle would pad 10 × 90 tokens."""
    lengths = np.array([10, 100] * 5)
    pieces = batches.chunks(lengths, 10_000)
    assert sorted(sorted(lengths[piece].tolist()) for piece in pieces) == [[10] * 5, [100] * 5]


def test_fill_reads_eou_unit_eou_unit() -> None:
    stream = Stream.of(np.array([5, 6, 7]), np.array([0, 2, 2, 3]), 9)
    chunk = batches.fill(Sequences(np.array([0, 2]), np.array([2, 3])), stream)
    assert chunk.inputs.tolist() == [[9, 5, 6, 9], [9, 7, 9, 9]]
    assert chunk.targets.tolist() == [[5, 6, 9, 9], [7, 9, -100, -100]]
    assert chunk.positions.tolist() == [[0, 1, 2, 3], [4, 5, -1, -1]]
    wide = batches.fill(Sequences(np.array([0]), np.array([2])), stream, 16)
    assert wide.targets.shape == (1, 16) and (wide.targets == -100).sum() == 12


def test_padding_is_little_on_text(data: RunData, spec: Callable[..., RunSpec]) -> None:
    train = data.splits["train"]
    cut = batches.cut(train.documents, 3)
    for stream in train.streams.values():
        useful = spent = 0
        for step in batches.epoch(cut, spec().batch_units, 0, 0):
            for piece in batches.rectangles(cut[step], stream, spec().chunk_tokens):
                useful += int(batches.lengths(piece, stream).sum())
                spent += batches.fill(piece, stream).targets.size
        assert useful == len(stream.ids)
        assert spent < 1.25 * useful


@pytest.mark.parametrize("batch_units", [16, 64, 1000])
def test_epoch_has_the_steps_it_says(data: RunData, batch_units: int) -> None:
    cut = batches.cut(data.splits["train"].documents, 3)
    steps = batches.epoch(cut, batch_units, 0, 0)
    assert len(steps) == batches.steps_per_epoch(cut, batch_units)
    assert all(len(step) for step in steps)

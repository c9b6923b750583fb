import math

import numpy as np
import pytest

from bench.training import batches, evaluation
from bench.training.data import RunData
from tokenformer import LanguageModel, TransformerConfig, build

VOCABULARY = 256


@pytest.fixture
def model() -> LanguageModel:
    return build(TransformerConfig(VOCABULARY + 1, 16, 2, 2, dropout=0.5), seed=3)


def test_a_uniform_model_pays_log_v_a_token(data: RunData, model: LanguageModel) -> None:
    """All-zero embeddings give equal logits: bits = (tokens + EOU) × log2 of the ids."""
    import torch

    with torch.no_grad():
        model.embedding.weight.zero_()
    test = data.splits["test"]
    for stream in test.streams.values():
        bits = evaluation.unit_bits(model, stream, batches.cut(test.documents, 3))
        tokens = np.diff(stream.starts)
        np.testing.assert_allclose(bits, tokens * math.log2(VOCABULARY + 1), rtol=3e-7)


@pytest.mark.parametrize("capacity", [1, 60, 500, 100_000])
def test_batch_size_does_not_change_bits(
    data: RunData, model: LanguageModel, capacity: int
) -> None:
    test = data.splits["test"]
    cut = batches.cut(test.documents, 3)
    reference = evaluation.unit_bits(model, test.streams["ru"], cut)
    bits = evaluation.unit_bits(model, test.streams["ru"], cut, capacity)
    np.testing.assert_allclose(bits, reference, rtol=1e-6)
    assert model.training  # left as it came, and dropout was off: the bits above agree


def test_a_unit_is_conditioned_on_those_before_it_only(data: RunData, model: LanguageModel) -> None:
    """Bits of a prefix of units do not see what follows; they do see what precedes."""
    stream = data.splits["test"].streams["en"]
    whole = evaluation.unit_bits(
        model, stream, batches.Sequences(np.array([0]), np.array([stream.units]))
    )
    halves = batches.Sequences(np.array([0, 10]), np.array([10, stream.units]))
    cut = evaluation.unit_bits(model, stream, halves)
    np.testing.assert_allclose(cut[:10], whole[:10], rtol=1e-5)
    assert abs(cut[10:] - whole[10:]).max() > 1e-3


def test_unigram_bits_by_hand() -> None:
    """Train: one token `0`, one EOU of 3 ids with add-one counts 2, 1, 2 of 5."""
    stream = batches.Stream.of(np.array([0]), np.array([0, 1]), 2)
    expected = -math.log2(2 / 5) * 2
    assert evaluation.unigram_bits(stream, stream) == pytest.approx(expected)

"""Model shapes: published parameter counts to the digit, cards, refusals."""

from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from bench.costs import shapes
from bench.costs.shape import Experts, Shape
from bench.errors import InputError

PUBLISHED = {  # as the released checkpoints count, biases excepted
    "gpt2": 124_337_664,  # PaLM's N: position embeddings included, no biases
    "llama-2-7b": 6_738_415_616,
    "llama-3-8b": 8_030_261_248,
    "llama-3-70b": 70_553_706_496,
    "qwen-2.5-7b": 7_615_616_512 - 28 * (3584 + 2 * 512),  # it has biases of Q, K and V
}
IN_MILLIONS = {"tokenformer-124m": 123.57, "tokenformer-354m": 354.19}
IN_BILLIONS = {
    "tokenformer-757m": 0.757,
    "tokenformer-1.4b": 1.4,
    "tokenformer-150m": 0.15,
    "tokenformer-450m": 0.45,
    "tokenformer-900m": 0.9,
    "tokenformer-1.5b": 1.5,
    "deepseek-v2-lite": 15.7,
    "deepseek-v3": 671.0,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_the_published_ones(name: str) -> None:
    assert shapes.load(name).parameters == PUBLISHED[name]


@pytest.mark.parametrize("name", IN_MILLIONS)
def test_released_tokenformer_rows_to_the_digit(name: str) -> None:
    assert round(shapes.load(name).parameters / 1e6, 2) == IN_MILLIONS[name]


@pytest.mark.parametrize("name", IN_BILLIONS)
def test_named_sizes(name: str) -> None:
    assert shapes.load(name).parameters / 1e9 == pytest.approx(IN_BILLIONS[name], rel=0.06)


def test_active_parameters_of_mixtures() -> None:
    v3, lite = shapes.load("deepseek-v3"), shapes.load("deepseek-v2-lite")
    assert (v3.body_active + 2 * v3.embedding) / 1e9 == pytest.approx(37, abs=0.7)
    assert (lite.body_active + lite.embedding) / 1e9 == pytest.approx(2.4, abs=0.1)
    assert lite.cache_width == 576  # 512 latent numbers and 64 rotary ones, for all heads


@pytest.mark.parametrize(("size", "width", "heads", "ids"), [("2m", 160, 5, 4097),
                                                            ("3m", 192, 6, 8193)])  # fmt: skip
def test_the_small_pairs_are_matched_and_agree_with_the_models(size, width, heads, ids) -> None:
    from tokenformer import TokenFormerConfig, TransformerConfig, parameters

    pair = shapes.load(f"transformer-{size}"), shapes.load(f"tokenformer-{size}")
    assert pair[0].body == pair[1].body == 12 * 4 * width**2
    for shape, kind in zip(pair, (TransformerConfig, TokenFormerConfig), strict=True):
        config = kind(vocabulary=ids, width=width, layers=4, heads=heads)
        final_norm_bias = shape.width
        assert sum(parameters(config)) == shape.parameters + final_norm_bias


def test_released_150m_layer_has_16_widths_squared() -> None:
    shape = shapes.load("tokenformer-150m")
    assert shape.body // shape.layers == 16 * 768**2 == 9_437_184


def test_another_vocabulary_changes_the_embedding_alone() -> None:
    before = shapes.load("llama-3-8b")
    after = before.with_vocabulary(4096)
    assert after.body == before.body
    assert after.embedding == 4096 * before.width


GOOD = 'family = "transformer"\nlayers = 2\nwidth = 64\nheads = 4\nvocabulary = 9\ncontext = 8\n'


def test_a_user_adds_a_shape_in_toml(tmp_path: Path) -> None:
    card = tmp_path / "mine.toml"
    card.write_text(GOOD)
    shape = shapes.load(card)
    assert (shape.name, shape.kv_heads, shape.head_width, shape.feed_forward) == (
        "mine",
        4,
        16,
        256,
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("heads = 4", "heads = 5"), "5 heads do not divide the width 64"),
        (("heads = 4", "heads = 4\nkv_heads = 3"), "kv_heads 3 do not divide heads 4"),
        (("layers = 2", "layers = 0"), "layers is 0"),
        (("layers = 2", "layers = -1"), "layers is -1"),
        (("layers = 2", "layers = 2.5"), "layers is 2.5"),
        (("layers = 2", 'layers = "2"'), "layers is '2'"),
        (("layers = 2\n", ""), "lacks 'layers'"),
        (("heads = 4\n", ""), "give whole numbers"),
        (("width = 64", "width = 64\nwitdh = 3"), "unknown key 'witdh'"),
        (("transformer", "mamba"), "unknown family 'mamba'"),
        (("width = 64", "width = 64\npositions = 7"), "unknown positions 7"),
        (("context = 8", "context = 8\n[experts]\nrouted = 2"), "[experts] or [latent]"),
        (("context = 8", "context = 8\n[experts]\nrouted = 2\nactive = 3\nwidth = 4"), "active"),
        (("layers = 2", "layers == 2"), "correct the TOML file"),
        (("width = 64", "width = -64"), "width is -64"),
        (("heads = 4", "heads = 0"), "heads 0"),
        (("context = 8", "context = 0"), "context is 0"),
        (("layers = 2", f"layers = 1{'0' * 320}"), "layers is over 10¹²"),
        (("width = 64", "width = 64\ngated = 'no'"), "gated is 'no'"),
        (
            ("context = 8", "context = 8\n[latent]\nkv = -1\nrope = 0\nvalue_head_width = 4"),
            "latent.kv is -1",
        ),
        (
            ("context = 8", "context = 8\n[latent]\nkv = 2.5\nrope = 0\nvalue_head_width = 4"),
            "latent.kv is 2.5",
        ),
        (
            (
                "context = 8",
                "context = 8\n[experts]\nrouted = 2\nactive = 1\nwidth = 4\nshared = -1",
            ),
            "experts.shared is -1",
        ),
    ],
)
def test_impossible_shapes_are_refused_by_name(change: tuple[str, str], said: str) -> None:
    with pytest.raises(InputError) as refusal:
        shapes.parse(GOOD.replace(*change), "mine")
    assert said in str(refusal.value)
    assert "mine" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_name_is_text() -> None:
    with pytest.raises(InputError, match="name is 3: give text"):
        shapes.parse(GOOD + "\nname = 3", "mine")


def test_unknown_names_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown model shape 'gpt5'"):
        shapes.load("gpt5")
    with pytest.raises(InputError, match="check the path"):
        shapes.load(tmp_path / "none.toml")


def test_every_card_names_its_source() -> None:
    assert all(shapes.load(name).source for name in shapes.names())


def test_experts_must_be_possible() -> None:
    shape = shapes.load("llama-2-7b")
    with pytest.raises(InputError):
        replace(shape, experts=Experts(routed=8, active=2, width=128, dense_layers=99))
    assert isinstance(replace(shape, experts=Experts(routed=8, active=2, width=128)), Shape)


def test_a_shape_of_ones_own_is_signed_with_its_digest(tmp_path: Path) -> None:
    assert all(shapes.signed(shapes.load(name)) == name for name in shapes.names())
    card = resources.files("bench.costs.shapes").joinpath("gpt2.toml").read_text("utf-8")
    (tmp_path / "gpt2.toml").write_text(card)
    assert shapes.signed(shapes.load(tmp_path / "gpt2.toml")) == "gpt2"
    own = replace(shapes.load("gpt2"), layers=13)
    assert shapes.signed(own) == f"gpt2@{shapes.digest(own)[:8]}"

"""Saving, loading, the released tensor names, and generating with a cache."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from tokenformer import (
    build,
    from_released,
    generate,
    grow,
    load,
    matched_pair,
    parameters,
    save,
)

PAIR = matched_pair(vocabulary=53, width=32, layers=2, heads=4)
IDS = torch.randint(0, 53, (2, 9), generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=PAIR, ids=lambda config: config.architecture)
def model(request):
    return build(request.param, seed=1)


def test_a_saved_model_comes_back(model, tmp_path):
    save(model, tmp_path / "new" / "folder")
    again = load(tmp_path / "new" / "folder")
    assert again.config == model.config
    assert torch.equal(again(IDS), model(IDS))
    assert all(parameter.requires_grad for parameter in again.parameters())
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "config.json",
        "model.safetensors",
    ]


def test_a_grown_model_keeps_its_pinned_scale(tmp_path):
    grown = grow(build(PAIR[1]), slots=96)
    save(grown, tmp_path)
    again = load(tmp_path)
    assert torch.equal(again(IDS), grown(IDS))
    assert float(again.blocks[0].tokens.query.scale) == pytest.approx(24**0.5)


def test_bf16_models_stay_bf16(model, tmp_path):
    save(model.to(torch.bfloat16), tmp_path)
    assert next(load(tmp_path).parameters()).dtype == torch.bfloat16


def spoil(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("norm.bias"), "the model has norm.bias, the file has not"),
        (lambda t: t.update(extra=torch.ones(1)), "the file has extra, the model has not"),
        (
            lambda t: t.update({"norm.bias": torch.ones(31)}),
            r"norm.bias is \(31,\) in the file, \(32,\) in the model",
        ),
        (lambda t: t.update({"norm.bias": torch.ones(32).half()}), "mixed dtypes: .* torch.float"),
    ],
)
def test_checkpoints_that_do_not_fit_name_both_sides(model, tmp_path, change, message):
    save(model, tmp_path)
    spoil(tmp_path, change)
    with pytest.raises(ValueError, match=message):
        load(tmp_path)


def test_a_shape_larger_than_its_file_is_never_built(model, tmp_path):
    save(model, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    for shape, said in (({"layers": 10**12}, "layers, the file holds"),
                        ({"vocabulary": 10**30}, "no model has the shape")):  # fmt: skip
        (tmp_path / "config.json").write_text(json.dumps({**config, **shape}))
        with pytest.raises(ValueError, match=said):
            load(tmp_path)


def test_damaged_files_are_a_value_error(model, tmp_path):
    save(model, tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 40)
    with pytest.raises(ValueError, match="is not a safetensors file"):
        load(tmp_path)
    (tmp_path / "config.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match="is not JSON"):
        load(tmp_path)


def test_missing_files_and_unknown_configs(model, tmp_path):
    with pytest.raises(ValueError, match=r"config\.json is missing"):
        load(tmp_path)
    save(model, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "depth": 3}))
    with pytest.raises(ValueError, match="unknown fields \\['depth'\\]"):
        load(tmp_path)


def released_names(model):
    """The tensors of a TokenFormer under the names that the release gives them."""
    homes = {
        "attention.query": "query",
        "attention.key": "key",
        "attention.value": "value",
        "attention.proj": "out",
    }
    named = {"sequential.0.word_embeddings.weight": model.embedding.weight}
    for number, block in enumerate(model.blocks):
        layers = {theirs: getattr(block.tokens, ours) for theirs, ours in homes.items()}
        layers["mlp"] = block.channels.pattention
        for theirs, layer in layers.items():
            prefix = f"sequential.{number + 2}.{theirs}"
            named[f"{prefix}.key_param_tokens"] = layer.keys
            named[f"{prefix}.value_param_tokens"] = layer.values
        named[f"sequential.{number + 2}.attention.rotary_emb.inv_freq"] = torch.ones(4)
    named["sequential.5.norm.weight"] = model.norm.weight
    named["sequential.5.norm.bias"] = model.norm.bias
    return {name: tensor.detach().clone() for name, tensor in named.items()}


def test_released_checkpoints_load_by_their_names():
    model = build(PAIR[1], seed=1)
    loaded = from_released(released_names(model), heads=4)
    assert loaded.config == model.config
    assert torch.equal(loaded(IDS), model(IDS))
    assert sum(p.numel() for p in loaded.parameters()) == sum(parameters(loaded.config))


def test_other_names_are_refused():
    tensors = released_names(build(PAIR[1]))
    with pytest.raises(ValueError, match=r"lm_head\.weight is no tensor of a released"):
        from_released({**tensors, "lm_head.weight": torch.ones(1)}, heads=4)
    tensors.pop("sequential.3.mlp.value_param_tokens")
    with pytest.raises(ValueError, match=r"a TokenFormer has blocks\.1\.channels"):
        from_released(tensors, heads=4)


def test_the_cache_changes_nothing(model):
    states = model.initial_states(batch=2, capacity=9)
    parts = [model.hidden(IDS[:, :4], states), model.hidden(IDS[:, 4:5], states, 4)]
    parts.append(model.hidden(IDS[:, 5:], states, 5))
    torch.testing.assert_close(torch.cat(parts, 1), model.hidden(IDS))


def test_greedy_generation_is_what_the_whole_model_would_say(model):
    ids = IDS
    for _ in range(5):
        ids = torch.cat((ids, model(ids)[:, -1:].argmax(-1)), 1)
    assert torch.equal(generate(model, IDS, 5, temperature=0), ids)


def test_sampling_is_seeded_and_bounded(model):
    def sample(seed, top_k):
        generator = torch.Generator().manual_seed(seed)
        return generate(model, IDS, 20, top_k=top_k, generator=generator)

    assert torch.equal(sample(1, None), sample(1, None))
    assert not torch.equal(sample(1, None), sample(2, None))
    assert torch.equal(sample(1, 1), generate(model, IDS, 20, temperature=0))


def test_generation_refuses_an_empty_prompt(model):
    with pytest.raises(ValueError, match="length of at least 1"):
        generate(model, IDS[:, :0], 3)

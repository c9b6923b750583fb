"""From the shapes of the cost cards to models that train."""

import pytest

from bench.arms import run_spec
from bench.errors import InputError
from bench.profile import Arm, Training
from bench.training.models import config, model_fields

MODELS = ("transformer-3m", "tokenformer-3m")


@pytest.mark.parametrize("model", MODELS)
def test_fields_give_the_parameters_that_the_cards_state(model: str) -> None:
    made = config(model_fields(model), 8193)
    assert made.layers * made.layer_parameters == 12 * 192**2 * 4


@pytest.mark.parametrize("model", MODELS)
def test_the_start_of_a_block_is_named_only_where_it_is_not_the_released_one(model: str) -> None:
    plain, zero = model_fields(model), model_fields(model, residual_init="zero")
    assert zero == {**plain, "residual_init": "zero"}  # keys of finished runs stay
    assert config(plain, 99).residual_std > config(zero, 99).residual_std == 0


def test_a_shape_with_learned_positions_is_not_trained_with_others() -> None:
    with pytest.raises(InputError, match=r"'gpt2' cannot be trained here.*rotary positions"):
        model_fields("gpt2")


def test_a_profile_says_how_blocks_begin() -> None:
    common = {"corpus": "tales", "models": ("m",), "vocabularies": ("v",)}
    assert Training.model_validate(common).residual_init == "released"
    settings = Training.model_validate({**common, "residual_init": "zero"})
    spec = run_spec(settings, "transformer-3m", ("en",), 0, "fp32", Arm(name="one"))
    assert spec.stages[0].model["residual_init"] == "zero"
    with pytest.raises(ValueError, match=r"residual_init\n.*'released' or 'zero'"):
        Training.model_validate({**common, "residual_init": "small"})

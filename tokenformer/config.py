"""The shapes of the models as data: frozen, comparable, in JSON, counted without PyTorch."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, Literal, TypeVar, cast, get_args

Normalisation = Literal["l2_gelu", "gelu_l2", "softmax"]
NORMALISATIONS: tuple[str, ...] = get_args(Normalisation)
ResidualInit = Literal["released", "zero"]

_LATER = cast(int, None)  # a default that __post_init__ derives from the width


@dataclass(frozen=True)
class ModelConfig:
    """What every model over the shared skeleton has in common.

    `rotary_share` of each head's width is rotated by position; `dropout` acts on the embeddings
    and on every residual branch while training. `residual_init` says how weights start
    that write to the residual stream: N(0, `value_std`), or "zero", where a block begins as the
    identity (Zhang et al. 2019, arXiv 1901.09321). Raises ValueError for shapes that cannot be.
    """

    architecture: ClassVar[str] = "model"

    vocabulary: int
    width: int
    layers: int
    heads: int
    rotary_share: float = 0.25
    rotary_base: float = 10_000.0
    dropout: float = 0.0
    tied: bool = True
    residual_init: ResidualInit = "released"

    def __post_init__(self) -> None:
        for name in ("vocabulary", "width", "layers", "heads"):
            require_positive(name, getattr(self, name))
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        if not 0.0 <= self.rotary_share <= 1.0:
            raise ValueError(f"rotary_share {self.rotary_share} is outside 0..1")
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout {self.dropout} is outside 0..1 (1 excluded)")
        if self.residual_init not in (known := get_args(ResidualInit)):
            raise ValueError(f"residual_init {self.residual_init!r} is not in {', '.join(known)}")

    @property
    def value_std(self) -> float:
        """2 / (L √d), the released std: 0.006 at L = 12, d = 768, but 0.036 at L = 4, d = 192."""
        return 2 / (self.layers * math.sqrt(self.width))

    @property
    def residual_std(self) -> float:
        """The std at which weights that write to the residual stream are drawn."""
        return 0.0 if self.residual_init == "zero" else self.value_std

    @property
    def head_width(self) -> int:
        """The width of one attention head."""
        return self.width // self.heads

    @property
    def rotary_width(self) -> int:
        """How many leading dimensions of a head are rotated; always even."""
        return int(self.head_width * self.rotary_share) // 2 * 2

    @property
    def layer_parameters(self) -> int:
        """Parameters of one layer. Block norms have none."""
        raise NotImplementedError


@dataclass(frozen=True)
class TransformerConfig(ModelConfig):
    """The baseline: attention of 4d² and a GELU feed-forward block of 2·d·ffn_width, no biases."""

    architecture: ClassVar[str] = "transformer"

    ffn_width: int = _LATER  # 4 * width unless given

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ffn_width is None:
            object.__setattr__(self, "ffn_width", 4 * self.width)
        require_positive("ffn_width", self.ffn_width)

    @property
    def layer_parameters(self) -> int:
        """4d² of attention and 2·d·ffn_width of feed-forward weights."""
        return 4 * self.width**2 + 2 * self.width * self.ffn_width


@dataclass(frozen=True)
class TokenFormerConfig(ModelConfig):
    """TokenFormer: `slots` for each of Q, K, V, `projection_slots` for the output, `ffn_slots`.

    Unless given, slots = 0.75 · width and ffn_slots = 4 · slots, which is the parameter count of
    the Transformer of the same width and depth: 12d² a layer.
    """

    architecture: ClassVar[str] = "tokenformer"

    slots: int = _LATER
    projection_slots: int = _LATER
    ffn_slots: int = _LATER
    normalisation: Normalisation = "l2_gelu"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.slots is None:
            object.__setattr__(self, "slots", max(1, round(0.75 * self.width)))
        if self.projection_slots is None:
            object.__setattr__(self, "projection_slots", self.slots)
        if self.ffn_slots is None:
            object.__setattr__(self, "ffn_slots", 4 * self.slots)
        for name in ("slots", "projection_slots", "ffn_slots"):
            require_positive(name, getattr(self, name))
        if self.normalisation not in NORMALISATIONS:
            known = ", ".join(NORMALISATIONS)
            raise ValueError(f"normalisation {self.normalisation!r} is not one of {known}")

    @property
    def layer_parameters(self) -> int:
        """2d(3·slots + projection_slots + ffn_slots): a key and a value of width d per slot."""
        return 2 * self.width * (3 * self.slots + self.projection_slots + self.ffn_slots)


Config = TypeVar("Config", bound=ModelConfig)


def require_positive(name: str, value: object) -> None:
    """Raise ValueError unless `value` is a whole number of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} {value!r} must be a whole number of at least 1")


def parameters(config: ModelConfig) -> tuple[int, int]:
    """(body, embedding) parameters of a model, from its shape alone; nothing is allocated.

    The body is the layers and the final norm's weight and bias; the embedding is V·d, twice that
    where input and output embeddings are not tied.
    """
    body = config.layers * config.layer_parameters + 2 * config.width
    return body, config.vocabulary * config.width * (1 if config.tied else 2)


def matched_pair(
    vocabulary: int, width: int, layers: int, heads: int, **common: Any
) -> tuple[TransformerConfig, TokenFormerConfig]:
    """A Transformer and a TokenFormer with equally many parameters, by construction.

    Exact where the width is a multiple of 4 (slots = 0.75 · width); other widths raise ValueError,
    since three quarters of them are no whole number of slots: use `match` there.
    """
    if width % 4:
        raise ValueError(f"width {width} is not a multiple of 4, so 0.75 · width is not whole")
    shape = {"vocabulary": vocabulary, "width": width, "layers": layers, "heads": heads, **common}
    return TransformerConfig(**shape), TokenFormerConfig(**shape)


def match(config: Config, target: ModelConfig) -> Config:
    """`config` with the free width (ffn_width, or slots at 1:1:4) whose parameters come nearest.

    The search is over whole numbers; of two equally near the smaller one is taken.
    """
    goal = sum(parameters(target))
    one, two = (sum(parameters(_with_size(config, size))) for size in (1, 2))
    guess = max(1, 1 + (goal - one) // (two - one))
    candidates = (_with_size(config, size) for size in (guess, guess + 1))
    return min(candidates, key=lambda candidate: abs(sum(parameters(candidate)) - goal))


def _with_size(config: Config, size: int) -> Config:
    if isinstance(config, TokenFormerConfig):
        return replace(config, slots=size, projection_slots=size, ffn_slots=4 * size)
    return replace(config, ffn_width=size)  # type: ignore[call-arg]


def to_dict(config: ModelConfig) -> dict[str, Any]:
    """The config as plain JSON values, its architecture named first."""
    return {"architecture": config.architecture, **asdict(config)}


def from_dict(values: dict[str, Any]) -> ModelConfig:
    """The config that `to_dict` wrote. Unknown architectures and fields raise ValueError."""
    known = {kind.architecture: kind for kind in (TransformerConfig, TokenFormerConfig)}
    name = values.get("architecture") if isinstance(values, dict) else None
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"architecture {name!r} is not one of {', '.join(sorted(known))}")
    kind = known[name]
    given = {key: value for key, value in values.items() if key != "architecture"}
    names = {field.name for field in fields(kind)}
    if unknown := sorted(given.keys() - names):
        raise ValueError(f"{name} config has unknown fields {unknown}; known: {sorted(names)}")
    try:
        return kind(**given)
    except TypeError as error:  # a field that is missing, or of another type
        raise ValueError(f"{name} config: {error}") from None

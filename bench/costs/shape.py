"""The shape of a model: the sizes that its FLOPs, parameters and caches follow from.

Sizes are named as the field names them. Weights are counted as the matrices that a token is
multiplied by, and the gains of norms; biases are left out, as in PaLM's convention.
"""

from dataclasses import dataclass, fields, replace
from typing import Literal

from bench.errors import InputError

Family = Literal["transformer", "tokenformer"]
MAY_BE_ZERO = ("shared", "dense_layers", "rope", "query")
"""The sizes of experts and latent attention that can be 0."""
MOST = 10**12  # of any size: their products are then numbers that a float can hold
Positions = Literal["rotary", "learned", "none"]


@dataclass(frozen=True)
class Experts:
    """A mixture of experts in place of the feed-forward block, after `dense_layers` dense ones.

    `routed` experts of hidden width `width` exist in a layer; a token goes through `active` of
    them and through every one of the `shared`.
    """

    routed: int
    active: int
    width: int
    shared: int = 0
    dense_layers: int = 0


@dataclass(frozen=True)
class Latent:
    """Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1).

    Keys and values are rebuilt from `kv` latent numbers and `rope` rotary ones a token, which
    are all that is cached; queries go through `query` latent numbers, or straight if 0. A head
    multiplies `head_width + rope` numbers in its scores and `value_head_width` in its values.
    """

    kv: int
    rope: int
    value_head_width: int
    query: int = 0


@dataclass(frozen=True)
class Shape:
    """A language model's sizes; `feed_forward` for a Transformer, slots for a TokenFormer."""

    name: str
    family: Family
    layers: int
    width: int
    heads: int
    kv_heads: int
    head_width: int
    vocabulary: int
    context: int
    feed_forward: int = 0
    gated: bool = False
    slots: int = 0
    ffn_slots: int = 0
    tied: bool = True
    positions: Positions = "rotary"
    block_norm_gains: bool = True
    experts: Experts | None = None
    latent: Latent | None = None
    source: str = ""

    def __post_init__(self) -> None:
        check(self)

    def with_vocabulary(self, size: int) -> "Shape":
        """The same shape over another vocabulary of `size` tokens."""
        return replace(self, vocabulary=size)

    @property
    def score_width(self) -> int:
        """Numbers multiplied per pair of tokens and layer in the scores, over all heads."""
        return self.heads * (self.head_width + (self.latent.rope if self.latent else 0))

    @property
    def value_width(self) -> int:
        """Numbers multiplied per pair of tokens and layer in the values, over all heads."""
        return self.heads * (self.latent.value_head_width if self.latent else self.head_width)

    @property
    def cache_width(self) -> int:
        """Numbers that the key-value cache holds per token and layer."""
        if self.latent:
            return self.latent.kv + self.latent.rope
        return 2 * self.kv_heads * self.head_width

    @property
    def projections(self) -> int:
        """Weights of the query, key, value and output projections, all layers together."""
        if self.family == "tokenformer":
            sides = 2 * (self.width + self.value_width) + 2 * (self.width + self._kv_width)
            return self.layers * self.slots * sides
        if self.latent:
            return self.layers * self._latent_projections(self.latent)
        return self.layers * 2 * self.width * (self.value_width + self._kv_width)

    @property
    def feed_forward_active(self) -> int:
        """Feed-forward weights that one token is multiplied by, router included, all layers."""
        return self._feed_forward(stored=False)

    @property
    def body(self) -> int:
        """Weights in the matrices of all layers, every expert counted."""
        return self.projections + self._feed_forward(stored=True)

    @property
    def body_active(self) -> int:
        """Weights in the matrices of all layers that one token is multiplied by."""
        return self.projections + self.feed_forward_active

    @property
    def embedding(self) -> int:
        """Weights of one vocabulary matrix: the embedding, or the logits'."""
        return self.vocabulary * self.width

    @property
    def look_ups(self) -> int:
        """Weights that are looked up or multiplied elementwise: positions, norms, an untied
        embedding. Some conventions count them as if they were matrices."""
        positions = self.context * self.width if self.positions == "learned" else 0
        norms = (2 * self.layers * self.block_norm_gains + 1) * self.width
        return positions + norms + (0 if self.tied else self.embedding)

    @property
    def parameters(self) -> int:
        """All parameters, biases excepted."""
        return self.body + self.embedding + self.look_ups

    @property
    def _kv_width(self) -> int:
        return self.kv_heads * self.head_width

    def _latent_projections(self, latent: Latent) -> int:
        if latent.query:
            query = latent.query * (self.width + self.score_width)
        else:
            query = self.width * self.score_width
        down = self.width * (latent.kv + latent.rope)
        up = latent.kv * (self.heads * self.head_width + self.value_width)
        return query + down + up + self.value_width * self.width

    def _feed_forward(self, *, stored: bool) -> int:
        if self.family == "tokenformer":
            return self.layers * self.ffn_slots * 2 * self.width
        matrices = (3 if self.gated else 2) * self.width
        if self.experts is None:
            return self.layers * matrices * self.feed_forward
        dense = self.experts.dense_layers
        used = (self.experts.routed if stored else self.experts.active) + self.experts.shared
        routed = matrices * self.experts.width * used + self.width * self.experts.routed
        return dense * matrices * self.feed_forward + (self.layers - dense) * routed


def check(shape: Shape) -> None:
    """Refuse a shape that no model can have, naming the field and what to do."""
    if not isinstance(shape.name, str):
        raise _refusal(shape, f"name is {shape.name!r}", "give text")
    _check_sizes(shape)
    _check_switches(shape)
    if shape.family not in ("transformer", "tokenformer"):
        raise _refusal(shape, f"unknown family {shape.family!r}", "use transformer or tokenformer")
    if shape.positions not in ("rotary", "learned", "none"):
        raise _refusal(shape, f"unknown positions {shape.positions!r}", "rotary, learned or none")
    if shape.heads % shape.kv_heads:
        raise _refusal(
            shape,
            f"kv_heads {shape.kv_heads} do not divide heads {shape.heads}",
            "choose a divisor",
        )
    if shape.experts and not _possible(shape.experts, shape.layers):
        raise _refusal(shape, "more active experts or dense layers than there are", "lower them")


def _check_sizes(shape: Shape) -> None:
    sizes = ["layers", "width", "heads", "kv_heads", "head_width", "vocabulary", "context"]
    own = {"transformer": ["feed_forward"], "tokenformer": ["slots", "ffn_slots"]}
    for name in sizes + own.get(shape.family, []):
        _check_size(shape, name, getattr(shape, name), 1)
    for part, named in (("experts", shape.experts), ("latent", shape.latent)):
        for field in fields(named) if named else ():
            least = 0 if field.name in MAY_BE_ZERO else 1
            _check_size(shape, f"{part}.{field.name}", getattr(named, field.name), least)


def _check_size(shape: Shape, name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _refusal(shape, f"{name} is {value!r}", f"give a whole number of at least {least}")
    if value > MOST:
        raise _refusal(shape, f"{name} is over 10¹²", "give a size that a model can have")


def _check_switches(shape: Shape) -> None:
    for name in ("gated", "tied", "block_norm_gains"):
        if not isinstance(value := getattr(shape, name), bool):
            raise _refusal(shape, f"{name} is {value!r}", "give true or false")


def _possible(experts: Experts, layers: int) -> bool:
    return experts.active <= experts.routed and experts.dense_layers <= layers


def _refusal(shape: Shape, what: str, todo: str) -> InputError:
    return InputError(f"model shape {shape.name!r}: {what}: {todo}")

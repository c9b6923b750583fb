"""The model shapes in the packaged cards, and a user's own from a TOML file of the same kind."""

import hashlib
import tomllib
from dataclasses import asdict, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from bench.cell import canonical
from bench.costs.shape import Experts, Latent, Shape
from bench.errors import InputError

__all__ = ["Experts", "Latent", "Shape", "digest", "load", "names", "parse", "signed"]


@cache
def names() -> tuple[str, ...]:
    """The shapes that have a card here, sorted."""
    cards = (card.name for card in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in cards if name.endswith(".toml")))


def load(name: str | Path) -> Shape:
    """A packaged shape by its name, or one of the user's own by the path of its TOML file.

    Raises InputError for an unknown name, a malformed file or a shape that cannot exist.
    """
    if str(name) in names():
        text = resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
        return parse(text, str(name))
    if not str(name).endswith(".toml"):
        raise InputError(f"unknown model shape {str(name)!r}: use one of {', '.join(names())}, "
                         "or the path of a .toml file")  # fmt: skip
    try:
        return parse(Path(name).read_text(encoding="utf-8"), Path(name).stem)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"model shape {name}: cannot be read ({error}): check the path") from None


def digest(shape: Shape) -> str:
    """SHA-256 (hex) of a shape's sizes, whatever its card is called."""
    return hashlib.sha256(canonical(asdict(shape)).encode()).hexdigest()


def signed(shape: Shape) -> str:
    """A shape in a signature: its name, and of a user's own, `shape@1a2b3c4d`, its digest."""
    packaged = shape.name in names() and shape == load(shape.name)
    return shape.name if packaged else f"{shape.name}@{digest(shape)[:8]}"


def parse(text: str, name: str) -> Shape:
    """The shape that a card's TOML text describes.

    Left out, `kv_heads` is `heads`, `head_width` is width / heads, `feed_forward` is 4 widths,
    `slots` is 3/4 of the width and `ffn_slots` 4 times that: the pair that has 12 width² weights
    a layer in both families.
    """
    try:
        card = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also of a number of 4,300 digits
        raise InputError(f"model shape {name!r}: {error}: correct the TOML file") from None
    try:
        return Shape(**_complete(card, name))
    except TypeError:
        raise InputError(f"model shape {name!r}: {_misfit(card)}") from None


def _complete(card: dict[str, Any], name: str) -> dict[str, Any]:
    width, heads = card.get("width", 0), card.get("heads", 0)
    defaults: dict[str, Any] = {"name": name, "kv_heads": heads}
    if "head_width" not in card:
        defaults["head_width"] = _head_width(width, heads, name)
    if card.get("family") == "tokenformer":
        slots = card.get("slots", width * 3 // 4)
        defaults |= {"slots": slots, "ffn_slots": 4 * slots, "block_norm_gains": False}
    else:
        defaults["feed_forward"] = 4 * width
    parts = {"experts": Experts, "latent": Latent}
    nested = {key: kind(**card[key]) for key, kind in parts.items() if key in card}
    return {**defaults, **card, **nested}


def _head_width(width: Any, heads: Any, name: str) -> int:
    if not isinstance(width, int) or not isinstance(heads, int) or heads < 1:
        raise InputError(f"model shape {name!r}: width {width!r} and heads {heads!r}: give whole "
                         "numbers of at least 1")  # fmt: skip
    if width % heads:
        raise InputError(f"model shape {name!r}: {heads} heads do not divide the width {width}: "
                         "choose a divisor or state head_width")  # fmt: skip
    return width // heads


def _misfit(card: dict[str, Any]) -> str:
    known = {field.name for field in fields(Shape)}
    unknown = sorted(set(card) - known)
    if unknown:
        return f"unknown key {unknown[0]!r}: remove it or correct its spelling"
    missing = [key for key in ("family", "layers", "vocabulary", "context") if key not in card]
    if missing:
        return f"lacks {missing[0]!r}: add it"
    return "a key of [experts] or [latent] is missing, unknown or of another type: correct it"

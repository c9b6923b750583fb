"""The released sizes (arXiv 2410.23168 and the configuration files beside its code)."""

from __future__ import annotations

from tokenformer.config import TokenFormerConfig

RELEASED_VOCABULARY = 50_304  # GPT-NeoX-20B's tokenizer, padded


def _released(layers: int, width: int, heads: int, slots: int) -> TokenFormerConfig:
    return TokenFormerConfig(
        vocabulary=RELEASED_VOCABULARY, width=width, layers=layers, heads=heads, slots=slots
    )


# Trained on the Pile: as many slots as the width.
# Grown on OpenWebText2: width 768 from 576 slots; width 1024 from 768 slots.
PRESETS: dict[str, TokenFormerConfig] = {
    "150m": _released(12, 768, 12, 768),
    "450m": _released(24, 1024, 16, 1024),
    "900m": _released(32, 1280, 16, 1280),
    "1.5b": _released(40, 1536, 16, 1536),
    "growth-124m": _released(12, 768, 12, 576),
    "growth-124m-to-354m": _released(12, 768, 12, 2140),
    "growth-354m": _released(24, 1024, 16, 768),
    "growth-354m-to-757m": _released(24, 1024, 16, 1792),
}


def preset(name: str) -> TokenFormerConfig:
    """The config of a released size. An unknown name raises ValueError with the known ones."""
    if name not in PRESETS:
        raise ValueError(f"preset {name!r} is not one of {', '.join(PRESETS)}")
    return PRESETS[name]

"""How a value was made, in one line that two values can be compared by (the idea of sacreBLEU)."""

from bench import __version__


def signature(**parts: str | int | float) -> str:
    """Join `key:value` parts in the order given, the suite's version last.

    >>> signature(corp="udhr@1a2b3c4d", n=30).rsplit("|", 1)[0]
    'corp:udhr@1a2b3c4d|n:30'
    """
    written = {**parts, "v": __version__}
    return "|".join(f"{key}:{_clean(value)}" for key, value in written.items())


def parse(text: str) -> dict[str, str]:
    """Take a signature apart again: `{"corp": "udhr@1a2b3c4d", "n": "30", …}`."""
    return dict(part.split(":", 1) for part in text.split("|") if ":" in part)


def _clean(value: str | int | float) -> str:
    written = f"{value:.6g}" if isinstance(value, float) else str(value)
    return written.replace("|", "/")

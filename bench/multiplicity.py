"""P-values of several hypotheses at once: Holm within a family, conjunctions."""

from collections.abc import Iterator, Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down adjusted p-values (1979), in the order given; None is no test."""
    adjusted: list[float | None] = [None] * len(p_values)
    running = 0.0
    for steps_left, index in _holm_steps(p_values):
        running = max(running, min(1.0, steps_left * float(p_values[index] or 0.0)))
        adjusted[index] = running
    return adjusted


def holm_levels(p_values: Sequence[float | None], alpha: float = 0.05) -> list[float | None]:
    """The level at which Holm tests each hypothesis: alpha / (m - rank), for its interval."""
    levels: list[float | None] = [None] * len(p_values)
    for steps_left, index in _holm_steps(p_values):
        levels[index] = alpha / steps_left
    return levels


def largest(p_values: Sequence[float | None]) -> float | None:
    """The p-value of a conjunction: the largest; None as soon as one part has none."""
    known = [p for p in p_values if p is not None]
    return max(known) if known and len(known) == len(p_values) else None


def _holm_steps(p_values: Sequence[float | None]) -> Iterator[tuple[int, int]]:
    tested = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    return ((len(tested) - rank, index) for rank, (_, index) in enumerate(tested))

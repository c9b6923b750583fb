"""Intervals of costs per unit of meaning, every quantity of a corpus from one set of resamples.

A cost per unit is constant + linear·T + quadratic·X in a context (`contexts.moments`), or that
over the same of the reference language. Costs that are multiples of one another share an
interval: only distinct directions (constant : linear : quadratic) are resampled.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from bench.costs.contexts import Floats, Lengths, moments
from bench.statistics import Interval, estimates


@dataclass(frozen=True)
class Polynomial:
    """What a sequence costs: `constant` once, `linear` a token, `quadratic` a squared length."""

    constant: float
    linear: float
    quadratic: float = 0

    @property
    def scale(self) -> float:
        """The coefficient that is divided out to get the direction."""
        return self.linear or self.quadratic or self.constant or 1

    def direction(self) -> "Polynomial":
        """The same polynomial up to its scale, so that equal directions compare equal."""
        by = self.scale
        return Polynomial(self.constant / by, self.linear / by, self.quadratic / by)


@dataclass(frozen=True)
class Quantity:
    """A polynomial of one language in a context, over the reference's where `over` is given.

    `constant` is charged once a unit of meaning, so it belongs to the context `unit` alone.
    """

    context: str
    window: int
    language: int
    polynomial: Polynomial
    over: Polynomial | None = None

    @property
    def scale(self) -> float:
        """What the interval of `direction()` is multiplied by."""
        return self.polynomial.scale / (self.over.scale if self.over else 1)

    def direction(self) -> "Quantity":
        """The quantity whose interval this one's is a multiple of."""
        over = self.over.direction() if self.over else None
        return replace(self, polynomial=self.polynomial.direction(), over=over)

    def canonical(self) -> "Quantity":
        """The same quantity, written without a context or window that it does not depend on."""
        pair = [p for p in (self.polynomial, self.over) if p]
        if self.context == "window":
            pair = [Polynomial(p.constant, p.linear + p.quadratic * self.window) for p in pair]
        if any(p.quadratic for p in pair):
            return self
        return Quantity("unit", 0, self.language, pair[0], pair[1] if self.over else None)


def intervals(
    of: Lengths, quantities: Iterable[Quantity], *, resamples: int = 10_000, seed: int = 0
) -> dict[Quantity, Interval]:
    """The interval of each quantity, per unit of meaning, by the K_eff rule of `statistics`."""
    wanted = {quantity: quantity.canonical() for quantity in quantities}
    directions = {quantity: quantity.direction() for quantity in wanted.values()}
    distinct = list(dict.fromkeys(directions.values()))
    found = estimates(
        of.columns(),
        of.documents,
        lambda totals: _values(totals, of, distinct),
        resamples=resamples,
        seed=seed,
    )
    by = {quantity: e.interval() for quantity, e in zip(distinct, found, strict=True)}
    return {q: scaled(by[directions[same]], same.scale) for q, same in wanted.items()}


def scaled(interval: Interval, factor: float) -> Interval:
    """The interval of `factor` (positive) times the quantity."""
    low, high = (None if end is None else end * factor for end in (interval.low, interval.high))
    return replace(interval, value=interval.value * factor, low=low, high=high)


def inverted(interval: Interval) -> Interval:
    """The interval of one over the quantity: the ends change places."""
    low, high = (None if end is None else 1 / end for end in (interval.high, interval.low))
    return replace(interval, value=1 / interval.value, low=low, high=high)


def _values(totals: Floats, of: Lengths, quantities: list[Quantity]) -> Floats:
    values = np.empty((len(totals), len(quantities)))
    places: dict[tuple[str, int], list[int]] = {}
    for place, quantity in enumerate(quantities):
        places.setdefault((quantity.context, quantity.window), []).append(place)
    for (context, window), group in places.items():
        linear, quadratic = moments(totals, of, context, window)
        members = [quantities[place] for place in group]
        language = [member.language for member in members]
        values[:, group] = _evaluate(linear, quadratic, language, [m.polynomial for m in members])
        _divide(values, linear, quadratic, of.reference, zip(group, members, strict=True))
    return values


def _divide(
    values: Floats,
    linear: Floats,
    quadratic: Floats,
    reference: int,
    placed: Iterable[tuple[int, Quantity]],
) -> None:
    over = [(place, member.over) for place, member in placed if member.over]
    below = _evaluate(linear, quadratic, [reference] * len(over), [p for _, p in over])
    values[:, [place for place, _ in over]] /= below


def _evaluate(
    linear: Floats, quadratic: Floats, language: list[int], polynomials: list[Polynomial]
) -> Floats:
    by_token = np.array([p.linear for p in polynomials], dtype=np.float64)
    by_square = np.array([p.quadratic for p in polynomials], dtype=np.float64)
    once = np.array([p.constant for p in polynomials], dtype=np.float64)
    return np.asarray(linear[:, language] * by_token + quadratic[:, language] * by_square + once)

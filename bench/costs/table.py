"""The rows of costs.csv for one vocabulary: what a unit of meaning costs on each model shape.

Beside every cost of a language other than the reference stands its ratio to the reference, under
the cost's name with `_ratio`, with the paired interval.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.costs import inference
from bench.costs.contexts import WINDOWS, Lengths, check_context, fits
from bench.costs.flops import TRAINING, Flops, forward, group
from bench.costs.prices import Prices
from bench.costs.quantities import Polynomial, Quantity, intervals, inverted
from bench.costs.shape import Shape
from bench.errors import InputError
from bench.statistics import Interval, k_eff

ANY_MODEL = "any"  # costs that follow from token counts alone


@dataclass(frozen=True)
class Options:
    """How costs are counted; every field is part of a signature.

    `window` is a number of tokens, or None for each shape's own context length. `budget` is the
    number of tokens that `effective_context_units` fills.
    """

    conventions: tuple[str, ...] = ("exact",)
    contexts: tuple[str, ...] | None = None
    window: int | None = None
    precision: str = "bf16"
    device: str = "a100-80gb"
    budget: int = 8192
    resamples: int = 10_000
    seed: int = 0


@dataclass(frozen=True)
class Cost:
    """One named cost in one context: a polynomial for each language."""

    model: str
    context: str
    window: int
    name: str
    convention: str
    unit: str
    polynomials: tuple[Polynomial, ...]
    inverse: bool = False  # the value is one over the polynomial
    absent: bool = False  # the longest unit does not fit into the model's own window


def cost_rows(
    of: Lengths,
    shapes: Sequence[Shape],
    vocabulary_sizes: Sequence[int] | None = None,
    *,
    vocabularies: Sequence[str] = (),
    prices: Prices | None = None,
    options: Options = Options(),
) -> list[dict[str, Any]]:
    """Rows with the columns of costs.csv, but for corpus, split, vocabulary, family, signature.

    `vocabulary_sizes` replaces the shapes' vocabulary, one size a language; `vocabularies` names
    each language's vocabulary for the price table. A window that is a shape's own context and too
    short for a unit gives empty values; one asked for by `options.window` raises InputError.
    """
    sizes = _sizes(of, vocabulary_sizes)
    costs = [cost for shape in shapes for cost in _shape_costs(of, shape, sizes, options)]
    costs += _token_costs(of, vocabularies, prices, options)
    quantities = {cost: _quantities(of, cost) for cost in costs}
    present = (q for cost, own in quantities.items() if not cost.absent for q in own)
    found = intervals(of, present, resamples=options.resamples, seed=options.seed)
    counts = _counts(of)
    return [
        {**_row(of, cost, q, found.get(q)), **counts}
        for cost, own in quantities.items()
        for q in own
    ]


def _sizes(of: Lengths, sizes: Sequence[int] | None) -> tuple[int | None, ...]:
    if sizes is None:
        return (None,) * len(of.languages)
    if len(sizes) != len(of.languages):
        raise ValueError(f"{len(sizes)} vocabulary sizes for {len(of.languages)} languages")
    return tuple(int(size) for size in sizes)


def _shape_costs(
    of: Lengths, shape: Shape, sizes: tuple[int | None, ...], options: Options
) -> Iterator[Cost]:
    own = [shape if size is None else shape.with_vocabulary(size) for size in sizes]
    for context in options.contexts or of.contexts:
        windowed = context in WINDOWS
        window = (options.window or shape.context) if windowed else 0
        absent = windowed and options.window is None and not fits(of, window)
        if not absent:
            check_context(of, context, window)
        for convention in options.conventions:
            for cost in _flop_costs(own, context, window, convention):
                yield replace(cost, absent=absent)
    yield from _inference_costs(own, options)


def _flop_costs(own: list[Shape], context: str, window: int, convention: str) -> Iterator[Cost]:
    where = (own[0].name, context, window)
    for name in ("attention", "linear", "logits"):
        parts = [group(shape, name, convention) for shape in own]
        present = tuple(_polynomial(part) for part in parts if part is not None)
        if present:
            yield Cost(*where, f"{name}_flops", convention, "FLOP", present)
    once = [forward(shape, convention) for shape in own]
    forwards = tuple(map(_polynomial, once))
    trainings = tuple(_polynomial(part * TRAINING) for part in once)
    yield Cost(*where, "forward_flops", convention, "FLOP", forwards)
    yield Cost(*where, "training_flops", convention, "FLOP", trainings)


def _inference_costs(own: list[Shape], options: Options) -> Iterator[Cost]:
    where = (own[0].name, "unit", 0)
    precision, device = options.precision, inference.device(options.device)
    cache = tuple(Polynomial(0, inference.cache_bytes(shape, precision)) for shape in own)
    yield Cost(*where, "kv_cache_bytes", precision, "byte", cache)
    prefills = tuple(_polynomial(flops, once) for once, flops in map(inference.prefill, own))
    yield Cost(*where, "prefill_flops", "exact", "FLOP", prefills)
    decodes = tuple(_polynomial(inference.decode(shape)) for shape in own)
    yield Cost(*where, "decode_flops", "exact", "FLOP", decodes)
    read = [inference.decode_bytes(shape, precision) for shape in own]
    seconds = tuple(Polynomial(0, a / device.bandwidth, b / device.bandwidth) for a, b in read)
    yield Cost(*where, "decode_seconds", f"{device.name}-{precision}", "s", seconds)


def _token_costs(
    of: Lengths, vocabularies: Sequence[str], prices: Prices | None, options: Options
) -> Iterator[Cost]:
    where = (ANY_MODEL, "unit", 0)
    if options.budget < 1:
        raise InputError(f"a budget of {options.budget} tokens: give at least 1")
    share = (Polynomial(0, 1 / options.budget),) * len(of.languages)
    name, convention = "effective_context_units", f"tokens-{options.budget}"
    yield Cost(*where, name, convention, "unit of meaning", share, inverse=True)
    if prices is not None:
        if len(vocabularies) != len(of.languages):
            raise ValueError("a price needs the name of each language's vocabulary")
        per_token = tuple(Polynomial(0, prices.per_token(name)) for name in vocabularies)
        yield Cost(*where, "price", "price-table", prices.currency, per_token)


def _polynomial(flops: Flops, once: int = 0) -> Polynomial:
    return Polynomial(once, flops.linear, flops.quadratic)


def _quantities(of: Lengths, cost: Cost) -> list[Quantity]:
    plain = [
        Quantity(cost.context, cost.window, language, polynomial)
        for language, polynomial in enumerate(cost.polynomials)
    ]
    below = cost.polynomials[of.reference]
    return plain + [replace(q, over=below) for q in plain if q.language != of.reference]


def _row(of: Lengths, cost: Cost, quantity: Quantity, found: Interval | None) -> dict[str, Any]:
    relative = quantity.over is not None
    if found is not None and cost.inverse:
        found = inverted(found)
    return {
        "language": of.languages[quantity.language],
        "reference": of.languages[of.reference] if relative else None,
        "model": cost.model,
        "context": cost.context,
        "cost": f"{cost.name}_ratio" if relative else cost.name,
        "convention": cost.convention,
        "unit": "ratio" if relative else cost.unit,
        **_measured(found),
    }


def _measured(found: Interval | None) -> dict[str, Any]:
    known = found is not None and math.isfinite(found.value)
    return {
        "value": found.value if found and known else None,
        "ci_low": found.low if found and known else None,
        "ci_high": found.high if found and known else None,
        "ci_method": found.method if found and known else "none",
    }


def _counts(of: Lengths) -> dict[str, Any]:
    documents = len(np.unique(of.documents))
    return {
        "n_units": len(of.tokens),
        "n_documents": documents,
        "k_eff": k_eff(of.documents),
    }

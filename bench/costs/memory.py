"""Predicted peak memory of one training step on the same units of meaning in each language.

What a step holds depends on its number of tokens n alone: rows x longest for a padded batch, the
sum of lengths for a packed one (one row, attention by a kernel for variable lengths). Every tensor
of a step is proportional to n or does not depend on it, so each part is linear in n between the
few points where the peak moves to another moment. A `Curve` simulates a step at some n and
interpolates where the middle of an interval confirms the line (total to 0.2%, parts to 2%).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bench.costs.shape import Shape
from bench.errors import InputError

Layout = Literal["padded", "packed"]
PARTS = ("parameters", "gradients", "optimizer", "activations", "temporaries")
STATES = PARTS[:3]
TOLERANCE = 0.002  # of the total
PART_TOLERANCE = 0.02  # of the total, where the peak moves to another moment
MULTIPLE = 16  # token counts are rounded up to this, as kernels do, and to simulate fewer

Parts = npt.NDArray[np.float64]  # [..., PARTS and then logits]


@dataclass(frozen=True)
class Step:
    """What is simulated: a shape and how it is trained."""

    shape: Shape
    precision: str = "bf16"
    checkpointing: bool = False
    optimizer: str = "adamw"

    def curve(self) -> "Curve":
        """Its memory as a function of tokens; where logits are chunked or dropped is known."""
        from bench.costs.step import Simulation
        from tokenformer.cross_entropy import CHUNK_ELEMENTS, KEPT_ELEMENTS

        simulation = Simulation(
            self.shape,
            precision=self.precision,
            checkpointing=self.checkpointing,
            optimizer=self.optimizer,
        )

        def simulate(tokens: int) -> Parts:
            held = simulation.peak(*_grid(self.shape, tokens))
            return np.array([held[part] for part in (*PARTS, "logits")], dtype=np.float64)

        elements = sorted((CHUNK_ELEMENTS, KEPT_ELEMENTS))
        return Curve(simulate, [most // self.shape.vocabulary for most in elements])


class Curve:
    """Bytes by part as a function of the tokens in a step, from as few simulations as it takes."""

    def __init__(self, simulate: Callable[[int], Parts], breaks: Iterable[int] = ()) -> None:
        self.simulate = simulate
        self.breaks = tuple(breaks)
        self.known: dict[int, Parts] = {}

    def __call__(self, tokens: Iterable[int]) -> dict[int, Parts]:
        """Parts at each number of tokens asked for."""
        wanted = np.unique(np.fromiter(tokens, dtype=np.int64))
        found: dict[int, Parts] = {}
        for piece in np.split(wanted, np.searchsorted(wanted, self.breaks, side="right")):
            self._fill([int(n) for n in piece], found)
        return found

    def at(self, tokens: int) -> Parts:
        """Simulated once for each number of tokens."""
        if tokens not in self.known:
            self.known[tokens] = self.simulate(tokens)
        return self.known[tokens]

    def _fill(self, wanted: list[int], found: dict[int, Parts]) -> None:
        """Fill in the whole piece, halving it until its middle lies on the line of its ends."""
        if not wanted:
            return
        low, middle, high = wanted[0], _nearest_middle(wanted), wanted[-1]
        line = _line(low, self.at(low), high, self.at(high))
        if _agree(line(middle), self.at(middle)):
            found.update({n: line(n) for n in wanted})
            return
        cut = wanted.index(middle)
        self._fill(wanted[: cut + 1], found)
        self._fill(wanted[cut:], found)


def predict(step: Step, sizes: Sequence[int], curve: Curve | None = None) -> Parts:
    """Bytes by part at the peak, [steps, parts + logits], for steps of `sizes` tokens.

    Raises InputError for a precision, optimizer or shape that cannot be simulated.
    """
    found = (curve or step.curve())(sizes)
    return np.stack([found[size] for size in sizes])


def step_tokens(lengths: npt.NDArray[np.int64], layout: str) -> int:
    """Tokens that a batch of sequences takes in a layout, rounded up to a multiple of 16."""
    if len(lengths) == 0 or lengths.min() < 1:
        raise ValueError("a batch needs sequences of at least one token")
    if layout not in ("padded", "packed"):
        raise InputError(f"unknown layout {layout!r}: use padded or packed")
    tokens = len(lengths) * lengths.max() if layout == "padded" else lengths.sum()
    return int(-(-tokens // MULTIPLE) * MULTIPLE)


def sample_batches(
    n_units: int, batch_units: int, n: int = 30, seed: int = 0
) -> npt.NDArray[np.int64]:
    """Random batches of unit indices [n, batch_units], no unit twice in a batch.

    Made from the raw stream of PCG64, so that they do not depend on NumPy's version. Raises
    InputError where there are fewer units than a batch holds.
    """
    if batch_units < 1 or n < 2:
        raise InputError(f"{n} batches of {batch_units} units: ask for at least 2 batches of 1")
    if batch_units > n_units:
        raise InputError(f"a batch of {batch_units} units is more than the corpus has ({n_units}): "
                         "choose a smaller batch")  # fmt: skip
    keys = np.random.PCG64(seed).random_raw(n * n_units).reshape(n, n_units)
    return np.sort(np.argsort(keys, axis=1, kind="stable")[:, :batch_units], axis=1)


def memory_rows(
    tokens: npt.ArrayLike,
    languages: Sequence[str],
    shape: Shape,
    vocabulary_sizes: Sequence[int] | None = None,
    *,
    batch_units: int,
    n_batches: int = 30,
    seed: int = 0,
    layouts: Sequence[Layout] = ("padded", "packed"),
    precision: str = "bf16",
    checkpointing: bool = False,
    optimizer: str = "adamw",
    end_of_unit: bool = True,
    reference: str | None = None,
) -> list[dict[str, Any]]:
    """Rows of memory.csv but for corpus, split, vocabulary and signature.

    Beside the totals stand their ratios to the `reference` language, and what of each is due to
    logits, other activations and states (`shares`).

    `tokens` are counts [units, languages]; a unit is a sequence, with an end-of-unit token unless
    that is switched off. The batches hold the same units in every language.
    """
    found = predicted_batches(
        tokens, languages, shape, vocabulary_sizes, batch_units=batch_units, n_batches=n_batches,
        seed=seed, layouts=layouts, precision=precision, checkpointing=checkpointing,
        optimizer=optimizer, end_of_unit=end_of_unit,
    )  # fmt: skip
    return found.rows(reference)


@dataclass(frozen=True)
class Predicted:
    """The same random batches in every language: their tokens, and what each holds at its peak.

    `tokens` and `held` ([batches, parts + logits], bytes) are by language column and layout. A
    language with a unit beyond the learned positions of the shape has no step, and holds nothing.
    """

    languages: tuple[str, ...]
    model: str
    batch_units: int
    precision: str
    tokens: Mapping[tuple[int, str], Sequence[int]]
    held: Mapping[tuple[int, str], Parts]

    def totals(self, column: int, layout: str) -> npt.NDArray[np.float64]:
        """Bytes at the peak of each batch, [batches]."""
        return np.asarray(self.held[column, layout][:, : len(PARTS)].sum(axis=1))

    def rows(self, reference: str | None = None) -> list[dict[str, Any]]:
        """As `memory_rows`."""
        where = {"model": self.model, "batch_units": self.batch_units, "precision": self.precision}
        made = []
        for (column, layout), batches in self.tokens.items():
            language, held = self.languages[column], self.held.get((column, layout))
            for summary in _absent(len(batches)) if held is None else summaries(held):
                row = {"language": language, "layout": layout, **where, **summary}
                if reference not in (None, language) and summary["part"] == "total":
                    row |= self._shares(column, layout, str(reference))
                made.append(row)
        return made

    def _shares(self, column: int, layout: str, reference: str) -> dict[str, Any]:
        held = self.held.get((column, layout))
        other = self.held.get((self.languages.index(reference), layout))
        if held is None or other is None:
            return {}
        found = shares(held, other)
        causes = {f"ratio_{name}": found[name] for name in ("logits", "activations", "states")}
        return {"reference": reference, "ratio": found["ratio"], **causes}


def predicted_batches(
    tokens: npt.ArrayLike,
    languages: Sequence[str],
    shape: Shape,
    vocabulary_sizes: Sequence[int] | None = None,
    *,
    batch_units: int,
    n_batches: int = 30,
    seed: int = 0,
    layouts: Sequence[Layout] = ("padded", "packed"),
    precision: str = "bf16",
    checkpointing: bool = False,
    optimizer: str = "adamw",
    end_of_unit: bool = True,
) -> Predicted:
    """As `memory_rows`, batch by batch."""
    sizes = batch_sizes(tokens, batch_units, n_batches, seed, layouts, end_of_unit=end_of_unit)
    steps = [
        Step(shape.with_vocabulary(size), precision, checkpointing, optimizer)
        for size in vocabulary_sizes or [shape.vocabulary] * len(languages)
    ]
    held = predict_all(steps, _possible(sizes, tokens, shape, int(end_of_unit)))
    return Predicted(tuple(languages), shape.name, batch_units, precision, sizes, held)


def _possible(
    sizes: Mapping[tuple[int, str], list[int]], tokens: npt.ArrayLike, shape: Shape, more: int
) -> dict[tuple[int, str], list[int]]:
    """Those of languages whose longest unit, with `more` tokens, has learned positions enough."""
    longest = np.asarray(tokens, dtype=np.int64).max(axis=0) + more
    most = shape.context if shape.positions == "learned" else longest.max()
    return {key: own for key, own in sizes.items() if longest[key[0]] <= most}


def batch_sizes(
    tokens: npt.ArrayLike,
    batch_units: int,
    n_batches: int,
    seed: int,
    layouts: Sequence[str],
    *,
    end_of_unit: bool,
) -> dict[tuple[int, str], list[int]]:
    """Tokens of each random batch, by language column and layout."""
    counts = np.asarray(tokens, dtype=np.int64) + int(end_of_unit)
    batches = sample_batches(len(counts), batch_units, n_batches, seed)
    return {
        (column, layout): [step_tokens(counts[batch, column], layout) for batch in batches]
        for column in range(counts.shape[1])
        for layout in layouts
    }


def predict_all(
    steps: Sequence[Step], sizes: Mapping[tuple[int, str], Sequence[int]]
) -> dict[tuple[int, str], Parts]:
    """As `predict` for each language column and layout; equal steps share their simulations."""
    together: dict[Step, set[int]] = {}
    for (column, _), wanted in sizes.items():
        together.setdefault(steps[column], set()).update(wanted)
    found = {step: step.curve()(sorted(wanted)) for step, wanted in together.items()}
    return {
        key: np.stack([found[steps[key[0]]][size] for size in wanted])
        for key, wanted in sizes.items()
    }


def summaries(held: Parts) -> list[dict[str, Any]]:
    """Mean, 95% t interval of the mean and maximum over batches, for each part and the total."""
    columns = {part: held[:, place] for place, part in enumerate(PARTS)}
    columns["total"] = held[:, : len(PARTS)].sum(axis=1)
    return [_summary(part, values) for part, values in columns.items()]


def shares(held: Parts, reference: Parts) -> Mapping[str, float]:
    """The ratio of mean totals to the reference's, and what each cause adds to or takes from it.

    ratio - 1 = logits + activations + states: differences in the tensors over the vocabulary, in
    all other activations and temporaries, and in parameters, gradients and optimizer states.
    """
    mean, base = held.mean(axis=0), reference.mean(axis=0)
    total = float(base[: len(PARTS)].sum())
    difference = (mean - base) / total
    logits, states = float(difference[-1]), float(difference[: len(STATES)].sum())
    everything = float(difference[: len(PARTS)].sum())
    activations = everything - logits - states
    return {
        "ratio": 1 + everything,
        "logits": logits,
        "activations": activations,
        "states": states,
    }


def _summary(part: str, values: Parts) -> dict[str, Any]:
    from scipy.special import stdtrit

    n, mean = len(values), float(values.mean())
    reach = float(stdtrit(n - 1, 0.975) * values.std(ddof=1) / np.sqrt(n))
    return {
        "part": part,
        "bytes_mean": mean,
        "ci_low": mean - reach,
        "ci_high": mean + reach,
        "bytes_max": float(values.max()),
        "n_batches": n,
    }


def _absent(batches: int) -> list[dict[str, Any]]:
    """As `summaries`, without values."""
    return [{"part": part, "n_batches": batches} for part in (*PARTS, "total")]


def _line(low: int, at_low: Parts, high: int, at_high: Parts) -> Callable[[int], Parts]:
    slope = (at_high - at_low) / max(1, high - low)
    return lambda n: at_low + (n - low) * slope


def _nearest_middle(wanted: list[int]) -> int:
    middle = (wanted[0] + wanted[-1]) / 2
    inner = wanted[1:-1] or wanted[-1:]
    return min(inner, key=lambda n: abs(n - middle))


def _agree(line: Parts, simulated: Parts) -> bool:
    total = float(simulated[: len(PARTS)].sum())
    apart = np.abs(line - simulated)
    whole = abs(float(line[: len(PARTS)].sum()) - total)
    return whole <= TOLERANCE * total and float(apart.max()) <= PART_TOLERANCE * total


def _grid(shape: Shape, tokens: int) -> tuple[int, int]:
    """Rows and length of `tokens` tokens: one row, or rows of 16 where positions are learned.

    There are only so many, and they begin anew with each unit: rows that they reach for hold the
    same.
    """
    return (tokens // MULTIPLE, MULTIPLE) if shape.positions == "learned" else (1, tokens)

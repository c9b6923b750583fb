"""Training steps per second, side by side: `python -m tokenformer.perf`.

Every variant takes one step in turn, round after round, so that whatever else the machine does
falls on all of them alike; a ratio is the median over rounds of the ratio within a round. The
gates are the project's own; a missed one is reported, not hidden. On a busy machine
`--clock cpu --threads 1` times the processor's work instead of the wall's.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tokenformer.allocator import keep_freed_memory
from tokenformer.baselines import NanoGPT, ReleasedTokenFormer
from tokenformer.config import TokenFormerConfig, TransformerConfig, matched_pair
from tokenformer.language import build

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}

MODELS = ("nanogpt", "transformer", "released", "tokenformer")
EAGER = tuple(f"{model} {precision}" for precision in ("fp32", "bf16") for model in MODELS)
COMPILED = tuple(f"{name} compiled" for name in EAGER)


@dataclass(frozen=True)
class Gate:
    """`numerator` may take at most `limit` times the time of `denominator`."""

    name: str
    numerator: str
    denominator: str
    limit: float
    goal: float


GATES = (
    Gate("TokenFormer / Transformer, fp32", "tokenformer fp32", "transformer fp32", 1.10, 1.05),
    Gate("TokenFormer / Transformer, bf16", "tokenformer bf16", "transformer bf16", 1.15, 1.10),
    Gate("Transformer / nanoGPT, fp32", "transformer fp32", "nanogpt fp32", 1.0, 1.0),
    Gate("TokenFormer bf16 / released fp32", "tokenformer bf16", "released fp32", 1 / 1.6, 0.5),
    Gate(
        "TokenFormer best / released fp32",
        "tokenformer bf16 compiled",
        "released fp32",
        1 / 1.6,
        0.5,
    ),
)


@dataclass(frozen=True)
class Sizes:
    """The models and the batch that are timed."""

    layers: int = 4
    width: int = 256
    heads: int = 4
    length: int = 256
    batch: int = 8
    vocabulary: int = 8192


class Trainee:
    """A model, its optimizer and one fixed batch: `step()` is a whole training step."""

    def __init__(self, model: nn.Module, ids: Tensor, precision: str) -> None:
        self.model, self.ids, self.precision = model, ids, precision
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=6e-4, fused=True)

    def step(self) -> None:
        """Forward, backward, AdamW."""
        with self._autocast():
            loss = self.model.nll(self.ids[:, :-1], self.ids[:, 1:]).mean()  # type: ignore[operator]
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def _autocast(self) -> AbstractContextManager[None]:
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast("cpu", torch.bfloat16)


def trainees(sizes: Sizes = Sizes(), names: Collection[str] = EAGER) -> dict[str, Trainee]:
    """The variants of those names, each with a model of its own and all with one batch."""
    torch.manual_seed(0)
    pair = matched_pair(sizes.vocabulary, sizes.width, sizes.layers, sizes.heads)
    ids = torch.randint(0, sizes.vocabulary, (sizes.batch, sizes.length + 1))
    made = {}
    for full in names:
        name, precision, *compiled = full.split()
        model = _model(name, pair, sizes.length, bool(compiled))
        made[full] = Trainee(model, ids, precision)
    return made


def _model(
    name: str, pair: tuple[TransformerConfig, TokenFormerConfig], length: int, compiled: bool
) -> nn.Module:
    transformer, tokenformer = pair
    model: nn.Module
    if name == "nanogpt":
        model = NanoGPT(transformer, length)
    elif name == "released":
        model = ReleasedTokenFormer(tokenformer)
    else:
        model = build(transformer if name == "transformer" else tokenformer)
    if compiled:
        layers = model.layers if name in ("nanogpt", "released") else model.blocks
        for layer in layers:  # type: ignore[union-attr]
            layer.compile()
    return model


def measure(
    made: dict[str, Trainee], rounds: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Seconds of each variant's step in each round, after two rounds of warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in made}
    for number in range(-2, rounds):
        for name, trainee in made.items():
            start = clock()
            trainee.step()
            if number >= 0:
                seconds[name].append(clock() - start)
    return seconds


def ratio(seconds: dict[str, list[float]], numerator: str, denominator: str) -> float:
    """The median over rounds of numerator / denominator."""
    pairs = zip(seconds[numerator], seconds[denominator], strict=True)
    return statistics.median(above / below for above, below in pairs)


def report(seconds: dict[str, list[float]], tokens: int) -> bool:
    """Print tokens/s and every gate that both variants were run for; True if all hold."""
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{name:28} {tokens / median:9,.0f} tokens/s   {median * 1e3:8.1f} ms a step")
    held = True
    for gate in GATES:
        if gate.numerator in seconds and gate.denominator in seconds:
            value = ratio(seconds, gate.numerator, gate.denominator)
            held = held and value <= gate.limit
            verdict = "holds" if value <= gate.limit else "MISSED"
            print(f"{gate.name:34} {value:.3f}   gate {gate.limit:.3f} {verdict}, goal {gate.goal}")
    return held


def main() -> int:
    """Run from the command line; the exit code is 1 where a gate is missed."""
    parser = argparse.ArgumentParser(prog="python -m tokenformer.perf", description=__doc__)
    for name, value in {**vars(Sizes()), "rounds": 10, "threads": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall")
    parser.add_argument("--compile", action="store_true", help="also time compiled blocks")
    parser.add_argument("--keep-memory", action="store_true", help="see tokenformer.allocator")
    parser.add_argument("--only", nargs="*", help="names of variants, e.g. 'tokenformer fp32'")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.keep_memory and not keep_freed_memory():
        parser.error("--keep-memory needs glibc")
    sizes = Sizes(**{name: getattr(args, name) for name in vars(Sizes())})
    known = EAGER + COMPILED if args.compile else EAGER
    if unknown := set(args.only or ()) - set(known):
        parser.error(f"no variant {min(unknown)!r}: choose from {', '.join(known)}")
    made = trainees(sizes, [name for name in known if not args.only or name in args.only])
    seconds = measure(made, args.rounds, CLOCKS[args.clock])
    return 0 if report(seconds, args.batch * args.length) else 1


if __name__ == "__main__":
    raise SystemExit(main())

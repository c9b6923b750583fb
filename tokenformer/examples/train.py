"""Learn a text file in under a minute, grow half-way, and write some more of it.

    python -m tokenformer.examples.train [FILE] [--seconds 40] [--model transformer]

Bytes are the tokens, so any UTF-8 text will do; without a FILE it reads this package's own source.
The last tenth is held out and its bits per byte are printed, beside those of an untrained model.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import torch
from torch import Tensor

from tokenformer import (
    TokenFormer,
    build,
    generate,
    grow,
    grow_optimizer,
    keep_freed_memory,
    matched_pair,
)
from tokenformer.model import LanguageModel

LENGTH, BATCH, RATE = 96, 8, 3e-3


def read(path: Path | None) -> Tensor:
    """The bytes of a file, or of this package's source, as token ids."""
    paths = [path] if path else sorted(Path(__file__).parents[1].glob("*.py"))
    text = b"".join(p.read_bytes() for p in paths)
    if len(text) < 20 * LENGTH:
        raise ValueError(
            f"{len(text)} bytes are too few to learn from: give at least {20 * LENGTH}"
        )
    return torch.frombuffer(bytearray(text), dtype=torch.uint8).long()


def bits_per_byte(model: LanguageModel, data: Tensor) -> float:
    """Held-out bits per byte over whole windows."""
    windows = data[: len(data) // LENGTH * LENGTH].view(-1, LENGTH)[:64]
    model.eval()
    with torch.no_grad():
        nats = model.nll(windows[:, :-1], windows[:, 1:]).mean().item()
    model.train()
    return nats / math.log(2)


def train(model: LanguageModel, data: Tensor, seconds: float) -> LanguageModel:
    """AdamW on random windows for so long, growing a TokenFormer by half at half time."""
    optimizer: torch.optim.Optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    begun, grown = time.monotonic(), False
    while (spent := time.monotonic() - begun) < seconds:
        if isinstance(model, TokenFormer) and not grown and spent > seconds / 2:
            old, grown = model, True
            model = grow(old, slots=old.config.slots * 3 // 2)
            optimizer = grow_optimizer(optimizer, old, model)
            print(f"{spent:5.1f} s  grown from {old.config.slots} to {model.config.slots} slots")
        at = torch.randint(len(data) - LENGTH - 1, (BATCH, 1)) + torch.arange(LENGTH + 1)
        loss = model.nll(data[at[:, :-1]], data[at[:, 1:]]).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - 0.9 * spent / seconds)
        optimizer.step()
        optimizer.zero_grad()
    return model


def main() -> None:
    """Read, train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--model", choices=("tokenformer", "transformer"), default="tokenformer")
    args = parser.parse_args()
    try:
        data = read(args.file)
    except (OSError, ValueError) as error:
        parser.exit(2, f"error: {error}\n")
    torch.manual_seed(0)
    keep_freed_memory()
    held_out = len(data) * 9 // 10
    transformer, tokenformer = matched_pair(vocabulary=256, width=96, layers=2, heads=4)
    model = build(tokenformer if args.model == "tokenformer" else transformer)
    print(f"  0.0 s  {bits_per_byte(model, data[held_out:]):.3f} bits per byte, untrained")
    model = train(model, data[:held_out], args.seconds)
    print(
        f"{args.seconds:5.1f} s  {bits_per_byte(model, data[held_out:]):.3f} bits per byte held out"
    )
    prompt = data[held_out : held_out + 32][None]
    written = generate(model, prompt, 200, temperature=0.7, top_k=40)[0].tolist()
    sys.stdout.buffer.write(bytes(written) + b"\n")


if __name__ == "__main__":
    main()

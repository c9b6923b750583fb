"""Pattention in place of an nn.Linear and of a whole feed-forward block.

    python -m tokenformer.examples.drop_in

A linear map needs n · (d_in + d_out) parameters as a Pattention, d_in · d_out as an nn.Linear:
n = d_in · d_out / (d_in + d_out) slots match it. A feed-forward block of width f is two matrices,
d · f each, and n = f slots match it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tokenformer import Pattention, grow


def in_place_of_linear(linear: nn.Linear) -> Pattention:
    """A Pattention of the same shape with as many parameters (no bias), newly initialised."""
    d_in, d_out = linear.in_features, linear.out_features
    return Pattention(d_in, d_out, slots=max(1, round(d_in * d_out / (d_in + d_out))))


def in_place_of_feed_forward(up: nn.Linear, down: nn.Linear) -> Pattention:
    """One Pattention for `down(gelu(up(x)))`: a slot for every hidden unit."""
    return Pattention(up.in_features, down.out_features, slots=up.out_features)


class Classifier(nn.Module):
    """A small classifier; `hidden` is what gets replaced."""

    def __init__(self, hidden: nn.Module) -> None:
        super().__init__()
        self.hidden, self.out = hidden, nn.Linear(32, 4)

    def forward(self, x: Tensor) -> Tensor:
        """[B, 16] -> logits [B, 4]."""
        logits: Tensor = self.out(torch.relu(self.hidden(x)))
        return logits


def fit(model: nn.Module, x: Tensor, y: Tensor, steps: int = 200) -> float:
    """Train on the first half; returns the share of the second that comes out right."""
    half = len(x) // 2
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[:half]), y[:half])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return float((model(x[half:]).argmax(1) == y[half:]).float().mean())


def main() -> None:
    """Which of four axes a vector lies nearest to, with each kind of hidden layer."""
    torch.manual_seed(0)
    x = torch.randn(4096, 16)
    y = (x @ torch.randn(16, 4)).abs().argmax(1)
    linear, up, down = nn.Linear(16, 32), nn.Linear(16, 64), nn.Linear(64, 32)
    pattention = in_place_of_linear(linear)
    hidden = {
        "nn.Linear": linear,
        "Pattention": pattention,
        "feed-forward": nn.Sequential(up, nn.GELU(), down),
        "Pattention for it": in_place_of_feed_forward(up, down),
    }
    for name, module in hidden.items():
        count = sum(parameter.numel() for parameter in module.parameters())
        print(f"{name:18} {count:5} parameters   {fit(Classifier(module), x, y):6.1%} right")
    grown = grow(pattention, slots=2 * pattention.slots)
    change = float((grown(x) - pattention(x)).detach().abs().max())
    print(f"grown to {grown.slots} slots, the outputs differ by at most {change:.1e}")


if __name__ == "__main__":
    main()

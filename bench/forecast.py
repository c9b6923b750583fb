"""What a profile will cost, before anything runs: tokens, FLOPs, memory and seconds.

Prices are rough by design (they order the cells and size a coffee break). They rest on the data
cards' sizes and on rates stated below, which were read off runs on two cores.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import corpora
from bench.profile import Profile, Training

if TYPE_CHECKING:
    from bench.plan import Plan

UNITS = 15_000.0  # of a corpus whose card gives no count: the user's own


class Forecaster:
    """Predicted seconds of one core for the cells of a profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def corpus(self, name: str) -> float:
        return 1.0

    def vocabulary(self, name: str, family: str) -> float:
        return 4.0

    def tokenization(self, name: str, split: str) -> float:
        return 2.0

    def run(self, training: Training, language: str, model: str) -> float:
        return 5.0 if model.startswith("floor") else 30.0

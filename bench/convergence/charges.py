"""The price of vocabularies as rows of convergence.csv."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bench.signature import signature

NONE = "none"


@dataclass(frozen=True)
class Charge:
    """λ, bits per unit: what a trained vocabulary's table and merges take, compressed."""

    corpus: str
    corp: str  # as in signatures, with its content hash
    family: str
    language: str
    bits: float
    units: int  # of the train split, over which the price is spread


def charge_rows(charges: Iterable[Charge]) -> list[dict[str, Any]]:
    """One row a family and language: measure `table_bits`, arm `table/corpus/family`."""
    return [_row(one) for one in charges]


def _row(charge: Charge) -> dict[str, Any]:
    arm = f"table/{charge.corpus}/{charge.family}"
    signed = signature(corp=charge.corp, split="train", n=charge.units, arm=arm,
                       lang=charge.language, est="table_bits.xz-9e")  # fmt: skip
    return {
        "arm": arm,
        "language": charge.language,
        "reference": None,
        "axis": "units",
        "budget": "content",
        "measure": "table_bits",
        "target": NONE,
        "value": charge.bits,
        "ci_method": NONE,
        "censored": False,
        "n_seeds": 0,
        "against": NONE,
        "corpus": charge.corpus,
        "vocabulary_family": charge.family,
        "signature": signed,
    }

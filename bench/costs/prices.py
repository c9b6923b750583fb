"""A user's price table: what a million tokens of each vocabulary cost, in one currency."""

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import InputError

COLUMNS = ("vocabulary", "per_million_tokens", "currency")


@dataclass(frozen=True)
class Prices:
    """A user's price table: price per million tokens by vocabulary, in one currency."""

    per_million_tokens: Mapping[str, float]
    currency: str = "USD"

    def of(self, vocabulary: str) -> float:
        """Price of a million tokens; InputError where the table lacks the vocabulary."""
        if vocabulary not in self.per_million_tokens:
            raise InputError(f"the price table has no vocabulary {vocabulary!r}: add its price per "
                             "million tokens")  # fmt: skip
        return self.per_million_tokens[vocabulary]

    def per_token(self, vocabulary: str) -> float:
        """Price of one token; InputError where the table lacks the vocabulary."""
        return self.of(vocabulary) / 1e6


def read_prices(path: Path) -> Prices:
    """Read a price table, in TOML or, where the name ends in `.csv`, in CSV.

    TOML: `currency = "USD"` and a table `[per_million_tokens]`. CSV: the columns vocabulary,
    per_million_tokens and, if not USD, currency. Raises InputError naming the file and what is
    wrong with it.
    """
    read = _csv if path.suffix == ".csv" else _toml
    try:
        prices, currency = read(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, csv.Error, RecursionError) as error:
        raise InputError(f"price table {path}: {error}: correct the file") from None
    if not isinstance(prices, dict) or not prices:
        raise InputError(f"price table {path}: lacks [per_million_tokens]: add it")
    for name, price in prices.items():
        if not _is_price(price):
            raise InputError(f"price table {path}: the price of {name!r} is {price!r}: give a "
                             "number of at least 0")  # fmt: skip
    if not isinstance(currency, str) or not currency.isprintable() or not currency.strip():
        raise InputError(f"price table {path}: the currency is {currency!r}: name one, as USD")
    return Prices({name: float(price) for name, price in prices.items()}, currency)


def _toml(text: str) -> tuple[Any, Any]:
    table = tomllib.loads(text)
    if unknown := sorted(set(table) - set(COLUMNS[1:])):
        raise ValueError(f"unknown key {unknown[0]!r}")
    return table.get("per_million_tokens"), table.get("currency", "USD")


def _csv(text: str) -> tuple[Any, Any]:
    lines = csv.DictReader(text.splitlines(), strict=True)
    head = lines.fieldnames or []
    if set(head) - set(COLUMNS) or set(COLUMNS[:2]) - set(head):
        raise ValueError("the columns are not vocabulary, per_million_tokens and currency")
    prices: dict[str, Any] = {}
    currencies: set[str] = set()
    for line in lines:
        if None in line or None in line.values():
            raise ValueError(f"line {lines.line_num} has not as many fields as the first")
        if line["vocabulary"] in prices:
            raise ValueError(f"{line['vocabulary']!r} stands in it twice")
        prices[line["vocabulary"]] = _number(line["per_million_tokens"])
        currencies.add(line.get("currency", "USD"))
    if len(currencies) > 1:
        raise ValueError(f"it mixes the currencies {', '.join(sorted(currencies))}")
    return prices, next(iter(currencies), "USD")


def _number(text: str) -> float | str:
    """The number; what is none stays as it is and is refused with its vocabulary."""
    try:
        return float(text)
    except ValueError:
        return text


def _is_price(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9

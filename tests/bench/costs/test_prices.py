"""Price tables as users write them, and how they enter a profile and the keys of its cells."""

from pathlib import Path

import pytest

from bench import profile
from bench.cell import canonical
from bench.cost_section import Costs
from bench.costs.prices import Prices, read_prices
from bench.errors import InputError
from bench.plan import cost_params

PROFILE = """
name = "mine"
description = "mine"
corpora = ["udhr"]
vocabularies = { published = ["gpt2"], trained = ["bpe-300-per-language"] }
[costs]
models = ["gpt2"]
"""
TOML = """
currency = "EUR"
[per_million_tokens]
gpt2 = 2
bpe-300-per-language = 0.5
"""


def loaded(folder: Path, prices: str, added: str = 'prices = "prices.toml"') -> profile.Profile:
    (folder / "prices.toml").write_text(prices)
    (folder / "mine.toml").write_text(PROFILE + added)
    return profile.load(str(folder / "mine.toml"))


def test_both_formats_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(TOML)
    head = "\N{BOM}vocabulary,per_million_tokens,currency\r\n"  # as spreadsheets write it
    lines = "gpt2,2,EUR\r\nbpe-300-per-language,0.5,EUR\r\n"
    (tmp_path / "a.csv").write_text(head + lines, encoding="utf-8")
    prices = read_prices(tmp_path / "a.toml")
    assert prices == read_prices(tmp_path / "a.csv")
    assert (prices.per_token("gpt2"), prices.currency) == (2e-6, "EUR")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", "", "lacks [per_million_tokens]"),
        ("a.toml", "price = 1", "unknown key 'price'"),
        ("a.toml", "=", "correct the file"),
        ("a.toml", "[per_million_tokens]\na = -1", "'a' is -1"),
        ("a.toml", "[per_million_tokens]\na = nan", "'a' is nan"),
        ("a.toml", "[per_million_tokens]\na = '1'", "'a' is '1'"),
        ("a.toml", "currency = ''\n[per_million_tokens]\na = 1", "currency is ''"),
        ("a.csv", "vocabulary,price\na,1", "the columns are not"),
        ("a.csv", "vocabulary,per_million_tokens\na", "line 2 has not as many fields"),
        ("a.csv", "vocabulary,per_million_tokens\na,1,2", "line 2 has not as many fields"),
        ("a.csv", "vocabulary,per_million_tokens\na,one", "'a' is 'one'"),
        ("a.csv", "vocabulary,per_million_tokens\na,1\na,2", "'a' stands in it twice"),
        ("a.csv", "vocabulary,per_million_tokens,currency\na,1,EUR\nb,1,USD", "EUR, USD"),
    ],
)
def test_malformed_tables_are_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as refusal:
        read_prices(tmp_path / name)
    assert said in str(refusal.value)
    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_profile_holds_the_table_and_not_its_place(tmp_path: Path) -> None:
    costs = loaded(tmp_path, TOML).costs
    assert costs.prices == Prices({"gpt2": 2.0, "bpe-300-per-language": 0.5}, "EUR")
    assert str(tmp_path) not in canonical(costs.model_dump(mode="json"))


def test_a_vocabulary_without_a_price_is_named_when_the_profile_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mine\.toml.*no vocabulary 'bpe-300-per-language'"):
        loaded(tmp_path, "[per_million_tokens]\ngpt2 = 2")


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("prices = 3", "name the file of a price table"),
        ("prices = { gpt2 = 3 }", "name the file of a price table"),
        ("prices = 'none.csv'", "none.csv"),
        ("prices = '../prices.toml'", "lies outside"),
        ("prices = '/etc/passwd'", "lies outside"),
        ("conventions = ['exact', 'hoffmann']", "unknown FLOP convention 'hoffmann'"),
        ("conventions = ['palm']", "lacks 'exact'"),
        ("conventions = ['exact', 'exact']", "twice"),
    ],
)
def test_what_a_profile_cannot_ask_for(tmp_path: Path, added: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as refusal:
        loaded(tmp_path, TOML, added)
    assert "\n" not in str(refusal.value)


def test_a_profile_without_the_later_keys_keeps_its_keys_and_its_hash() -> None:
    plain, asked = Costs(models=("gpt2",)), Costs(models=("gpt2",), conventions=("exact",))
    assert plain.model_dump(mode="json") == asked.model_dump(mode="json") == {"models": ["gpt2"]}
    assert set(cost_params(plain, "gpt2")) == {"models"}


def test_only_what_changes_a_cell_is_in_its_key() -> None:
    tables = (Prices({"gpt2": 1.0, "qwen": price}, "EUR") for price in (2.0, 3.0))
    before, after = (Costs(models=("gpt2",)).model_copy(update={"prices": p}) for p in tables)
    assert cost_params(before, "gpt2") == cost_params(after, "gpt2")
    assert cost_params(before, "qwen") != cost_params(after, "qwen")
    orders = (("palm", "exact"), ("exact", "palm"))
    made = [cost_params(Costs(models=("gpt2",), conventions=order), "gpt2") for order in orders]
    assert made[0] == made[1]
    assert made[0]["conventions"] == ["exact", "palm"]


def test_a_convention_that_does_not_describe_a_shape_is_refused_in_the_plan() -> None:
    costs = Costs(models=("gpt2", "llama-3-8b"), conventions=("exact", "narayanan"))
    with pytest.raises(InputError, match="'llama-3-8b': the narayanan convention"):
        cost_params(costs, "gpt2")

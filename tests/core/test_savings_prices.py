"""Price files: what they say, and how they are refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from savings_parts import price_file

from spsd_core.exceptions import ConfigurationError
from spsd_core.savings import EXAMPLE_PRICES, Price, PriceTable, SavingsMeter
from spsd_core.savings.counts import EXACT


def test_a_price_says_where_it_comes_from(tmp_path: Path) -> None:
    table = PriceTable.from_file(price_file(tmp_path))
    price = table.price_of("small")
    assert (table.currency, str(price.date)) == ("EUR", "2026-11-02")
    assert price.source == "written for this test"


def test_a_price_is_what_the_file_says_to_the_last_digit(tmp_path: Path) -> None:
    """YAML reads 0.1 as a binary fraction; no digit of that may show."""
    content = "currency: USD\nmodels: {m: {input_per_million: 0.1}}"
    price = PriceTable.from_file(price_file(tmp_path, content)).price_of("m")
    assert price.of(3) == Decimal("0.0000003")


@given(
    tokens=st.integers(0, 10**12),
    more=st.integers(0, 10**12),
    price=st.decimals(0, 10**6, allow_nan=False, places=12),
)
@example(tokens=0, more=999_999_999_999, price=Decimal("10000.000000010001"))
def test_tokens_may_be_priced_together_or_apart(tokens: int, more: int, price: Decimal) -> None:
    """Nothing is rounded, in the context that the meter adds in."""
    one = Price(input_per_million=price)
    assert EXACT.add(one.of(tokens), one.of(more)) == one.of(tokens + more)


def test_the_example_prices_say_that_they_are_examples() -> None:
    """SPSD claims no provider's price."""
    table = PriceTable.from_file(EXAMPLE_PRICES)
    assert {name.split("-")[2] for name in table.models} == {"8b", "70b", "405b"}
    assert all(price.source.startswith("EXAMPLE") for price in table.models.values())
    assert all(price.date is None for price in table.models.values())
    assert EXAMPLE_PRICES.read_text(encoding="utf-8").startswith("# EXAMPLE FIGURES - EDIT ME")


def test_a_table_can_be_built_without_a_file() -> None:
    table = PriceTable(currency="CHF", models={"m": Price(input_per_million=Decimal(1))})
    assert SavingsMeter(prices=table, model="m").total.currency == "CHF"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "must hold a mapping"),
        ("- a\n- b", "must hold a mapping"),
        ("currency: [", "cannot read price file"),
        ("\x00", "cannot read price file"),
        ("models: {m: {input_per_million: 1}}", "currency"),
        ("currency: dollars\nmodels: {m: {input_per_million: 1}}", "currency"),
        ("currency: USD\nmodels: {}", "models"),
        ("currency: USD\nmodels: {m: {}}", "input_per_million"),
        ("currency: USD\nmodels: {m: {input_per_million: -1}}", "input_per_million"),
        ("currency: USD\nmodels: {m: {input_per_million: .nan}}", "input_per_million"),
        ("currency: USD\nmodels: {m: {input_per_million: .inf}}", "input_per_million"),
        ("currency: USD\nmodels: {m: {input_per_million: cheap}}", "input_per_million"),
        ("currency: USD\nmodels: {m: {input_per_million: 1, input: 1}}", "input"),
        ("currency: USD\nmodels: {m: {input_per_million: 1, date: soon}}", "date"),
        (
            "currency: USD\nmodels: {m: {input_per_million: 1, cached_input_per_million: 2}}",
            "were they swapped",
        ),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, content: str, what: str) -> None:
    path = price_file(tmp_path, content)
    with pytest.raises(ConfigurationError, match=what) as caught:
        SavingsMeter(prices=path, model="m")
    assert str(path) in str(caught.value)


def test_a_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(ConfigurationError, match="cannot read price file"):
        SavingsMeter(prices=path, model="m")


def test_a_missing_file_says_what_to_copy(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="EXAMPLE_PRICES"):
        SavingsMeter(prices=tmp_path / "none.yaml", model="m")


def test_an_unknown_model_is_refused_with_those_there_are(tmp_path: Path) -> None:
    path = price_file(tmp_path)
    with pytest.raises(ConfigurationError, match="'large' has no price") as caught:
        SavingsMeter(prices=path, model="large")
    assert str(path) in str(caught.value)
    assert "no-cache, small" in str(caught.value)


def test_prices_without_a_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"model is missing.*no-cache, small"):
        SavingsMeter(prices=price_file(tmp_path))


def test_prices_of_another_type_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="path of a price file or a PriceTable"):
        SavingsMeter(prices={"m": 1}, model="m")  # type: ignore[arg-type]

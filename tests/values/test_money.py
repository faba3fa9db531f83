"""Money and unit prices: whole numbers, rounded once, half up."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.errors import Refusal
from app.values.money import (
    LARGEST_UNIT_PRICE,
    Currency,
    Money,
    UnitPrice,
    parse_money,
    parse_unit_price,
    round_half_up,
    total_of,
)

GBP, USD = Currency.GBP, Currency.USD
amounts = st.integers(-(10**12), 10**12)


def test_a_price_of_a_tenth_of_a_penny_rounds_half_up_once_per_line() -> None:
    a_tenth_of_a_penny = parse_unit_price("0.001", GBP)
    assert [a_tenth_of_a_penny.times(q).minor for q in (1, 4, 5, 14, 15)] == [0, 0, 1, 1, 2]


@given(price=amounts, quantity=st.integers(1, 1_000_000))
def test_a_line_total_is_the_exact_product_rounded_half_away_from_zero(
    price: int, quantity: int
) -> None:
    exact = Decimal(price) * quantity / 100
    rounded = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert UnitPrice(price, GBP).times(quantity) == Money(rounded, GBP)


@given(numerator=amounts, denominator=st.integers(1, 10**6))
def test_rounding_agrees_with_decimal(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    assert abs(round_half_up(numerator, denominator) - exact) <= Decimal("0.5")
    assert round_half_up(-numerator, denominator) == -round_half_up(numerator, denominator)


@given(st.lists(amounts))
def test_a_sum_is_the_sum_of_its_parts(minors: list[int]) -> None:
    assert total_of((Money(m, GBP) for m in minors), GBP) == Money(sum(minors), GBP)


def test_two_currencies_cannot_be_added_or_compared_as_one() -> None:
    with pytest.raises(ValueError, match="GBP and USD cannot be added"):
        Money(1, GBP) + Money(1, USD)
    with pytest.raises(ValueError, match="cannot be added"):
        Money(1, GBP) - Money(1, USD)
    assert Money(1, GBP) != Money(1, USD)


def test_money_takes_away_and_turns_around() -> None:
    assert Money(500, GBP) - Money(120, GBP) == -Money(-380, GBP)


@pytest.mark.parametrize(
    ("minor", "shown"),
    [(0, "£0.00"), (5, "£0.05"), (-5, "-£0.05"), (123_456_789, "£1,234,567.89")],
)
def test_money_is_shown_with_pence_and_thousands(minor: int, shown: str) -> None:
    assert str(Money(minor, GBP)) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2.95", "£2.95"),
        ("£2.95", "£2.95"),
        ("  2.5 ", "£2.50"),
        ("1,250", "£1,250.00"),
        ("£1,234,567", None),
        ("0.001", "£0.001"),
        ("0.0001", "£0.0001"),
        ("1e-3", "£0.001"),
        (".5", "£0.50"),
        ("2.", "£2.00"),
        ("0", "£0.00"),
        ("2.950000", "£2.95"),
        ("٢.٩٥", "£2.95"),
    ],
)
def test_prices_are_read_as_people_and_files_write_them(written: str, shown: str | None) -> None:
    if shown is None:
        with pytest.raises(Refusal, match="price_too_large"):
            parse_unit_price(written, GBP)
    else:
        assert str(parse_unit_price(written, GBP)) == shown


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "price_malformed"),
        ("free", "price_malformed"),
        ("nan", "price_malformed"),
        ("Infinity", "price_malformed"),
        ("2,95", "price_malformed"),
        ("1_000", "price_malformed"),
        ("££2", "price_malformed"),
        ("2.95 each", "price_malformed"),
        ("$2.95", "price_currency"),
        ("-0.01", "price_negative"),
        ("0.00001", "price_too_fine"),
        ("1000000.01", "price_too_large"),
        ("9e99", "price_too_large"),
        ("9" * 10_000, "price_malformed"),
    ],
)
def test_what_is_no_price_is_refused(written: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_unit_price(written, GBP)
    assert refused.value.code == code
    assert refused.value.field == "price"


@given(st.integers(0, LARGEST_UNIT_PRICE))
def test_what_a_price_shows_is_read_back_as_the_same_price(ten_thousandths: int) -> None:
    price = UnitPrice(ten_thousandths, USD)
    assert parse_unit_price(str(price), USD) == price


@pytest.mark.parametrize("written", ["5", "5.00", "£5", " £ 5.0 ", "5.", "0005"])
def test_an_amount_is_read_as_people_type_it(written: str) -> None:
    assert parse_money(written, GBP) == Money(500, GBP)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "amount_malformed"),
        ("five", "amount_malformed"),
        ("4,75", "amount_malformed"),
        ("-5", "amount_malformed"),
        ("9e99", "amount_malformed"),
        ("$5", "amount_currency"),
        ("4.755", "amount_too_fine"),
    ],
)
def test_what_is_no_amount_is_refused(written: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_money(written, GBP)
    assert (refused.value.code, refused.value.field) == (code, "amount")


@given(st.integers(0, LARGEST_UNIT_PRICE // 100))
def test_what_an_amount_shows_is_read_back_as_the_same_amount(minor: int) -> None:
    assert parse_money(str(Money(minor, USD)), USD) == Money(minor, USD)

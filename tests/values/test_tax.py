"""Rates: exact, and of the right day."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.errors import Refusal
from app.values.tax import RatePeriod, TaxRate, parse_rate, rate_on

minors = st.integers(0, 10**9)
rates = st.integers(0, 1_000_000).map(TaxRate)


@pytest.mark.parametrize(
    ("percent", "parts"), [("20", 200_000), ("17.5", 175_000), ("6.875", 68_750), ("0", 0)]
)
def test_a_percentage_is_exact(percent: str, parts: int) -> None:
    assert parse_rate(percent) == TaxRate(parts)
    assert str(parse_rate(percent)) == f"{percent} %"


@pytest.mark.parametrize("percent", ["", "a fifth", "-1", "100.1", "0.00001", "nan", "1e999"])
def test_what_is_no_percentage_is_refused(percent: str) -> None:
    with pytest.raises(Refusal, match="rate_malformed"):
        parse_rate(percent)


def test_twenty_per_cent_is_a_sixth_of_what_holds_it() -> None:
    assert TaxRate(200_000).included_in(27_821) == 4_637
    assert TaxRate(200_000).added_to(27_821) == 5_564


@given(rate=rates, minor=minors)
def test_tax_is_within_half_a_penny_of_the_exact_share(rate: TaxRate, minor: int) -> None:
    share = Fraction(rate.parts_per_million, 1_000_000)
    assert abs(rate.added_to(minor) - minor * share) <= Fraction(1, 2)
    assert abs(rate.included_in(minor) - minor * share / (1 + share)) <= Fraction(1, 2)


def test_a_rate_holds_from_its_first_day_on() -> None:
    periods = (
        RatePeriod(TaxRate(200_000), date(2011, 1, 4), "later"),
        RatePeriod(TaxRate(175_000), date(2010, 1, 1), "earlier"),
    )
    assert rate_on(date(2011, 1, 3), periods) == TaxRate(175_000)
    assert rate_on(date(2011, 1, 4), periods) == TaxRate(200_000)
    assert rate_on(date(2009, 12, 31), periods) is None


def test_a_rate_without_a_first_day_always_held() -> None:
    always = RatePeriod(TaxRate(50_000), None, "always")
    assert rate_on(date.min, (always,)) == TaxRate(50_000)

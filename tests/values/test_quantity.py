"""Quantities: whole, one or more; odd ones are asked about, not refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.errors import Refusal
from app.values.quantity import LARGEST_QUANTITY, is_unusual, parse_quantity


@pytest.mark.parametrize(
    ("written", "quantity"),
    [
        ("1", 1),
        (" 12 ", 12),
        ("80,995", 80_995),
        ("80 995", 80_995),
        ("1,000,000", 1_000_000),
        ("12.0", 12),
        ("012", 12),
        ("１２", 12),
        ("٣", 3),
    ],
)
def test_quantities_are_read_as_people_write_them(written: str, quantity: int) -> None:
    assert parse_quantity(written) == quantity


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "quantity_malformed"),
        ("a dozen", "quantity_malformed"),
        ("1,5", "quantity_malformed"),
        ("12.", "quantity_malformed"),
        ("1e3", "quantity_malformed"),
        ("9" * 10_000, "quantity_malformed"),
        ("²", "quantity_malformed"),
        ("1.5", "quantity_fractional"),
        ("0", "quantity_not_positive"),
        ("-3", "quantity_not_positive"),
        ("\u22123", "quantity_not_positive"),
        ("1,000,001", "quantity_too_large"),
        ("9" * 30, "quantity_too_large"),
    ],
)
def test_what_cannot_be_sent_is_refused(written: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_quantity(written)
    assert refused.value.code == code
    assert refused.value.field == "quantity"


@given(st.integers(1, LARGEST_QUANTITY))
def test_a_quantity_with_thousands_is_the_same_quantity(quantity: int) -> None:
    assert parse_quantity(f"{quantity:,}") == parse_quantity(str(quantity)) == quantity


@given(st.text(max_size=60))
def test_any_text_is_a_quantity_or_a_refusal(text: str) -> None:
    with suppress(Refusal):
        assert 1 <= parse_quantity(text) <= LARGEST_QUANTITY


def test_ten_times_the_usual_is_asked_about_and_nine_times_is_not() -> None:
    assert is_unusual(60, typical=6)
    assert not is_unusual(59, typical=6)


def test_a_thousand_is_asked_about_where_nothing_is_usual() -> None:
    assert is_unusual(80_995, typical=None)
    assert is_unusual(1_000, typical=None)
    assert not is_unusual(999, typical=None)

"""Order numbers: every slip of the ear or the finger that callers make is found."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.errors import Refusal
from app.values.order_number import (
    COUNT,
    OrderNumber,
    grouped,
    holds,
    one_slip_away,
    parse_order_number,
    spoken,
    with_check_digits,
)

payloads = st.integers(0, COUNT - 1)


def one_wrong_digit(number: str) -> Iterator[str]:
    for at, digit in enumerate(number):
        for other in "0123456789":
            if other != digit:
                yield number[:at] + other + number[at + 1 :]


def two_swapped(number: str) -> Iterator[str]:
    """Neighbours, and digits with one between them."""
    for gap in (1, 2):
        for at in range(len(number) - gap):
            digits = list(number)
            digits[at], digits[at + gap] = digits[at + gap], digits[at]
            if digits[at] != digits[at + gap]:
                yield "".join(digits)


def teens_heard_as_tens(number: str) -> Iterator[str]:
    """`fifteen` for `fifty` and back, wherever two digits can be said as one number."""
    for at, (first, second) in enumerate(pairwise(number)):
        if first == "1" and second in "3456789":
            yield f"{number[:at]}{second}0{number[at + 2 :]}"
        if second == "0" and first in "3456789":
            yield f"{number[:at]}1{first}{number[at + 2 :]}"


@given(payloads)
def test_every_wrong_digit_swap_and_teen_is_found(payload: int) -> None:
    number = with_check_digits(payload)
    slips = {*one_wrong_digit(number), *two_swapped(number), *teens_heard_as_tens(number)}
    assert len(slips) >= 90
    assert not [slip for slip in slips if holds(slip)]


@given(payloads)
def test_a_number_holds_and_keeps_its_leading_zeros(payload: int) -> None:
    number = with_check_digits(payload)
    assert holds(number)
    assert len(number) == 10
    assert int(number[:8]) == payload
    assert int(number) % 97 == 1


@pytest.mark.parametrize("payload", [-1, COUNT])
def test_a_payload_outside_the_range_is_a_bug(payload: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        with_check_digits(payload)


@pytest.mark.parametrize(
    "typed",
    [
        "4173029823",
        "417 302 9823",
        " 417-302-9823\n",
        "417.302.9823",
        "417\u00a0302\u20139823",
        "４１７３０２９８２３",
    ],
)
def test_a_number_is_read_however_it_is_grouped(typed: str) -> None:
    assert parse_order_number(typed) == "4173029823"


@pytest.mark.parametrize("typed", ["", "417302982", "41730298230", "417302982A", "9" * 10_000])
def test_what_has_not_ten_digits_is_refused(typed: str) -> None:
    with pytest.raises(Refusal, match="order_number_malformed"):
        parse_order_number(typed)


def test_a_slip_is_refused_with_a_question_for_the_caller() -> None:
    with pytest.raises(Refusal) as refused:
        parse_order_number("4173029832")
    assert refused.value.code == "order_number_slip"
    assert refused.value.sentence.endswith("?")


def test_a_number_is_shown_and_said_in_three_three_four() -> None:
    number = OrderNumber("4173029823")
    assert grouped(number) == "417 302 9823"
    assert spoken(number) == "four one seven, three zero two, nine eight two three"


class TestOneSlipAway:
    @given(payloads)
    def test_a_number_is_among_those_that_each_of_its_slips_could_be(self, payload: int) -> None:
        number = with_check_digits(payload)
        slips = [slip for slip in one_wrong_digit(number) if slip[2:] != number[2:]]
        slips += [f"{number[1]}{number[0]}{number[2:]}", number[:-1], f"{number}{number[-1]}"]
        for slip in slips:
            if slip != number:
                assert number in one_slip_away(slip)

    @given(st.from_regex(r"\A[0-9]{9,11}\Z"))
    def test_only_numbers_that_hold_are_offered_and_few_of_them(self, digits: str) -> None:
        found = one_slip_away(digits)
        assert all(map(holds, found))
        assert len(found) < 12
        assert list(found) == sorted(set(found))

    def test_a_number_that_holds_is_no_slip(self) -> None:
        assert one_slip_away("4173029823") == ()

    @pytest.mark.parametrize("typed", ["", "41730298", "417302982A", "417302982399"])
    def test_what_is_no_number_at_all_gives_none(self, typed: str) -> None:
        assert one_slip_away(typed) == ()

"""What is told of card digits while they are typed. Published test numbers, or made-up ones."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.card_check import (
    Check,
    Standing,
    brand_of_digits,
    check_code,
    check_expiry,
    check_number,
    luhn_holds,
)
from app.values.card_brands import brand_of, passes_luhn

VISA = "4242" * 4
MASTERCARD = "5555" * 3 + "4444"
AMEX = "378282" + "246310005"
DINERS = "305693" + "09025904"
UNIONPAY_WITHOUT_CHECK_DIGIT = "62" + "0" * 13 + "1"
UNKNOWN_BRAND = "9" * 15 + "5"
TODAY = date(2026, 11, 22)


class Typed:
    """Digits that can be looked at one by one."""

    def __init__(self, digits: str) -> None:
        self._digits = [int(digit) for digit in digits]

    def __len__(self) -> int:
        return len(self._digits)

    def at(self, place: int) -> int:
        return self._digits[place]


def number(digits: str) -> Check:
    return check_number(Typed(digits))


def expiry(digits: str) -> Standing:
    return check_expiry(Typed(digits), TODAY).standing


def brand(digits: str) -> str | None:
    found = number(digits).brand
    return found.code if found else None


@given(st.from_regex(r"[0-9]{2,19}", fullmatch=True))
def test_brands_and_check_digits_are_those_of_the_tables(digits: str) -> None:
    assert brand_of_digits(Typed(digits)) == brand_of(digits)
    assert luhn_holds(Typed(digits)) == passes_luhn(digits)


@pytest.mark.real_data
def test_every_published_test_card_checks_out_when_it_should(real_data: Path) -> None:
    with (real_data / "gateway_test_cards.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["card_number"].isdecimal()]
    judged = 0
    for row in rows:
        digits, check = row["card_number"], number(row["card_number"])
        if len(digits) in check.lengths:
            judged += 1
            assert check.may_end is (row["luhn_ok"] == "yes"), row["brand"]
    assert judged > 50


def test_nothing_typed_is_empty() -> None:
    check = number("")
    assert (check.standing, check.to_go, check.most) == (Standing.EMPTY, 16, 19)
    assert not check.may_end


def test_what_is_to_go_follows_the_brand() -> None:
    assert number(VISA[:6]).to_go == 10
    assert number(AMEX[:6]).to_go == 9
    assert number(DINERS[:6]).to_go == 8


def test_a_whole_number_checks_out_and_is_complete() -> None:
    for digits in (VISA, MASTERCARD, AMEX, DINERS):
        check = number(digits)
        assert check.standing is Standing.GOOD
        assert check.is_complete
        assert check.to_go == 0


def test_a_wrong_digit_is_only_said_not_to_check_out() -> None:
    check = number(VISA[:-1] + "1")
    assert check.standing is Standing.DOES_NOT_CHECK_OUT
    assert check.is_wrong
    assert not check.may_end


def test_a_number_that_could_be_longer_goes_on_and_is_judged_again() -> None:
    sixteen = VISA[:-1] + "1"
    assert number(sixteen + "0").standing is Standing.TYPING
    assert number(sixteen + "0").to_go == 1
    longer = next(sixteen + "00" + end for end in "0123456789" if passes_luhn(sixteen + "00" + end))
    assert number(longer).standing is Standing.GOOD


def test_thirteen_digits_of_a_visa_may_be_all_but_are_not_taken_for_it() -> None:
    thirteen = "4222" + "22222222" + "2"
    check = number(thirteen)
    assert check.standing is Standing.TYPING
    assert check.may_end
    assert not check.is_complete


def test_no_more_fit_than_the_brand_has() -> None:
    assert number(AMEX).most == 15
    assert number(MASTERCARD).most == 16
    assert number(VISA).most == 19


def test_bullets_part_as_the_digits_do_on_the_card() -> None:
    assert number(AMEX).gaps == (4, 10)
    assert number(DINERS).gaps == (4, 10)
    assert number(VISA).gaps == (4, 8, 12, 16)


def test_a_brand_without_check_digits_is_neither_good_nor_wrong() -> None:
    check = number(UNIONPAY_WITHOUT_CHECK_DIGIT)
    assert brand(UNIONPAY_WITHOUT_CHECK_DIGIT) == "unionpay"
    assert check.standing is Standing.UNPROVED
    assert check.may_end
    assert not check.is_complete


def test_a_brand_we_do_not_know_is_left_to_the_bank() -> None:
    assert passes_luhn(UNKNOWN_BRAND) is (number(UNKNOWN_BRAND).standing is Standing.GOOD)
    assert brand(UNKNOWN_BRAND) is None


def test_a_check_holds_no_digit_of_the_number() -> None:
    said = repr(number("4929" + "31415926" + "5358"))
    assert "4929" not in said
    assert "5358" not in said


@pytest.mark.parametrize("digits", ["1126", "1226", "0127", "1146"])
def test_a_card_holds_to_the_end_of_its_month(digits: str) -> None:
    check = check_expiry(Typed(digits), TODAY)
    assert check.standing is Standing.GOOD
    assert check.is_complete


@pytest.mark.parametrize("digits", ["1026", "1225", "0126"])
def test_an_expired_card_is_said_to_be(digits: str) -> None:
    assert expiry(digits) is Standing.EXPIRED


@pytest.mark.parametrize("digits", ["13", "00", "2", "9", "1327"])
def test_a_month_that_does_not_exist_is_said_at_once(digits: str) -> None:
    assert expiry(digits) is Standing.NO_SUCH_MONTH


def test_a_year_too_far_ahead_is_doubted() -> None:
    assert expiry("1246") is Standing.GOOD
    assert expiry("0147") is Standing.TOO_FAR_AHEAD


def test_at_the_end_of_a_century_the_next_one_counts() -> None:
    december = date(2098, 12, 31)
    assert check_expiry(Typed("0103"), december).standing is Standing.GOOD
    assert check_expiry(Typed("0198"), december).standing is Standing.EXPIRED


def test_an_expiry_half_typed_is_neither_good_nor_wrong() -> None:
    assert expiry("") is Standing.EMPTY
    assert expiry("0") is Standing.TYPING
    assert expiry("01") is Standing.TYPING
    assert check_expiry(Typed("012"), TODAY).to_go == 1


def test_the_security_code_is_as_long_as_the_brand_has_it() -> None:
    amex, visa = number(AMEX).brand, number(VISA).brand
    assert check_code(Typed("123"), visa).is_complete
    assert check_code(Typed("12"), visa).to_go == 1
    assert not check_code(Typed("123"), amex).may_end
    assert check_code(Typed("1234"), amex).is_complete


def test_a_code_of_an_unknown_brand_has_three_digits_or_four() -> None:
    three = check_code(Typed("123"), None)
    assert three.may_end
    assert not three.is_complete
    assert check_code(Typed("1234"), None).is_complete


def test_a_maestro_may_have_no_code() -> None:
    maestro = number("6759" + "0" * 12).brand
    assert maestro is not None
    assert check_code(Typed(""), maestro).may_end
    assert not check_code(Typed(""), number(VISA).brand).may_end

"""Values in words: as they are said, and two different ones never alike."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.speech_book import SpeechBook, load_speech
from app.services.rules.spoken_words import (
    address_words,
    date_figures,
    date_words,
    description_words,
    digit_words,
    email_spelled,
    email_words,
    money_twice,
    money_words,
    number_twice,
    number_words,
    spelled,
    spelled_postcode,
)
from app.settings import resource_folder
from app.values.money import Currency, Money
from app.values.vocabulary import Region

BOOKS = load_speech(resource_folder() / "speech")
BOTH = pytest.mark.parametrize("book", BOOKS.values(), ids=[region.value for region in BOOKS])
CURRENCIES = pytest.mark.parametrize("currency", list(Currency))
A_TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("number", "british", "american"),
    [
        (0, "zero", "zero"),
        (13, "thirteen", "thirteen"),
        (20, "twenty", "twenty"),
        (99, "ninety-nine", "ninety-nine"),
        (100, "one hundred", "one hundred"),
        (105, "one hundred and five", "one hundred five"),
        (1_000, "one thousand", "one thousand"),
        (1_005, "one thousand and five", "one thousand five"),
        (1_250, "one thousand two hundred and fifty", "one thousand two hundred fifty"),
        (1_000_000, "one million", "one million"),
        (-3, "minus three", "minus three"),
    ],
)
def test_numbers_are_said_as_people_there_say_them(
    number: int, british: str, american: str
) -> None:
    assert number_words(number, BOOKS[Region.GB]) == british
    assert number_words(number, BOOKS[Region.US]) == american


def test_teens_and_tens_are_said_twice() -> None:
    book = BOOKS[Region.GB]
    assert number_twice(15, book) == "fifteen, one five"
    assert number_twice(50, book) == "fifty, five zero"
    assert number_twice(1_000, book) == "one thousand, one zero zero zero"
    assert number_twice(2, book) == "two"


@BOTH
def test_no_two_quantities_are_said_alike(book: SpeechBook) -> None:
    said = {number_twice(quantity, book) for quantity in range(1, 10_001)}
    assert len(said) == 10_000


@BOTH
@given(numbers=st.sets(st.integers(0, 10**12), min_size=2, max_size=2))
def test_no_two_large_numbers_are_said_alike(book: SpeechBook, numbers: set[int]) -> None:
    assert len({number_words(number, book) for number in numbers}) == 2


@pytest.mark.parametrize(
    ("minor", "british", "american"),
    [
        (4250, "forty-two pounds fifty", "forty-two dollars and fifty cents"),
        (4205, "forty-two pounds and five pence", "forty-two dollars and five cents"),
        (4200, "forty-two pounds", "forty-two dollars"),
        (101, "one pound and one penny", "one dollar and one cent"),
        (50, "fifty pence", "fifty cents"),
        (0, "zero pounds", "zero dollars"),
        (-4250, "minus forty-two pounds fifty", "minus forty-two dollars and fifty cents"),
    ],
)
def test_money_is_said_with_its_unit(minor: int, british: str, american: str) -> None:
    assert money_words(Money(minor, Currency.GBP), BOOKS[Region.GB]) == british
    assert money_words(Money(minor, Currency.USD), BOOKS[Region.US]) == american


def test_a_total_is_said_in_digits_too() -> None:
    said = money_twice(Money(4250, Currency.GBP), BOOKS[Region.GB])
    assert said == "forty-two pounds fifty, four two point five zero"
    said = money_twice(Money(5, Currency.USD), BOOKS[Region.US])
    assert said == "five cents, zero point zero five"


@BOTH
@CURRENCIES
def test_no_two_amounts_are_said_alike(book: SpeechBook, currency: Currency) -> None:
    amounts = [Money(minor, currency) for minor in range(20_001)]
    assert len({money_words(amount, book) for amount in amounts}) == len(amounts)
    assert len({money_twice(amount, book) for amount in amounts}) == len(amounts)


@BOTH
@CURRENCIES
@given(minors=st.sets(st.integers(-(10**13), 10**13), min_size=2, max_size=2))
def test_no_two_large_amounts_are_said_alike(
    book: SpeechBook, currency: Currency, minors: set[int]
) -> None:
    assert len({money_words(Money(minor, currency), book) for minor in minors}) == 2
    assert len({money_twice(Money(minor, currency), book) for minor in minors}) == 2


def test_days_are_said_with_their_weekday() -> None:
    assert date_words(A_TUESDAY, BOOKS[Region.GB]) == "Tuesday the twenty-fourth of November"
    assert date_words(A_TUESDAY, BOOKS[Region.US]) == "Tuesday, November twenty-fourth"


def test_days_are_shown_without_a_doubt_about_day_and_month() -> None:
    assert date_figures(A_TUESDAY, BOOKS[Region.GB]) == "Tuesday 24 November"
    assert date_figures(A_TUESDAY, BOOKS[Region.US]) == "Tuesday, November 24"


@BOTH
@pytest.mark.parametrize("first", [date(2023, 1, 1), date(2026, 3, 1), date(2028, 2, 29)])
def test_no_two_days_of_four_years_are_said_alike(book: SpeechBook, first: date) -> None:
    days = [first + timedelta(days=ahead) for ahead in range(4 * 365 + 1)]
    assert len({date_words(day, book) for day in days}) == len(days)
    assert len({date_figures(day, book) for day in days}) == len(days)


def test_codes_are_spelled_with_a_word_for_each_letter() -> None:
    book = BOOKS[Region.GB]
    assert spelled("85123a", book) == "eight five one two three A Alpha"
    assert spelled("TEA-1", book) == "T Tango E Echo A Alpha dash one"
    assert spelled("BANK 0", book) == "B Bravo A Alpha N November K Kilo space zero"
    assert spelled("É٣", book) == "latin capital letter e with acute three"


@BOTH
@given(codes=st.sets(st.text(min_size=1, max_size=6), min_size=2, max_size=2))
def test_no_two_codes_are_spelled_alike(book: SpeechBook, codes: set[str]) -> None:
    one, other = sorted(codes)
    alike = spelled(one, book) == spelled(other, book)
    assert not alike or _plain(one) == _plain(other)


def _plain(code: str) -> str:
    """Codes that differ in nothing but capitals and the script of digits are one product's."""
    plain = "".join(str(int(c)) if c.isdecimal() else c for c in code.casefold())
    return plain.upper()


def test_a_postcode_is_spelled_with_a_pause_for_its_blank() -> None:
    said = spelled_postcode("LS6 3AA", BOOKS[Region.GB])
    assert said == "L Lima S Sierra six, three A Alpha A Alpha"


def test_phone_numbers_are_said_digit_by_digit() -> None:
    assert digit_words("+44 7700 900412", BOOKS[Region.GB]).endswith("zero zero four one two")


def test_mail_addresses_are_said_with_known_domains_as_words() -> None:
    book = BOOKS[Region.GB]
    assert email_words("m.thompson@gmail.com", book) == "m dot thompson at Gmail dot com"
    assert email_words("jo_7@Tea-Shop.example", book) == (
        "jo underscore seven at Tea dash Shop dot example"
    )
    assert email_words("not an address", book) == "not space an space address"


def test_mail_addresses_are_spelled_up_to_the_at() -> None:
    book = BOOKS[Region.GB]
    assert email_spelled("m.t@gmail.com", book) == "M Mike dot T Tango, at Gmail dot com"
    assert email_spelled("mt", book) == "M Mike T Tango"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("14 Mill Lane", "fourteen, one four, Mill Lane"),
        ("Flat 2", "Flat two"),
        ("14a Mill Lane", "fourteen, one four A Alpha, Mill Lane"),
        ("340 W 42nd St", "three four zero, W 42nd St"),
        ("12-14 High St", "twelve, one two, to fourteen, one four, High St"),
        ("The Old Mill", "The Old Mill"),
        ("Unit 05", "Unit zero five,"),
    ],
)
def test_numbers_of_an_address_are_said_so_that_teens_are_not_tens(written: str, said: str) -> None:
    assert address_words(written, BOOKS[Region.GB]) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("PARTY BUNTING", "party bunting"),
        ("Party bunting", "party bunting"),
        ("iPhone 6 case", "iPhone 6 case"),
        ("USB cable", "USB cable"),
        ("", ""),
        ("X", "x"),
    ],
)
def test_descriptions_stand_in_the_middle_of_a_sentence(written: str, said: str) -> None:
    assert description_words(written) == said


@BOTH
def test_a_zero_is_never_an_oh(book: SpeechBook) -> None:
    said = " ".join(number_twice(number, book) for number in range(2_000))
    said += " ".join(money_twice(Money(minor, Currency.GBP), book) for minor in range(2_000))
    assert not re.search(r"\boh?\b", said)

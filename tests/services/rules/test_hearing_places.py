"""Postcodes, towns and house numbers as CSRs type them, against the record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.spoken_words import digit_words, number_twice, number_words, spelled
from app.values.vocabulary import Region
from tests.services.rules.listening import (
    NO,
    OPEN,
    YES,
    a_house,
    a_postcode,
    a_town,
    matches,
)
from tests.services.rules.speaking import REGIONS, book_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ls6 3aa 14", (YES, YES)),
        ("14 ls6 3aa", (YES, YES)),
        ("14, LS6 3AA.", (YES, YES)),
        ("LS63AA14", (YES, YES)),
        ("14LS63AA", (YES, YES)),
        ("LS63AA", (YES, OPEN)),
        ("L S 6 3 A A", (YES, OPEN)),
        ("14 l s 6 3 a a", (YES, YES)),
        ("14", (OPEN, YES)),
        ("fourteen", (OPEN, YES)),
        ("one four ls6 3aa", (YES, YES)),
        ("fourteen lima sierra six three alpha alpha", (YES, YES)),
        ("L Lima S Sierra 6 3 A Alpha A Alpha 14", (YES, YES)),
        ("flat 2 14 mill lane ls6 3aa", (YES, YES)),
        ("Flat 2, 14 Mill Lane, LS6 3AA", (YES, YES)),
        ("14 14 ls6 3aa", (YES, YES)),
        ("ls6 3ab 14", (NO, YES)),
        ("ls6 3a 14", (NO, YES)),
        ("ls6", (NO, OPEN)),
        ("lima sierra six three alpha bravo", (NO, OPEN)),
        ("ls6 3aa or ls6 3ab 14", (NO, YES)),
        ("ls6 3aa 40", (YES, NO)),
        ("ls6 3aa forty", (YES, NO)),
        ("ls6 3aa 4", (YES, NO)),
        ("ls6 3aa 14 15", (YES, NO)),
        ("one ls6 3aa four", (YES, NO)),
        ("ls6 3aa 14a", (YES, NO)),
        ("flat 14 ls6 3aa", (YES, OPEN)),
        ("mill lane", (OPEN, OPEN)),
        ("", (OPEN, OPEN)),
    ],
)
def test_postcode_and_house_number_are_heard_in_any_order(
    text: str, expected: tuple[bool | None, ...]
) -> None:
    assert matches(text, a_postcode(), a_house()) == expected


@pytest.mark.parametrize("text", ["w1a oax", "W1A 0AX", "whisky one alpha zero alpha x-ray"])
def test_a_zero_may_be_typed_as_the_letter(text: str) -> None:
    assert matches(text, a_postcode("W1A 0AX")) == (YES,)


@pytest.mark.parametrize(
    ("text", "house", "matched"),
    [
        ("14a", "14A", YES),
        ("14 a", "14a", YES),
        ("14 alpha", "14a", YES),
        ("14 A Mill Lane", "14a", YES),
        ("14", "14a", NO),
        ("14b", "14a", NO),
        ("14a", "14", NO),
        ("14 a", "14", NO),
        ("40a", "14a", NO),
        ("12-14", "12-14", YES),
        ("12 to 14", "12-14", YES),
        ("12 14", "12-14", YES),
        ("12", "12-14", NO),
        ("1214", "12-14", NO),
        ("12-14", "14", NO),
        ("2/14", "2/14", YES),
        ("14 ls6 3aa", "14", YES),
        ("2 m1 1aa", "2", YES),
        ("14.5", "14", NO),
        ("mill lane", "14", OPEN),
    ],
)
def test_house_numbers_are_compared_with_their_letters(
    text: str, house: str, *, matched: bool | None
) -> None:
    assert matches(text, a_house(house)) == (matched,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02128 340", (YES, YES)),
        ("340 02128", (YES, YES)),
        ("02128-1234 340", (YES, YES)),
        ("021281234", (YES, OPEN)),
        ("02128", (YES, OPEN)),
        ("340", (OPEN, YES)),
        ("three forty, 02128", (YES, YES)),
        ("three hundred forty 02128", (YES, YES)),
        ("zero two one two eight three four zero", (YES, YES)),
        ("oh two one two eight", (YES, OPEN)),
        ("340 W Market 02128", (YES, YES)),
        ("340w 02128", (YES, YES)),
        ("340 W 42nd St apt 5 02128", (YES, YES)),
        ("02129 340", (NO, YES)),
        ("0212", (NO, OPEN)),
        ("021289 340", (NO, YES)),
        ("zero two one two eight nine", (NO, OPEN)),
        ("02128 02129", (NO, OPEN)),
        ("02128 304", (YES, NO)),
        ("02128 314", (YES, NO)),
    ],
)
def test_zip_code_and_street_number_are_heard(text: str, expected: tuple[bool | None, ...]) -> None:
    assert matches(text, a_postcode("02128"), a_house("340"), region=Region.US) == expected


@pytest.mark.parametrize(
    ("text", "matched"),
    [("02128", YES), ("02128-1234", YES), ("021281234", YES), ("02128-1235", NO), ("02129", NO)],
)
def test_of_nine_digits_five_are_enough_but_none_may_be_wrong(text: str, *, matched: bool) -> None:
    assert matches(text, a_postcode("02128-1234"), region=Region.US) == (matched,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02128 12345", (YES, YES)),
        ("12345 02128", (YES, YES)),
        ("12345", (OPEN, YES)),
        ("12345 02129", (NO, YES)),
    ],
)
def test_a_street_number_of_five_digits_is_no_zip_code(
    text: str, expected: tuple[bool | None, ...]
) -> None:
    assert matches(text, a_postcode("02128"), a_house("12345"), region=Region.US) == expected


@pytest.mark.parametrize(
    ("text", "town", "expected"),
    [
        ("dubai 14", "Dubai", (YES, YES)),
        ("14, Dubai", "Dubai", (YES, YES)),
        ("14 al wasl road dubai", "Dubai", (YES, YES)),
        ("abu dhabi 14", "Dubai", (NO, YES)),
        ("14", "Dubai", (OPEN, YES)),
        ("sao paulo", "São Paulo", (YES, OPEN)),
        ("saopaulo", "São Paulo", (YES, OPEN)),
        ("paulo", "São Paulo", (NO, OPEN)),
        ("", "Dubai", (OPEN, OPEN)),
    ],
)
def test_a_town_is_heard_where_there_are_no_postcodes(
    text: str, town: str, expected: tuple[bool | None, ...]
) -> None:
    assert matches(text, a_town(town), a_house()) == expected


def test_the_letter_of_a_house_is_not_that_of_the_postcode() -> None:
    assert matches("14a ls6 3aa", a_postcode(), a_house("14a")) == (YES, YES)
    assert matches("14 a l s 6 3 a a", a_postcode(), a_house("14a")) == (YES, YES)
    assert matches("a l s 6 3 a a 14", a_postcode(), a_house()) == (NO, YES)


@given(
    postcodes=st.tuples(
        st.from_regex(r"[A-Z]{1,2}[1-9][0-9]? [1-9][A-Z]{2}", fullmatch=True),
        st.from_regex(r"[A-Z]{1,2}[1-9][0-9]? [1-9][A-Z]{2}", fullmatch=True),
    )
)
def test_no_postcode_is_heard_for_another(postcodes: tuple[str, str]) -> None:
    said, expected = postcodes
    is_same = said.replace(" ", "") == expected.replace(" ", "")
    for text in (
        said,
        said.lower().replace(" ", ""),
        spelled(said.replace(" ", ""), book_of(Region.GB)),
    ):
        assert (matches(text, a_postcode(expected)) == (YES,)) is is_same, text


@REGIONS
@given(numbers=st.tuples(st.integers(1, 2_000), st.integers(1, 2_000)))
def test_no_house_number_is_heard_for_another(region: Region, numbers: tuple[int, int]) -> None:
    said, expected = numbers
    book = book_of(region)
    for text in (str(said), number_words(said, book), number_twice(said, book)):
        assert matches(text, a_house(str(expected)), region=region) == (said == expected,), text


@given(codes=st.tuples(*[st.from_regex(r"[0-9]{5}", fullmatch=True)] * 2))
def test_no_zip_code_is_heard_for_another(codes: tuple[str, str]) -> None:
    said, expected = codes
    for text in (said, digit_words(said, book_of(Region.US)), f"340 {said}"):
        found = matches(text, a_postcode(expected), a_house("340"), region=Region.US)
        assert found[0] is (said == expected), text

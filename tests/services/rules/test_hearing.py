"""What the CSR types of the caller's words, against the record: right, wrong or not spoken of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.heard_words import NumberReader, tokens_of
from app.services.rules.hearing import Hearing, heard
from app.services.rules.spoken_words import digit_words, number_twice, number_words, spelled
from app.values.vocabulary import Region
from tests.services.rules.listening import (
    NO,
    OPEN,
    YES,
    a_house,
    a_postcode,
    a_quantity,
    a_town,
    matches,
    words,
)
from tests.services.rules.speaking import REGIONS, book_of

TEENS = [*range(13, 20)]
TENS = [*range(30, 100, 10)]


# -- quantities


@pytest.mark.parametrize(
    "text",
    [
        "15",
        "fifteen",
        "Fifteen!",
        "one five",
        "1 5",
        "fifteen, one five",
        "fifteen one five",
        "15 15",
        "15 please",
        "yes, 15 of them",
        "15x",
        "x15",
        "15 pcs",
        "\u0661\u0665",
        "１５",
    ],
)
def test_fifteen_is_heard_however_it_is_typed(text: str) -> None:
    assert matches(text, a_quantity()) == (YES,)


@pytest.mark.parametrize(
    "text",
    [
        "50",
        "fifty",
        "5",
        "five",
        "one",
        "115",
        "151",
        "1.5",
        "15.5",
        "five one",
        "five zero",
        "fifteen fifty",
        "15 or 50",
        "15 not 50",
        "ten five",
        "fifteen hundred",
        "one one five",
    ],
)
def test_what_is_not_fifteen_or_may_be_something_else_is_not(text: str) -> None:
    assert matches(text, a_quantity()) == (NO,)


@pytest.mark.parametrize("text", ["", "  ", "yes", "green", "the green one", "?", "please"])
def test_what_says_nothing_of_a_quantity_leaves_it_open(text: str) -> None:
    assert matches(text, a_quantity()) == (OPEN,)


@pytest.mark.parametrize(
    ("text", "value", "matched"),
    [
        ("a hundred and five", 105, YES),
        ("one hundred five", 105, YES),
        ("one oh five", 105, YES),
        ("one hundred", 100, YES),
        ("one zero zero", 100, YES),
        ("one double zero", 100, YES),
        ("triple one", 111, YES),
        ("1,000", 1_000, YES),
        ("a thousand", 1_000, YES),
        ("2 thousand", 2_000, YES),
        ("fifteen hundred", 1_500, YES),
        ("one million two hundred thousand five hundred and six", 1_200_506, YES),
        ("a dozen", 12, YES),
        ("two dozen", 24, YES),
        ("half a dozen", 6, YES),
        ("half a dozen", 12, NO),
        ("dozen", 12, YES),
        ("twenty-five", 25, YES),
        ("twenty five", 25, YES),
        ("20 5", 25, NO),
        ("five 30", 530, NO),
        ("five thirty", 35, NO),
        ("five hundred and thirty", 530, YES),
        ("one", 1, YES),
        ("half", 2, OPEN),
        ("two thousand three million", 2_000, NO),
    ],
)
def test_numbers_in_words_are_read(text: str, value: int, *, matched: bool | None) -> None:
    assert matches(text, a_quantity(value)) == (matched,)


@REGIONS
def test_every_quantity_is_heard_as_the_caller_hears_it(region: Region) -> None:
    book = book_of(region)
    for value in range(1, 1_001):
        for said in (str(value), number_words(value, book), number_twice(value, book)):
            assert matches(said, a_quantity(value), region=region) == (YES,), said
        if value >= 10:
            digits = digit_words(str(value), book)
            assert matches(digits, a_quantity(value), region=region) == (YES,), digits


@REGIONS
@given(values=st.tuples(st.integers(1, 3_000), st.integers(1, 3_000)))
def test_no_quantity_is_heard_for_another(region: Region, values: tuple[int, int]) -> None:
    said, expected = values
    found = matches(number_words(said, book_of(region)), a_quantity(expected), region=region)
    assert found == (said == expected,)


@pytest.mark.parametrize("teen", TEENS)
@pytest.mark.parametrize("ten", TENS)
def test_no_teen_is_heard_for_a_ten(teen: int, ten: int) -> None:
    book = book_of(Region.GB)
    for said, expected in ((teen, ten), (ten, teen)):
        assert matches(str(said), a_quantity(expected)) == (NO,)
        assert matches(number_twice(said, book), a_quantity(expected)) == (NO,)


@REGIONS
@given(number=st.integers(0, 10**9 - 1))
def test_numbers_are_read_as_they_are_said(region: Region, number: int) -> None:
    book = book_of(region)
    found = NumberReader(book).numbers(tokens_of(number_words(number, book)))
    assert [one.digits for one in found] == [str(number)]


# -- which one


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("15 green", "green", (YES, YES)),
        ("GREEN, fifteen", "green", (YES, YES)),
        ("green one", "green", (OPEN, YES)),
        ("the green one", "green", (OPEN, YES)),
        ("15 of the green ones please", "green", (YES, YES)),
        ("15 greens", "green", (YES, YES)),
        ("15 cafés", "CAFE", (YES, YES)),
        ("15", "green", (YES, OPEN)),
        ("15 please", "green", (YES, OPEN)),
        ("15 red", "green", (YES, NO)),
        ("15 greenish", "green", (YES, NO)),
        ("15 not green", "green", (YES, NO)),
        ("15 not the green one", "green", (YES, NO)),
        ("not red, green, 15", "green", (YES, YES)),
        ("50 green", "green", (NO, YES)),
        ("one green", "green", (NO, YES)),
        ("15 small heart", "heart small", (YES, YES)),
        ("15 small", "heart small", (YES, NO)),
        ("15 t light", "T-LIGHT", (YES, YES)),
        ("15 tlight", "T-LIGHT", (YES, YES)),
        ("15 boxes", "box", (YES, YES)),
        ("15 cherry", "cherries", (YES, YES)),
        ("15 glass", "glasses", (YES, YES)),
        ("15 thirty cm", "30cm", (YES, YES)),
        ("15 13cm", "30cm", (NO, NO)),
    ],
)
def test_the_caller_tells_which_one_in_their_own_words(
    text: str, value: str, expected: tuple[bool | None, ...]
) -> None:
    assert matches(text, a_quantity(), words(value)) == expected


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("15 set of six", "6", (YES, YES)),
        ("15", "15", (YES, OPEN)),
        ("15 15", "15", (YES, YES)),
        ("60", "60", (OPEN, YES)),
        ("15 16", "16", (YES, YES)),
        ("15 60", "16", (NO, OPEN)),
    ],
)
def test_a_number_of_the_description_is_not_the_quantity(
    text: str, value: str, expected: tuple[bool | None, ...]
) -> None:
    assert matches(text, a_quantity(), words(value)) == expected


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("85123a 15", "85123A", (YES, YES)),
        ("15 85123 A", "85123A", (YES, YES)),
        ("15 eight five one two three A alpha", "85123A", (YES, YES)),
        ("15 85123B", "85123A", (YES, NO)),
        ("15 85123", "85123A", (YES, NO)),
        ("15 22697", "22697", (YES, YES)),
        ("15 22697B", "22697", (YES, NO)),
        ("15 22697 bravo", "22697", (YES, NO)),
        ("15 122697", "22697", (YES, NO)),
        ("22697", "22697", (OPEN, YES)),
        ("15", "22697", (YES, OPEN)),
        ("50 22697", "22697", (NO, YES)),
    ],
)
def test_a_code_tells_which_one_too(
    text: str, value: str, expected: tuple[bool | None, ...]
) -> None:
    assert matches(text, a_quantity(), words(value)) == expected


@REGIONS
@given(code=st.from_regex(r"[0-9]{4,6}[A-Z]{0,2}", fullmatch=True))
def test_a_spelled_code_is_heard(region: Region, code: str) -> None:
    assert matches(spelled(code, book_of(region)), words(code), region=region) == (YES,)


@given(codes=st.sets(st.from_regex(r"[0-9]{5}[A-P]?", fullmatch=True), min_size=2, max_size=2))
def test_no_code_is_heard_for_another(codes: set[str]) -> None:
    said, expected = codes
    assert matches(said, words(expected)) == (NO,)
    assert matches(spelled(said, book_of(Region.GB)), words(expected)) == (NO,)


def test_names_are_compared_word_by_word() -> None:
    assert matches("margaret thompson", words("Margaret Thompson")) == (YES,)
    assert matches("Thompson", words("Margaret Thompson")) == (NO,)
    assert matches("Zoe", words("Zoë")) == (YES,)
    assert matches("x", words("X")) == (YES,)


# -- all of it


def test_answers_come_in_the_order_of_what_is_expected_and_tell_what_was_heard() -> None:
    found = heard([a_house(), a_postcode()], "It's 14, LS6 3AB", book_of(Region.GB))
    assert found == (
        Hearing("street", matched=True, heard="14"),
        Hearing("postcode", matched=False, heard="LS6 3AB"),
    )


def test_where_nothing_is_expected_nothing_is_heard() -> None:
    assert heard([], "15 green", book_of(Region.GB)) == ()


@given(text=st.text(max_size=60))
def test_whatever_is_typed_gets_an_answer(text: str) -> None:
    item = (a_quantity(), words("green"))
    address = (a_postcode(), a_house("14a"))
    for expected in (item, address, (a_town("Dubai"),), (a_postcode("02128-1234"),)):
        assert len(matches(text, *expected)) == len(expected)


SNIPPETS = (
    "15 one five fifty dozen half a hundred and 3 double o oh thousand 1.5 x green not alpha oscar"
    " - LS6 3AA 14 14a flat 2nd x-ray ,"
)


@REGIONS
@given(pieces=st.lists(st.sampled_from(SNIPPETS.split(" ")), max_size=7))
def test_whatever_is_put_together_gets_an_answer(region: Region, pieces: list[str]) -> None:
    for text in (" ".join(pieces), "".join(pieces)):
        assert len(matches(text, a_quantity(), words("85123A"), region=region)) == 2
        assert len(matches(text, a_postcode(), a_house(), region=region)) == 2

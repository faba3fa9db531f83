"""What the caller repeats of a number: right, a slip, another order's, or not all of it yet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.screens.placed.said_back import NOT_YET, Heard, judged
from app.values.order_number import with_check_digits

NUMBER = with_check_digits(41_730_298)


@pytest.mark.parametrize(
    ("text", "heard", "shown", "left"),
    [
        ("", Heard.NOTHING, "", 10),
        ("no", Heard.NOTHING, "", 10),
        ("417", Heard.SOME, "417", 7),
        ("41730298", Heard.SOME, "417 302 98", 2),
        ("417-302 9823", Heard.MATCHED, "417 302 9823", 0),
        ("\u0664\u0661\u0667 302 9823", Heard.MATCHED, "417 302 9823", 0),
        ("4173029832", Heard.SLIP, "417 302 9832", 0),
        ("41730298235", Heard.TOO_MANY, "417 302 98235", 0),
    ],
)
def test_what_was_typed_is_judged_and_grouped(
    text: str, heard: Heard, shown: str, left: int
) -> None:
    said = judged(text, NUMBER)
    assert (said.heard, said.shown, said.left) == (heard, shown, left)


def test_nothing_is_what_an_empty_field_is_worth() -> None:
    assert judged("", NUMBER) == NOT_YET


@given(st.integers(0, 99_999_999))
def test_a_whole_number_of_another_order_is_told_from_a_slip(payload: int) -> None:
    other = with_check_digits(payload)
    expected = Heard.MATCHED if other == NUMBER else Heard.OTHER
    assert judged(other, NUMBER).heard is expected


@given(st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_a_slip(place: int, more: int) -> None:
    wrong = str((int(NUMBER[place]) + more) % 10)
    assert judged(NUMBER[:place] + wrong + NUMBER[place + 1 :], NUMBER).heard is Heard.SLIP

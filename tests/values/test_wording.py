"""Words as they are compared, found and shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.wording import Word, ascii_digits, text_for_search, tidy, word_difference


def differing(words: tuple[Word, ...]) -> list[str]:
    return [word.text for word in words if word.differs]


def test_the_words_that_differ_are_marked_on_both_sides() -> None:
    white, red = word_difference(
        "WHITE HANGING HEART T-LIGHT HOLDER", "RED HANGING HEART T-LIGHT HOLDER"
    )
    assert differing(white) == ["WHITE"]
    assert differing(red) == ["RED"]


def test_capitals_make_no_difference_and_what_is_more_does() -> None:
    short, long = word_difference("Lunch bag red", "LUNCH BAG RED retrospot")
    assert differing(short) == []
    assert differing(long) == ["retrospot"]


def test_the_same_words_in_another_order_are_marked() -> None:
    first, second = word_difference("heart wicker", "wicker heart")
    assert differing(first)
    assert differing(second)


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_texts_are_given_whole(first: str, second: str) -> None:
    left, right = word_difference(first, second)
    assert [word.text for word in left] == first.split()
    assert [word.text for word in right] == second.split()


@given(st.text(max_size=60))
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert not [word for side in word_difference(text, text) for word in side if word.differs]


@pytest.mark.parametrize(
    ("text", "found_by"),
    [
        ("O'Brien-Smith", "obrien smith"),
        ("O\u2019Brien", "obrien"),
        ("Café-Türe", "cafe ture"),
        ("  MÜLLER,\tJörg ", "muller jorg"),
        ("Straße", "strasse"),
        ("REGENCY_CAKESTAND 3 TIER", "regency cakestand 3 tier"),
        ("مُحَمَّد", "محمد"),
        ("🏠", ""),
    ],
)
def test_names_are_found_without_accents_and_punctuation(text: str, found_by: str) -> None:
    assert text_for_search(text) == found_by


@given(st.text(max_size=200))
def test_a_searched_text_searches_for_the_same(text: str) -> None:
    once = text_for_search(text)
    assert text_for_search(once) == once


def test_tidy_makes_one_clean_line() -> None:
    assert tidy("  Flat\t2,\r\n 14\x00 Mill\u00a0Lane\x07 ") == "Flat 2, 14 Mill Lane"
    assert tidy("e\u0301") == "é"


@given(st.text(max_size=200))
def test_tidy_is_done_after_once(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


def test_digits_of_every_script_are_digits() -> None:
    assert ascii_digits("٠١٢３４५६") == "0123456"


@given(st.text(max_size=200))
def test_every_character_keeps_its_place(text: str) -> None:
    assert len(ascii_digits(text)) == len(text)

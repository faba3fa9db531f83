from __future__ import annotations

import pytest

from app.documents.right_to_left import clusters, in_drawing_order

SHALOM = "\u05e9\u05dc\u05d5\u05dd"
MOHAMMED = "\u0645\u062d\u0645\u062f"


def _has_all(letter: str) -> bool:
    return bool(letter)


def _has_no_shapes(letter: str) -> bool:
    return letter < "\ufb50"


def test_latin_text_stays_as_it_is() -> None:
    assert in_drawing_order("Flat 2 (rear), Łódź", _has_all) == "Flat 2 (rear), Łódź"


def test_hebrew_is_drawn_from_right_to_left() -> None:
    assert in_drawing_order(SHALOM, _has_all) == SHALOM[::-1]


def test_a_hebrew_word_between_latin_words_turns_round_in_its_place() -> None:
    assert (
        in_drawing_order(f"Flat 2, {SHALOM}, Leeds", _has_all) == f"Flat 2, {SHALOM[::-1]}, Leeds"
    )


@pytest.mark.parametrize("number", ["12", "1.5", "12-14", "10:30"])
def test_a_number_in_hebrew_text_keeps_its_digits_in_order(number: str) -> None:
    drawn = in_drawing_order(f"{SHALOM} {number} {SHALOM}", _has_all)
    assert drawn == f"{SHALOM[::-1]} {number} {SHALOM[::-1]}"


def test_latin_words_in_a_hebrew_line_read_from_left_to_right() -> None:
    assert in_drawing_order(f"{SHALOM} Mill Lane", _has_all) == f"Mill Lane {SHALOM[::-1]}"


def test_brackets_in_hebrew_text_face_the_other_way() -> None:
    assert in_drawing_order(f"{SHALOM} (\u05d0)", _has_all) == f"(\u05d0) {SHALOM[::-1]}"


def test_marks_stay_on_their_letters() -> None:
    pointed = "\u05e9\u05c1\u05b8\u05dc"
    assert in_drawing_order(pointed, _has_all) == "\u05dc\u05e9\u05c1\u05b8"
    assert list(clusters(pointed)) == ["\u05e9\u05c1\u05b8", "\u05dc"]


def test_arabic_letters_are_joined_where_the_font_has_the_shapes() -> None:
    assert in_drawing_order(MOHAMMED, _has_all) == "\ufeaa\ufee4\ufea4\ufee3"
    assert in_drawing_order(MOHAMMED, _has_no_shapes) == MOHAMMED[::-1]


def test_lam_and_alef_are_drawn_as_one() -> None:
    assert in_drawing_order("\u0633\u0644\u0627\u0645", _has_all) == "\ufee1\ufefc\ufeb3"
    assert (
        in_drawing_order("\u0633\u0644\u0627\u0645", _has_no_shapes) == "\u0645\u0627\u0644\u0633"
    )


def test_a_letter_that_never_joins_leaves_the_next_one_alone() -> None:
    assert in_drawing_order("\u062f\u0627\u0631", _has_all) == "\ufead\ufe8d\ufea9"
